"""What the chapters on entropic codes need for themselves: the stored simulation, and the runs of their studies."""

import matplotlib as mpl
import pandas as pd

from rae_lib.pages.titles import COLUMNS
from rae_lib.results import computed
from rae_lib.results.store import Result


def simulated(study: str) -> pd.DataFrame:
    """The records of one study of the estimator's simulation (`results.computed.entropy`): d, n, set, metric, value."""
    rows = pd.DataFrame(computed.read("entropy")).query("study == @study")
    return rows.rename(columns={"latent": "d", "n_fake": "n"})


def normal_rows(codes: pd.DataFrame) -> pd.DataFrame:
    """Rows of a system "N(0, I)" on every data set: the statistics of as many draws as there are test images, and the
    true entropy in the place of its estimates from training codes."""
    plain = {"system": "N(0, I)", "document": "here", "doubt": "", "text": None}
    draws = simulated("entropy-draws").query("dataset in @codes.dataset.unique()")
    truth = simulated("entropy-truth").query("set == 'normal'").set_index("d")["value"]
    known = codes[(codes["set"] == "training codes") & codes["metric"].str.startswith("entropy_")]
    known = known.drop_duplicates(["dataset", "metric"])
    known = known.assign(value=known["latent"].map(truth), seed=0)
    return pd.concat([draws.rename(columns={"n": "n_fake"}), known]).assign(**plain)


def named_runs(runs: list[Result], dataset: str, field: str, form: str) -> dict[str, Result]:
    """The first run of every value of a field on a data set, by the text of the value, for a gallery."""
    own = [r for r in reversed(runs) if r.config.dataset == dataset]
    values = {getattr(r.config, field): r for r in own}
    return {form.format(value): values[value] for value in sorted(values)}


def vary_one(rows: pd.DataFrame, fields: list[str]) -> pd.DataFrame:
    """Rows in which all fields but one have their commonest value; `varied` names that one, `size` is its value."""
    parts = [rows.assign(varied="", size=0.0)[:0]]
    for _, own in rows.groupby("dataset", sort=False):
        common = own[fields].mode().iloc[0]
        for field in fields:
            part = own[(own[fields] == common).drop(columns=field).all(axis=1)]
            parts.append(part.assign(varied=COLUMNS[field], size=part[field].astype(float)))
    return pd.concat(parts)


def with_bands(rows: pd.DataFrame, error: pd.Series) -> pd.DataFrame:
    """Every row thrice, at its value and two errors below and above: the band of `figures.lines`."""
    return pd.concat([rows.assign(value=rows["value"] + 2 * sign * error.fillna(0)) for sign in (0, -1, 1)])


def shade(number: float, numbers: list[float]) -> dict[str, str]:
    """The look of one of a few dimensions: the higher, the paler, none too pale to read."""
    place = numbers.index(number)
    colour = mpl.colormaps["viridis"](0.85 * place / max(1, len(numbers) - 1))
    return {"color": colour, "marker": "osD^vPX"[place % 7], "label": f"d = {number}"}
