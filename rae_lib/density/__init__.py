"""Densities q(z) on the codes of a trained system, fitted after training ("ex-post").

One contract: `fit(codes, val)` fills `report`, `sample(n, generator)` draws codes, `log_prob(z)`
is in nats per code on the scale of the codes. Codes are floating point (N, d) on any device;
estimates are float64 on the CPU. Equal seeds, codes and generators give equal densities and
samples. NaN, infinity and too few codes are refused.
"""

from rae_lib.density.gaussian import Gaussian
from rae_lib.density.interpolation import slerp
from rae_lib.density.mixture import GaussianMixture
from rae_lib.density.second_stage import SecondStageVAE

__all__ = ["Gaussian", "GaussianMixture", "SecondStageVAE", "slerp"]
