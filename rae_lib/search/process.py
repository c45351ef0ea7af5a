"""A sparse variational Gaussian process over codes, for a hundred thousand of them on one core.

    y = f(x) + e,  e ~ N(0, sigma^2),  f ~ GP(0, k),  k(x, x') = s exp(-1/2 sum_i (x_i - x'_i)^2 / l_i^2)

Inducing values u = f(Z) = L v with L L^T = k(Z, Z) + jitter s I and q(v) = N(m, C C^T) (Titsias 2009; Hensman et al.
2013). The evidence bound is that of `gpytorch.mlls.VariationalELBO`, with which a test compares it. Here it is written
with the sums k(Z, X) k(X, Z) and k(Z, X) y of a batch, of which the best q(v) is a closed form, and a step is cheaper.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

JITTER = 1e-3  # on the covariance of the inducing values, in parts of s
NOISE = 0.1  # first value of sigma^2, for targets with variance 1
ROUNDS = 20  # updates of sigma^2 before the training
CHUNK = 1000  # codes of which the kernel is in memory at once


@dataclass(frozen=True)
class Training:
    """How the process is trained; the values are GrammarVAE's."""

    inducing: int = 500
    epochs: int = 50
    batch: int = 5000
    lr: float = 5e-4


def compute_kernel(a: Tensor, b: Tensor) -> Tensor:
    """exp(-1/2 |a_i - b_j|^2), (n, d) and (k, d) -> (n, k)."""
    exponent = torch.addmm(-0.5 * b.square().sum(1), a, b.T)
    return exponent.sub_(0.5 * a.square().sum(1, keepdim=True)).clamp_max_(0).exp_()


class Sums(torch.autograd.Function):
    """K K^T and K y with K = compute_kernel(z, x), for gradients in z and x: (M, d), (B, d), (B,) -> (M, M), (M,)."""

    @staticmethod
    def forward(ctx, z: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(z, x, y)
        second, first = z.new_zeros(len(z), len(z)), z.new_zeros(len(z))
        for some, targets in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
            kernel = compute_kernel(z, some)
            second.addmm_(kernel, kernel.T)
            first.addmv_(kernel, targets)
        return second, first

    @staticmethod
    def backward(ctx, of_second: Tensor, of_first: Tensor) -> tuple[Tensor, Tensor, None]:
        z, x, y = ctx.saved_tensors
        symmetric, of_z, of_x = of_second + of_second.T, torch.zeros_like(z), []
        for some, targets in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
            kernel = compute_kernel(z, some)
            weight = torch.addmm(torch.outer(of_first, targets), symmetric, kernel).mul_(kernel)
            of_z += weight @ some - weight.sum(1, keepdim=True) * z
            of_x.append(weight.T @ z - weight.sum(0)[:, None] * some)
        return of_z, torch.cat(of_x), None


class SparseProcess(nn.Module):
    """The parameters, float64: Z (M, d), log l^2 (d,), log s, log sigma^2, m (M,), C (M, M)."""

    def __init__(self, inducing: Tensor):
        super().__init__()
        size, dim = inducing.shape
        squares = torch.pdist(inducing).square().median() / 2
        if not squares > 0:
            raise ValueError("most of the codes are equal: there is no length-scale")
        self.inducing = nn.Parameter(inducing.clone())
        self.log_squares = nn.Parameter(squares.log().repeat(dim))
        self.log_scale = nn.Parameter(inducing.new_zeros(()))
        self.log_noise = nn.Parameter(inducing.new_tensor(math.log(NOISE)))
        self.mean = nn.Parameter(inducing.new_zeros(size))
        self.root = nn.Parameter(torch.eye(size).to(inducing))

    def find_root(self) -> Tensor:
        """L, lower triangular (M, M): L L^T = k(Z, Z) + jitter s I."""
        scaled = self.inducing / (0.5 * self.log_squares).exp()
        covariance = compute_plain_kernel(scaled, scaled) + JITTER * torch.eye(len(scaled)).to(scaled)
        return torch.linalg.cholesky(self.log_scale.exp() * covariance)

    def whiten(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """G = L^-1 k(Z, x) k(x, Z) L^-T (M, M) and h = L^-1 k(Z, x) y (M,)."""
        widths, scale, root = (0.5 * self.log_squares).exp(), self.log_scale.exp(), self.find_root()
        second, first = Sums.apply(self.inducing / widths, x / widths, y)
        half = torch.linalg.solve_triangular(root, scale**2 * second, upper=False)
        gram = torch.linalg.solve_triangular(root, half.T, upper=False)
        return gram, torch.linalg.solve_triangular(root, scale * first[:, None], upper=False)[:, 0]

    def sum_squares(self, gram: Tensor, cross: Tensor, y: Tensor) -> Tensor:
        """Sum over the batch of E_q (y - f(x))^2 = |y|^2 - 2 m.h + m.Gm + B s - tr G + tr(C^T G C)."""
        root = self.root.tril()
        spread = len(y) * self.log_scale.exp() - gram.trace() + (root * (gram @ root)).sum()
        return y.square().sum() - 2 * self.mean @ cross + self.mean @ gram @ self.mean + spread

    def bound(self, x: Tensor, y: Tensor, n: int) -> Tensor:
        """The evidence bound of a batch, a code: E_q log N(y; f(x), sigma^2) - KL(q(v) || N(0, I)) / n, in nats."""
        gram, cross = self.whiten(x, y)
        root = self.root.tril()
        divergence = 0.5 * (self.mean.square().sum() + root.square().sum() - len(root))
        divergence = divergence - root.diagonal().abs().log().sum()
        squares = self.sum_squares(gram, cross, y) / len(y)
        likelihood = -0.5 * (math.log(2 * math.pi) + self.log_noise + squares / self.log_noise.exp())
        return likelihood - divergence / n

    @torch.no_grad()
    def solve(self, x: Tensor, y: Tensor, rounds: int = 0) -> None:
        """Sets q(v) to the best for these data in closed form, and as many times sigma^2 for this q(v).

        S = (I + G / sigma^2)^-1, m = S h / sigma^2 (Titsias 2009); sigma^2 = E_q |y - f(x)|^2 / n.
        """
        gram, cross = self.whiten(x, y)
        for left in range(rounds, -1, -1):
            noise = self.log_noise.exp()
            precision = torch.linalg.cholesky(torch.eye(len(gram)).to(gram) + gram / noise)
            covariance = torch.cholesky_inverse(precision)
            self.mean.copy_(covariance @ cross / noise)
            self.root.copy_(torch.linalg.cholesky(covariance))
            if left:
                self.log_noise.copy_((self.sum_squares(gram, cross, y) / len(y)).log())


def compute_plain_kernel(a: Tensor, b: Tensor) -> Tensor:
    """compute_kernel for automatic gradients."""
    return (a @ b.T - 0.5 * b.square().sum(1) - 0.5 * a.square().sum(1, keepdim=True)).clamp_max(0).exp()


def fit_process(x: Tensor, y: Tensor, training: Training, generator: torch.Generator) -> SparseProcess:
    """A process trained on codes x (n, d), float64 with mean 0, and targets y (n,) with mean 0 and variance 1.

    The inducing points start at random codes (all, if there are fewer), l^2 at half the median squared distance between
    them, s at 1, sigma^2 and q(v) at their best values. Then Adam moves all of them by the bound of minibatches. At
    last q(v) is set to its best value. All is in double precision, for the sums are multiplied by the inverse of a
    covariance. Raises ValueError where most codes are equal.
    """
    chosen = draw_order(x, generator)[: training.inducing]
    process = SparseProcess(x[chosen])
    process.solve(x, y, ROUNDS)
    adam = torch.optim.Adam(process.parameters(), lr=training.lr)
    for _ in range(training.epochs):
        for rows in draw_order(x, generator).split(training.batch):
            adam.zero_grad()
            (-process.bound(x[rows], y[rows], len(x))).backward()
            adam.step()
    process.solve(x, y)
    return process


def draw_order(x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randperm(len(x), generator=generator, device=generator.device).to(x.device)
