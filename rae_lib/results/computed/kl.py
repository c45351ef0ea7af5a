"""Divergences KL(N(mu, sigma^2) || N(0, I)) by Monte Carlo, and the formulas that the papers have for them.

Set "point 1" to "point 3" (claim RAE-23): "kl" and its standard error "kl_error", "kl_printed" by the published formula
(RAE arXiv v1 eq. 12, ICLR section 2.1), "kl_closed" by the right one. Set "constant variance" (claim X-16): "kl", here
KL(mu) - KL(0) at sigma = 0.7, its error, and "half_square" |mu|^2 / 2 (arXiv v1) and "square" |mu|^2 (ICLR).
"""

import math

import numpy as np

from rae_lib.evaluation.records import record

DRAWS, CHUNKS = 10**6, 20


def draw_log_ratios(mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """log N(z; mu, sigma^2) - log N(z; 0, I) at 10^6 draws of the former: on average their KL. -> (10^6,)"""
    rng, mu, sigma = np.random.default_rng(0), mu[:, None], sigma[:, None]  # (d, 1)
    parts = []
    for _ in range(CHUNKS):
        noise = rng.standard_normal((len(mu), DRAWS // CHUNKS))  # (d, draws)
        z = mu + sigma * noise
        parts.append((0.5 * (z * z - noise * noise) - np.log(sigma)).sum(0))
    return np.concatenate(parts)


def integrate(ratios: np.ndarray) -> dict[str, float]:
    """The mean of draws and its standard error."""
    return {"kl": float(ratios.mean()), "kl_error": float(ratios.std() / math.sqrt(len(ratios)))}


def choose_points() -> list[tuple[np.ndarray, np.ndarray]]:
    """Where the divergence is integrated: the prior itself, and two random means and deviations in 2 dimensions."""
    rng = np.random.default_rng(1)
    points = [(np.zeros(2), np.ones(2))]
    return points + [(rng.normal(size=2), rng.uniform(0.2, 2, size=2)) for _ in range(2)]


def compare_formulas(mu: np.ndarray, sigma: np.ndarray) -> dict[str, float]:
    """The integral and the formulas: as published, 2 KL = |mu|^2 + d + sum_i (sigma_i - log sigma_i)."""
    printed = 0.5 * (mu @ mu + len(mu) + (sigma - np.log(sigma)).sum())
    closed = 0.5 * (mu @ mu + (sigma**2 - 1 - 2 * np.log(sigma)).sum())
    found = integrate(draw_log_ratios(mu, sigma))
    return found | {"kl_printed": float(printed), "kl_closed": float(closed)}


def compare_squares() -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """KL(mu) - KL(0) at one constant variance, and what the two versions say it is."""
    mu, sigma = np.array([1.0, -2.0]), np.array([0.7, 0.7])
    found = integrate(draw_log_ratios(mu, sigma) - draw_log_ratios(0 * mu, sigma))
    return mu, sigma, found | {"half_square": float(mu @ mu) / 2, "square": float(mu @ mu)}


def compute() -> list[dict]:
    cells = [(mu, sigma, compare_formulas(mu, sigma)) for mu, sigma in choose_points()]
    names = [*(f"point {i + 1}" for i in range(len(cells))), "constant variance"]
    rows = []
    for name, (mu, sigma, found) in zip(names, [*cells, compare_squares()], strict=True):
        place = {"study": "kl-integrals", "latent": len(mu), "seed": 0}
        place |= {"mu": mu.tolist(), "sigma": sigma.tolist()}
        rows += [place | record(metric, name, value, features="none", n_fake=DRAWS) for metric, value in found.items()]
    return rows
