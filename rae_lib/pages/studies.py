"""Frames of the studies: code samples, KL weight, mixture components, sharpness, neighbours."""

import pandas as pd

from rae_lib import studies
from rae_lib.campaign import command
from rae_lib.config import SYSTEMS
from rae_lib.pages.charts import look
from rae_lib.pages.tables import features_of, labelled, live, measured, pick, spread
from rae_lib.results import store

IMAGES = {"rec": "reconstructions", "N01": "samples N(0,I)", "gmm": "samples GMM"}


def runs_of(
    name: str,
    dataset: str,
    profile: str,
    seeds: list[int],
    recompute: bool,
    *,
    needed: bool = True,
) -> list[store.Result]:
    """The runs of a study of the catalogue, over seeds; runs that are not stored are left out.

    needed: FileNotFoundError where none is stored; else there may be none.
    """
    profile = store.largest(dataset, profile)
    wanted = [c for seed in seeds for c in studies.study(name, dataset, profile, seed)]
    results = command.ensure(wanted, recompute=recompute, missing="skip", progress=live())
    if needed and not results:
        raise FileNotFoundError(store.why_missing(wanted[0]))
    return results


def frame(results: list[store.Result], field: str, features: str) -> pd.DataFrame:
    """One row a run: the study's field and the Frechet distances by set, step time, seed."""
    table = command.table(results)
    rows = []
    for result in results:
        mine = pick(
            table,
            system=result.config.system,
            variant=result.config.variant,
            seed=result.config.seed,
        )
        row = {field: getattr(result.config, field), "seed": result.config.seed}
        for name in ("rec", "N01", "gmm"):
            found = pick(mine, metric="frechet", set=name, features=features, protocol="clean")
            row[name] = found["value"].mean() if len(found) else None
        row["ms per step"] = 1e3 * pick(mine, metric="step_time")["value"].mean()
        rows.append(row)
    return pd.DataFrame(rows)


def noise_table(
    noise: list[store.Result], others: list[store.Result], features: str
) -> pd.DataFrame:
    """The autoencoder with noisy codes by level, then the systems it is held against: distances and slope (RAE-22)."""
    parts = {
        f"AE, noise {level:g}": part for level, part in slopes(noise, features).groupby("sigma")
    }
    known = slopes(others, features).groupby("system", sort=False)
    parts |= {look(system).label: part for system, part in known}
    titles = {"rec": IMAGES["rec"], "gmm": IMAGES["gmm"], "slope": "decoder's slope"}
    return pd.DataFrame(
        {"system": name} | {text: spread(part[key].dropna()) for key, text in titles.items()}
        for name, part in parts.items()
    )


def slopes(results: list[store.Result], features: str) -> pd.DataFrame:
    """`frame` over the noise level, with the system and its decoder's slope."""
    rows = frame(results, "sigma", features)
    rows["system"] = [r.config.system for r in results]
    rows["slope"] = [
        pick(command.table([r]), metric="decoder_jacobian")["value"].mean() for r in results
    ]
    return rows


def batch_norm(
    results: list[store.Result], without: list[store.Result], features: str
) -> pd.DataFrame:
    """Frechet distances with and without batch norm by system (RAE-19)."""
    tables = {"with": command.table(results), "without": command.table(without).assign(variant="")}
    found = {
        title: measured(part, "frechet", {"rec": f"REC {title}", "gmm": f"GMM {title}"}, features)
        for title, part in tables.items()
    }
    both = found["without"].join(found["with"].drop(columns="system"))
    order = [f"{name} {title}" for name in ("REC", "GMM") for title in found]
    return both[["system", *order]]


PIECES = {  # metric, set, system, by what is timed; the first of a metric is the measure of the others
    "training step of RAE": ("step_time", "none", "rae"),
    "training step of RAE-GP": ("step_time", "none", "rae-gp"),
    "the same with a contractive penalty": ("step_time", "none", "contractive"),
    "second-stage VAE on the codes of the VAE": ("fit_time", "N", "two-stage-vae"),
    "mixture of ten Gaussians on them": ("fit_time", "gmm", "vae"),
    "one Gaussian on them": ("fit_time", "mvg", "vae"),
}


def pieces(results: list[store.Result], contractive: list[store.Result]) -> pd.DataFrame:
    """What the parts of a system cost in time, and relative to the first of its kind (RAE-20); absent ones left out."""
    own = command.table(results)
    other = command.table(contractive).assign(system="contractive", variant="")
    table, firsts, lines = pd.concat([own, other]), {}, []
    for text, (metric, kind, system) in PIECES.items():
        values = pick(table, metric=metric, set=kind, system=system, variant="")["value"]
        if len(values):
            first = firsts.setdefault(metric, values.mean())
            time, ratio = spread(1e3 * values), values.mean() / first
            lines.append({"what": text, "milliseconds": time, "times the first": f"{ratio:.3g}"})
    return pd.DataFrame(lines)


def components(results: list[store.Result]) -> pd.DataFrame:
    """The density study of these runs: one row per system, seed and number of components."""
    store.check_rulers(results)
    rows = [
        {"system": r.config.system, "seed": r.config.seed} | row
        for r in results
        for row in r.raw["components"]
    ]
    return pd.DataFrame(rows)


def by_value(rows: pd.DataFrame, field: str, title: str) -> pd.DataFrame:
    """A study's frame as a table: one row a value of the field, cells (mean, spread over seeds)."""
    lines = []
    for value, part in rows.groupby(field):
        line = {title: f"{value:g}"}
        line |= {
            text: spread(part[name].dropna())
            for name, text in IMAGES.items()
            if part[name].notna().any()
        }
        lines.append(line | {"ms per step": spread(part["ms per step"])})
    return pd.DataFrame(lines)


def sample_table(rows: pd.DataFrame, small: pd.DataFrame) -> pd.DataFrame:
    """Code samples per image, with the deterministic autoencoder of the same size as the last line."""
    last = by_value(small.assign(mc_samples=0), "mc_samples", "samples k").assign(
        **{"samples k": "none (RAE)"}
    )
    return pd.concat([by_value(rows, "mc_samples", "samples k"), last], ignore_index=True)


def long(rows: pd.DataFrame, field: str) -> pd.DataFrame:
    """One row a run and kind of images, for `charts.sweep`."""
    parts = [
        rows[[field, "seed"]].assign(images=text, distance=rows[name])
        for name, text in IMAGES.items()
    ]
    return pd.concat(parts).dropna(subset=["distance"]).astype({"distance": float})


def gaps(rows: pd.DataFrame, results: list[store.Result]) -> pd.DataFrame:
    """(train - validation log-likelihood) / d by system and number of components."""
    latent = {r.config.system: r.config.latent for r in results}
    gap = (rows["train_loglik"] - rows["val_loglik"]) / rows["system"].map(latent)
    return by_components(rows.assign(cell=gap))


def frechets(rows: pd.DataFrame) -> pd.DataFrame:
    """Frechet distance of the samples by system and number of components."""
    return by_components(rows.assign(cell=rows["frechet"]))


def by_components(rows: pd.DataFrame) -> pd.DataFrame:
    found = [s for s in SYSTEMS if s in set(rows["system"])]
    cells = {
        f"K = {k}": [spread(pick(rows, system=s, components=k)["cell"]) for s in found]
        for k in sorted(rows["components"].unique())
    }
    return labelled(pd.DataFrame(cells, index=found))


def sharpness(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Sharpness of reconstructions, samples and mid-points, and the evenness of paths, by system."""
    columns = {
        "rec": "reconstructions",
        "N": "samples N",
        "gmm": "samples GMM",
        "interp": "mid-points",
    }
    frame = measured(table, "sharpness", columns, "pixels")
    even = measured(table, "step_cv", {"interp": "step variation"}, features_of(dataset))
    return frame.join(even.drop(columns="system"))


def sharpness_floor(table: pd.DataFrame) -> str:
    value = pick(table, metric="sharpness", set="real")["value"].mean()
    return f"Sharpness of the test images themselves: {value:.4g}."


def neighbours(table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Ratio and share of close samples, in pixels and in the data set's features, by system."""
    kinds = {"pixels": "pixels", features_of(dataset): features_of(dataset)}
    frame = None
    for kind in kinds:
        for metric, title in (("nn_ratio", "ratio"), ("nn_copies", "closer")):
            rows = table.assign(set=table["set"].mask(table["metric"] == metric, "drawn"))
            part = measured(rows, metric, {"drawn": f"{title}, {kind}"}, kind)
            frame = part if frame is None else frame.join(part.drop(columns="system"))
    return frame


def reconstruction_curves(histories: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Each history with its player's reconstruction term under one plain name."""
    found = {}
    for system, history in histories.items():
        column = next(c for c in history.columns if c.endswith("/reconstruction"))
        found[system] = history.rename(columns={column: "reconstruction"})
    return found
