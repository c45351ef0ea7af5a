"""Batches of codes with a large expected improvement, one after the other, by BoTorch.

Expected improvement on the smallest value, E max(0, best - f(x)), where `best` is the smallest posterior mean in the
box and stays the same for the whole batch. After each point the posterior is conditioned on its mean there ("kriging
believer"; Ginsbourger et al. 2010): no mean moves, and the variance falls around the point.
"""

from dataclasses import dataclass

import torch
from botorch.acquisition import AcquisitionFunction, LogExpectedImprovement, PosteriorMean
from botorch.models.model import Model
from botorch.optim import optimize_acqf
from botorch.posteriors import GPyTorchPosterior
from gpytorch.distributions import MultivariateNormal
from torch import Tensor

from rae_lib.search.process import JITTER, SparseProcess, compute_kernel, compute_plain_kernel


@dataclass(frozen=True)
class Proposing:
    """How a batch is found; the values are GrammarVAE's."""

    candidates: int = 10_000  # random codes; every search of a batch starts from the best of them
    steps: int = 150  # at most, of L-BFGS-B


class Believer(Model):
    """The posterior of f: mean w.k(U, x), variance s - k(x, U) B k(U, x), U the inducing and the believed points."""

    num_outputs = 1

    def __init__(self, process: SparseProcess):
        super().__init__()
        whitening = process.find_root().detach()
        self.widths = (0.5 * process.log_squares).exp().detach()
        self.scale = process.log_scale.exp().detach()
        self.noise = process.log_noise.exp().detach()
        self.points = process.inducing.detach() / self.widths
        unit = torch.eye(len(whitening)).to(whitening)
        inverse = torch.linalg.solve_triangular(whitening, unit, upper=False)
        spread = inverse.T @ process.root.detach().tril()
        self.weights = inverse.T @ process.mean.detach()
        self.reduction = inverse.T @ inverse - spread @ spread.T

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of f at codes (n, d), each (n,)."""
        kernel = compute_plain_kernel if x.requires_grad else compute_kernel
        covariance = self.scale * kernel(x / self.widths, self.points)  # (n, M)
        variance = self.scale - ((covariance @ self.reduction) * covariance).sum(1)
        return covariance @ self.weights, variance.clamp_min(1e-10)

    def posterior(self, X: Tensor, *args, **kwargs) -> GPyTorchPosterior:
        """For BoTorch: X (b, 1, d)."""
        mean, variance = self.predict(X.flatten(0, -2))
        return GPyTorchPosterior(MultivariateNormal(mean[:, None], variance[:, None, None]))

    def believe(self, x: Tensor) -> None:
        """Conditions on f(x) being its mean, for a code x (1, d).

        The posterior covariance is c(x', x) = k(x', V) w with V = [U, x] and w = [-B k(U, x), 1]. The variance at x'
        falls by c(x', x)^2 / (c(x, x) + jitter): B becomes [[B, 0], [0, 0]] + w w^T / (c(x, x) + jitter).
        """
        point = x / self.widths
        covariance = self.scale * compute_kernel(point, self.points)[0]
        change = torch.cat([-self.reduction @ covariance, covariance.new_ones(1)])
        variance = self.scale + covariance @ change[:-1] + JITTER * self.scale
        grown = torch.nn.functional.pad(self.reduction, (0, 1, 0, 1))
        self.reduction = grown + torch.outer(change, change) / variance
        self.points = torch.cat([self.points, point])
        self.weights = torch.nn.functional.pad(self.weights, (0, 1))


def propose_batch(
    believer: Believer, box: Tensor, n: int, *, proposing: Proposing, generator: torch.Generator
) -> Tensor:
    """n codes (n, d) of the box (2, d), each with the largest expected improvement after those before it.

    The believer is changed: it has these codes among its points afterwards.
    """
    starts = draw_uniform(box, proposing.candidates, generator)
    best = PosteriorMean(believer, maximize=False)
    incumbent = -best(climb(best, box, starts, proposing.steps)[:, None]).detach()  # BoTorch's maximum is of -mean
    found = []
    for _ in range(n):
        improvement = LogExpectedImprovement(believer, best_f=incumbent, maximize=False)
        found.append(climb(improvement, box, starts, proposing.steps))
        believer.believe(found[-1])
    return torch.cat(found)


def climb(acquisition: AcquisitionFunction, box: Tensor, starts: Tensor, steps: int) -> Tensor:
    """The maximum (1, d) in the box (2, d) that L-BFGS-B reaches within `steps` from the best of the starts (n, d)."""
    with torch.no_grad():
        start = starts[acquisition(starts[:, None]).argmax()]
    options = {"maxiter": steps}
    found, _ = optimize_acqf(
        acquisition,
        box,
        q=1,
        num_restarts=1,
        batch_initial_conditions=start[None, None],
        options=options,
        retry_on_optimization_warning=False,
    )
    return found.detach()


def draw_uniform(box: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """n codes uniform in the box (2, d): lower and upper ends."""
    share = torch.rand(n, box.shape[1], generator=generator, dtype=box.dtype, device=generator.device).to(box.device)
    return box[0] + share * (box[1] - box[0])
