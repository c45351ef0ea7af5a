"""Frames of the entropic-autoencoder studies: runs grouped by the papers' sizes or weights, numbers of each group."""

import math
from collections.abc import Iterable, Mapping

import pandas as pd

from rae_lib import studies
from rae_lib.campaign import command
from rae_lib.config import resolve
from rae_lib.pages.code_tables import SHAPES, STATISTICS
from rae_lib.pages.tables import TITLES, live, pick, scale, spread
from rae_lib.results import store
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

Groups = Mapping[float | str, list[store.Result]]


def of_study(
    name: str,
    shown: list[str],
    profile: str,
    seeds: list[int],
    recompute: bool,
    *,
    needed: bool = True,
) -> dict[str, list[store.Result]]:
    """The runs of a study by data set, as far as they are stored; data sets without any are left out.

    Raises FileNotFoundError where there is none at all, unless it is not `needed`.
    """
    sizes = {d: store.largest(d, profile) for d in shown}
    wanted = {d: [c for s in seeds for c in studies.study(name, d, sizes[d], s)] for d in shown}
    found = {
        d: command.ensure(configs, recompute=recompute, missing="skip", progress=live())
        for d, configs in wanted.items()
    }
    found = {d: results for d, results in found.items() if results}
    first = next((configs[0] for configs in wanted.values() if configs), None)
    if needed and not found:
        raise FileNotFoundError(
            store.why_missing(first) if first else f"study {name} has no runs on these data sets"
        )
    return found


def by_size(
    study: str,
    system: str,
    field: str,
    results: list[store.Result],
    *,
    more: Iterable[float] = (),
    fixed: Mapping[str, object] | None = None,
) -> dict[float, list[store.Result]]:
    """The runs of a grid study on one data set by the papers' sizes of one field, ascending.

    more: sizes beyond the study's own, such as the default. Other fields: at their default, or as `fixed` says.
    """
    by_name = {result.config.name: result for result in results}
    at = results[0].config
    seeds = sorted({r.config.seed for r in results})
    values = {*studies.sizes(study, field, at.dataset, at.profile, system), *more}
    found: dict[float, list[store.Result]] = {}
    for size in sorted(values):
        sizes = {**(fixed or {}), field: size}
        cells = [studies.cell(study, system, at.dataset, at.profile, s, **sizes) for s in seeds]
        if mine := [by_name[cell.name] for cell in cells if cell.name in by_name]:
            found[size] = mine
    return found


def by_weight(
    own: Mapping[str, list[store.Result]], entropy: Mapping[str, list[store.Result]]
) -> dict[str, dict[float, list[store.Result]]]:
    """Data set -> entropic weight -> runs; weight 0 is batch norm alone, the system `ae-bn` among `own`."""
    found = {}
    for dataset, results in entropy.items():
        without = [r for r in own[dataset] if r.config.system == "ae-bn"]
        found[dataset] = {0.0: without} if without else {}
        found[dataset] |= by_size("entropy", "eae", "beta", results)
    return found


def by_latent(
    bottleneck: Mapping[str, list[store.Result]],
) -> dict[str, dict[float, list[store.Result]]]:
    """Data set -> latent size -> runs without an entropic term, at the width that the study has there."""
    found = {}
    for dataset, results in bottleneck.items():
        widths = studies.sizes("bottleneck", "width", dataset, results[0].config.profile)
        fixed = {"width": widths[0]} if widths else {}
        found[dataset] = by_size("bottleneck", "ae-bn", "latent", results, fixed=fixed)
    return found


def by_field(
    gaussian: Mapping[str, list[store.Result]],
) -> dict[str, dict[str, dict[float, list[store.Result]]]]:
    """Data set -> what is varied -> size -> runs without an entropic term; the default width is the papers' 128."""
    fields = {"depth": "depth", "width": "width", "latent": "latent size"}
    found = {}
    for dataset, results in gaussian.items():
        parts = {
            title: by_size("gaussian", "ae-bn", f, results, more=[128] if f == "width" else ())
            for f, title in fields.items()
        }
        found[dataset] = {title: groups for title, groups in parts.items() if groups}
    return found


def note(study: str, results: list[store.Result]) -> str:
    """`tables.scale` of a study's runs, and which width of the papers theirs stands for."""
    at = results[0].config
    widths = studies.sizes(study, "width", at.dataset, at.profile) if study == "bottleneck" else []
    printed = widths[0] if widths else resolve(at.system, at.dataset, "paper").width
    words = f" Width {at.width} stands for {printed} in print." if at.width != printed else ""
    return scale(results) + words


def titles(groups: Iterable[str]) -> str:
    """The names of data sets, for a caption."""
    return ", ".join(TITLES[name] for name in groups)


def frechets(features: str, *names: str) -> dict[str, tuple[str, str, str]]:
    """Columns for `by_group`: Frechet distances of these sets under the book's headings."""
    titles = {"rec": "REC", "N01": "N(0,I)", "mvg": "MVG", "gmm": "GMM"}
    return {titles[name]: ("frechet", name, features) for name in names}


def of_codes(*metrics: str) -> dict[str, tuple[str, str, str]]:
    """Columns for `by_group`: statistics of the test codes."""
    return {(STATISTICS | SHAPES)[metric]: (metric, "rec", "codes") for metric in metrics}


def by_group(
    groups: Mapping[object, list[store.Result]], columns: Mapping[str, tuple[str, str, str]]
) -> pd.DataFrame:
    """One row a run: its group, its seed, and its number in every column (absent: None)."""
    rows = []
    for group, results in groups.items():
        for result in results:
            table, row = command.table([result]), {"size": group, "seed": result.config.seed}
            for title, (metric, kind, features) in columns.items():
                cell = pick(table, metric=metric, set=kind, features=features, protocol="clean")
                row[title] = cell["value"].mean() if len(cell) else None
            rows.append(row)
    return pd.DataFrame(rows, columns=["size", "seed", *columns])


def folded(
    rows: pd.DataFrame, title: str, names: Mapping[object, str] | None = None
) -> pd.DataFrame:
    """`by_group` as a table: one row a group, cells (mean, spread over seeds)."""
    columns = [c for c in rows if c not in ("size", "seed")]
    lines = []
    for size, part in rows.groupby("size", sort=False):
        line = {title: (names or {}).get(size, f"{size:g}" if isinstance(size, float) else size)}
        lines.append(line | {c: spread(part[c].dropna().astype(float)) for c in columns})
    return pd.DataFrame(lines).dropna(axis=1, how="all")


def captions(dataset: str) -> dict[int, float]:
    """The printed distances of the bottleneck figures by latent size (EAE figs. 6-9), empty where there are none."""
    rows = select(printed("eae"), study="bottleneck", dataset=dataset, set="N01")
    return {int(row.latent): row.value for row in rows.itertuples()}


def table(groups: Groups, title: str, columns: Mapping[str, tuple[str, str, str]]) -> pd.DataFrame:
    """One row a group, cells (mean, spread over seeds)."""
    return folded(by_group(groups, columns), title)


def beside_captions(frame: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """`folded` by latent size with the printed distance of N(0, I) samples, where the document's captions give any."""
    printed = captions(dataset)
    if printed:
        cells = [printed.get(int(size)) for size in frame["d"]]
        frame.insert(frame.columns.get_loc("N(0,I)") + 1, "in print", cells)
    return frame


def stacked(
    fields: Mapping[str, Groups], columns: Mapping[str, tuple[str, str, str]]
) -> pd.DataFrame:
    """The tables of several fields below one another: what is varied, its size, and the columns."""
    parts = [table(groups, "size", columns).assign(varied=f) for f, groups in fields.items()]
    whole = pd.concat(parts, ignore_index=True)
    return whole[["varied", *(c for c in whole if c != "varied")]]


def ratio(groups: Groups, features: str, name: str) -> float | None:
    """Highest over lowest mean Frechet distance of a set of samples over the weights above 0 (EAE-12)."""
    found = by_group({w: r for w, r in groups.items() if w > 0}, frechets(features, name))
    means = found.drop(columns="seed").groupby("size").mean().iloc[:, 0].dropna()
    return float(means.max() / means.min()) if len(means) > 1 else None


def best_weight(results: list[store.Result], field: str, features: str) -> pd.DataFrame:
    """By size: N(0, I) distance for every entropic weight, and the weight where its mean is lowest (EAE-08)."""
    at = results[0].config
    rows = []
    for size in sorted(studies.sizes("weight", field, at.dataset, at.profile)):
        groups = by_size("weight", "eae", "beta", results, fixed={field: size})
        if not groups:
            continue
        found = by_group(groups, frechets(features, "N01"))
        cells = {f"β = {w:g}": spread(part["N(0,I)"]) for w, part in found.groupby("size")}
        best = found.groupby("size")["N(0,I)"].mean().idxmin()
        rows.append({field: str(size)} | cells | {"best β": f"{best:g}"})
    return pd.DataFrame(rows)


def distinct(groups: Groups, apart: float = 1.05) -> dict[float, list[store.Result]]:
    """Without the weights that are within 5 % of the next larger one: curves and pictures of the two would coincide."""
    sizes = sorted(groups)
    kept = [a for a, b in zip(sizes, [*sizes[1:], math.inf], strict=True) if b > apart * a]
    return {size: groups[size] for size in kept}


def sample_lines(
    groups: Mapping[str, Groups], form: str
) -> dict[str, tuple[store.Result, str, str]]:
    """For `plates.strips`: N(0, I) samples of the first run of every group, labelled by data set and size."""
    return {
        label(groups, dataset, form.format(size)): (results[0], "samples", "N")
        for dataset, by_group in groups.items()
        for size, results in by_group.items()
    }


def reconstruction_lines(
    groups: Mapping[str, Groups], form: str
) -> dict[str, tuple[store.Result, str, str]]:
    """For `plates.strips`: test images of every data set, and below them the reconstructions of every group."""
    lines = {}
    for dataset, by_group in groups.items():
        first = next(iter(by_group.values()))[0]
        lines[label(groups, dataset, "test images")] = (first, "reconstructions", "test image")
        for size, results in by_group.items():
            text = label(groups, dataset, form.format(size))
            lines[text] = (results[0], "reconstructions", "reconstruction")
    return lines


def label(groups: Mapping[str, Groups], dataset: str, text: str) -> str:
    return text if len(groups) == 1 else f"{dataset}, {text}"
