"""Power laws over width and updates, and how sure one can be of them.

    distance = limit + a * updates^-p * width^-q

with or without the limit, with both fields, one, or neither. Fitted by least squares of the logarithm; of the laws
that the cells support (AICc within 2 of the lowest) the one with the fewest parameters is named. The uncertainty of a
prediction comes from the whole law with its limit all the same, as a few cells that support no limit do not exclude
one: a bootstrap, in which the residuals are drawn again, the law is fitted again, and one residual is added to its
prediction, as the run that is predicted has one too.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import leastsq

DRAWS = 200
FAR = 50.0  # a logarithm no distance has
TINY = 1e-12  # of the mean squared residual: cells without any noise


@dataclass(frozen=True)
class Law:
    """Which fields (0: updates, 1: width) a distance falls with, and whether it has a limit above zero."""

    fields: tuple[int, ...]
    limit: bool

    @property
    def parameters(self) -> int:
        return 1 + len(self.fields) + self.limit


LAWS = tuple(
    Law(fields, limit)
    for limit in (False, True)
    for fields in ((), (0,), (1,), (0, 1))
    if fields or not limit
)


@dataclass(frozen=True)
class Fit:
    """A law's parameters: (log limit,) log a at the mean cell, then minus an exponent for each field."""

    law: Law
    theta: np.ndarray
    centre: np.ndarray  # (2,) mean logarithms of updates and width
    residuals: np.ndarray  # (n,) of the logarithms

    def log_at(self, points: np.ndarray) -> np.ndarray:
        """log distance at points (m, 2), the logarithms of updates and width."""
        return log_law(self.law, self.theta, design(self.law, points - self.centre))

    @property
    def limit(self) -> float | None:
        return math.exp(self.theta[0]) if self.law.limit else None

    @property
    def exponents(self) -> dict[int, float]:
        """p (0, updates) and q (1, width), of those that the law has; positive where the distance falls."""
        return dict(zip(self.law.fields, -self.theta[1 + self.law.limit :], strict=True))

    @property
    def scatter(self) -> float:
        """Standard deviation of the residuals, about the relative error of a cell."""
        freedom = len(self.residuals) - self.law.parameters
        return math.sqrt(float(self.residuals @ self.residuals) / freedom)

    @property
    def aicc(self) -> float:
        n, k = len(self.residuals), self.law.parameters + 1  # and the variance
        error = max(float(self.residuals @ self.residuals) / n, TINY)
        return n * math.log(error) + 2 * k + 2 * k * (k + 1) / (n - k - 1)


def design(law: Law, points: np.ndarray) -> np.ndarray:
    """(m, 1 + fields): a one and the centred logarithms of the law's fields."""
    return np.column_stack([np.ones(len(points)), points[:, list(law.fields)]])


def log_law(law: Law, theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """log(limit + power): (m,). Clipped far outside of any distance, so that a step of the fit too far stays finite."""
    if not law.limit:
        return x @ theta
    return np.logaddexp(np.clip(theta[0], -FAR, FAR), np.clip(x @ theta[1:], -FAR, FAR))


def fit(law: Law, points: np.ndarray, logs: np.ndarray, start: np.ndarray | None = None) -> Fit:
    """Least squares of the log distances (n,) over points (n, 2)."""
    centre = points.mean(0)
    x = design(law, points - centre)
    theta = fit_limit(law, x, logs, start) if law.limit else np.linalg.lstsq(x, logs)[0]
    return Fit(law, theta, centre, logs - log_law(law, theta, x))


def fit_limit(law: Law, x: np.ndarray, logs: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """The parameters of a law with a limit, from `start` or from a limit of half and of nine tenths of the least."""

    def errors(theta: np.ndarray) -> np.ndarray:
        return log_law(law, theta, x) - logs

    def slopes(theta: np.ndarray) -> np.ndarray:
        share = np.exp(np.clip(theta[0], -FAR, FAR) - log_law(law, theta, x))
        return np.column_stack([share, (1 - share)[:, None] * x])

    starts = [start] if start is not None else []
    for part in () if starts else (0.5, 0.9):
        limit = part * np.exp(logs.min())
        power = np.linalg.lstsq(x, np.log(np.exp(logs) - limit))[0]
        starts.append(np.concatenate([[math.log(limit)], power]))
    found = [leastsq(errors, s, Dfun=slopes, maxfev=100, full_output=True) for s in starts]
    return min(found, key=lambda f: float(f[2]["fvec"] @ f[2]["fvec"]))[0]


def select(points: np.ndarray, logs: np.ndarray) -> Fit:
    """The law with the fewest parameters among those whose AICc is within 2 of the lowest."""
    found = candidates(points, logs)
    best = min(f.aicc for f in found.values())
    near = [f for f in found.values() if f.aicc <= best + 2]
    return min(near, key=lambda f: (f.law.parameters, f.aicc))


def candidates(points: np.ndarray, logs: np.ndarray) -> dict[Law, Fit]:
    """Every law that these cells can tell: its fields vary, and cells are left over."""
    varied = [len(set(column)) > 1 for column in points.T]
    known = [
        law
        for law in LAWS
        if all(varied[i] for i in law.fields) and len(logs) > law.parameters + 2
    ]
    return {law: fit(law, points, logs) for law in known}


def richest(points: np.ndarray, logs: np.ndarray) -> Fit:
    """The law with the most parameters that these cells can tell."""
    return max(candidates(points, logs).values(), key=lambda f: f.law.parameters)


def bootstrap(points: np.ndarray, logs: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(DRAWS,) log distances at target (2,), by the richest law, as the module's docstring says."""
    rng = np.random.default_rng(0)
    rich = richest(points, logs)
    count = len(rich.residuals)
    noise = rich.residuals * math.sqrt(count / (count - rich.law.parameters))
    log_fit, found = rich.log_at(points), []
    for _ in range(DRAWS):
        again = fit(rich.law, points, log_fit + rng.choice(noise, count), rich.theta)
        found.append(again.log_at(target[None])[0] + rng.choice(noise))
    return np.array(found)
