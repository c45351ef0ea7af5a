"""The record: one number with the protocol it was obtained by."""

from dataclasses import dataclass, field

from torch import Tensor


def record(
    metric: str,
    name: str,
    value: float,
    *,
    features: str,
    protocol: str = "clean",
    n_real: int = 0,
    n_fake: int = 0,
    ruler: str = "",
) -> dict:
    """One number. name: of the set; ruler: the first 12 digits of the weights behind the features, if any."""
    place = {"metric": metric, "set": name, "protocol": protocol, "features": features}
    counts = {"ruler": ruler, "n_real": n_real, "n_fake": n_fake}
    return place | counts | {"value": float(value)}


@dataclass
class Evaluation:
    """What is stored of a trained system."""

    records: list[dict]
    pictures: dict[str, tuple[list[str], list[Tensor]]]  # name: what each row is; rows (n, C, H, W)
    extras: dict[str, object] = field(default_factory=dict)  # more fields of result.json
