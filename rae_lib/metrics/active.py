"""How many dimensions of a code are in use, and how far those are from being independent."""

import torch
from torch import Tensor

ACTIVE = 0.01  # variance of a mean code from which its dimension is active (Burda et al. 2016, section 5)


def find_active(z: Tensor) -> Tensor:
    """Which dimensions of the mean codes z (n, d) are active: Var_x E[z|x] > 0.01 (Burda et al. 2016). -> (d,) bool"""
    return z.double().var(0) > ACTIVE


def measure_correlation(z: Tensor, active: Tensor) -> dict[str, float]:
    """Active dimensions a and the mean off-diagonal correlation and covariance of the codes z (n, d) over them.

    "nac", the normalised absolute correlation: sum_{i != j} |S_ij| / sqrt(S_ii S_jj) / (a (a - 1)), S the covariance of
    the test codes. The slides have it without a definition; their heading says correlation, their caption covariance
    (Table 2), so "code_covariance" is the same of |S_ij|. Both are 0 where fewer than two dimensions are active.
    Independent codes give about sqrt(2 / (pi n)).
    """
    x = z[:, active].double()
    count = x.shape[1]
    found = {"active_dims": float(count), "nac": 0.0, "code_covariance": 0.0}
    if count < 2:
        return found
    covariance = torch.cov(x.T)  # (a, a)
    scale = covariance.diagonal().sqrt()
    off = ~torch.eye(count, dtype=torch.bool)
    found["nac"] = float((covariance / scale / scale[:, None]).abs()[off].mean())
    found["code_covariance"] = float(covariance.abs()[off].mean())
    return found
