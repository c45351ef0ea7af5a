"""The tables of the DAE document out of the frame of its grid (`grid.frame`): ours beside the printed numbers."""

import math

import pandas as pd

from rae_lib.config import show
from rae_lib.pages import grid, tables
from rae_lib.pages.grid import FITTED, SETS, WIDTH, best, cells, mean_of, printed, printed_best
from rae_lib.pages.grid_plan import filters, model, span
from rae_lib.results.printed import printed_value

COMMON = 512  # latent units up to which every depth is run


def beside(cell: object, printed_value: object, title: str) -> dict[str, object]:
    return {title: cell, f"{title} in print": printed_value}


def comparison(
    rows: pd.DataFrame, others: pd.DataFrame, dataset: str, profile: str, names: list[str]
) -> pd.DataFrame:
    """Table 2 for these sets: every width at the standard latent size, then what was measured beside the grid.

    rows: of the grid. others: the runs of the systems of other documents. A system's own run, where it trains longer
    than the grid, has a line of its own.
    """
    latent, own = grid.standard(dataset), ("dae", "dae-bn", "vae-dae")
    found = rows[rows["latent"] == latent]
    lines: list[
        tuple[str, str, int, pd.DataFrame, bool]
    ] = []  # name, system, width, runs, printed
    for width in sorted(set(grid.planned(dataset, profile)["width"]) | {WIDTH}):
        for s in own:
            lines.append((model(s), s, width, cells(found, system=s, width=width), True))
    longer = {s: tables.pick(found, system=s, variant="", study=False) for s in own}
    lines += [(model(s), s, WIDTH, part, False) for s, part in longer.items()]
    for title, s in grid.RIVALS[grid.like(dataset)].items():
        lines.append((title, s, WIDTH, tables.pick(others, system=s, variant=""), True))
    table = []
    for title, s, width, part, known in lines:
        where = {"system": s, "width": width, "latent": latent}
        values = [printed(dataset, name, **where) if known else None for name in names]
        if len(part) or any(value is not None for value in values):
            row = {"model": title + ("" if known and s in own else epochs_of(part))}
            row["filters"] = filters(dataset, profile, width)
            for name, value in zip(names, values, strict=True):
                row |= beside(mean_of(part, name), value, SETS[name])
            table.append(row)
    return pd.DataFrame(table)


def epochs_of(part: pd.DataFrame) -> str:
    """The epochs of runs beside the grid, which may be more than the grid's."""
    return f", {span(part['epochs'])} epochs" if len(part) else ""


def reconstructions(
    rows: pd.DataFrame, others: pd.DataFrame, dataset: str, profile: str
) -> pd.DataFrame:
    """Train R and Test R of Table 2, and what the test images lose beyond the training images."""
    whole = comparison(rows, others, dataset, profile, ["rec_train", "rec"])
    pairs = {
        "Test − Train": ("Test R", "Train R"),
        "Test − Train in print": ("Test R in print", "Train R in print"),
    }
    for title, (test, train) in pairs.items():
        whole[title] = [gap(a, b) for a, b in zip(whole[test], whole[train], strict=True)]
    return whole


def gap(test: object, train: object) -> float | None:
    """The difference of two cells on means, None where one is absent."""
    numbers = [cell[0] if isinstance(cell, tuple) else cell for cell in (test, train)]
    known = all(n is not None and not math.isnan(n) for n in numbers)
    return numbers[0] - numbers[1] if known else None


def printed_rows(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Table 3 as printed, row by row, with our run of the same sizes beside it where the grid has one."""
    lines = []
    table = tables.pick(grid.published(), dataset=grid.like(dataset), source="3")
    for (width, system, latent), part in table.groupby(["width", "system", "latent"], sort=False):
        where = {"width": width, "system": system, "latent": latent}
        found = {"model": model(system), "F": width, "latent units": latent}
        ours = cells(rows, **where)
        for name in ("rec", "N01", "mvg", "gmm"):
            value = tables.pick(part, set=name)["value"]
            found |= beside(
                mean_of(ours, name), float(value.iloc[0]) if len(value) else None, SETS[name]
            )
        lines.append(found)
    return pd.DataFrame(lines)


def best_sizes(rows: pd.DataFrame, dataset: str, profile: str) -> pd.DataFrame:
    """For every width, model and depth 1: the latent size found best under each fitted sampler, here and in print."""
    lines = []
    for width in sorted(set(grid.planned(dataset, profile)["width"])):
        for system in grid.SYSTEMS:
            where = {"system": system, "width": width}
            found = {"model": model(system), "F": width}
            for name, title in FITTED.items():
                ours = best(cells(rows, **where), name) or (None, None)
                theirs = printed_best(dataset, name, **where) or (None, None)
                found |= beside(whole_number(ours[0]), whole_number(theirs[0]), f"{title} size")
                found |= beside(ours[1], theirs[1], title)
            lines.append(found)
    return pd.DataFrame(lines)


def whole_number(value: int | None) -> str | None:
    """A size as text: a column of sizes with gaps is no column of measurements."""
    return None if value is None else str(value)


def depths(rows: pd.DataFrame, dataset: str, profile: str) -> pd.DataFrame:
    """Best size and sensitivity to it by width and depth, with the VAE of the comparison (claims DAE-05, DAE-08)."""
    lines = []
    plan = grid.planned(dataset, profile)
    plan = plan[plan["system"].isin(grid.SYSTEMS)]
    for (system, width, depth), _ in plan.groupby(["system", "width", "depth"]):
        where = {"system": system, "width": width, "depth": depth}
        part = cells(rows, **where)
        found = {"model": model(system), "F": width, "depth": depth}
        for name, title in FITTED.items():
            ours = best(part, name) or (None, None)
            found |= {f"{title} size": whole_number(ours[0]), title: ours[1]}
            found[f"{title} range"] = grid.sensitivity(part[part["latent"] <= COMMON], name)
        lines.append(found)
    return pd.DataFrame(lines)


def noises(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """Each noise level, its size in units of the code's own spread, and what it costs (claim DAE-10)."""
    lines = []
    for place, field in (("decoder's input", "code_noise"), ("image", "input_noise")):
        found = noisy(rows, dataset, field)
        for level, part in found.groupby(field):
            sd = part["code_variance"].dropna() ** 0.5
            line = {"noise at": place, "s.d. of the noise": show(level)}
            line["s.d. of the code"] = tables.spread(sd)
            line["noise / code"] = (
                tables.spread(level / sd) if field == "code_noise" and level else None
            )
            lines.append(
                line | {SETS[name]: mean_of(part, name) for name in ("rec", "mvg", "gmm")}
            )
    return pd.DataFrame(lines)


def noisy(rows: pd.DataFrame, dataset: str, field: str) -> pd.DataFrame:
    """The runs over one kind of noise, the plain autoencoder as its level 0, at the sizes of Table 2."""
    other = {"code_noise": "input_noise", "input_noise": "code_noise"}[field]
    same = {"width": WIDTH, "latent": grid.standard(dataset), "depth": "1", "study": True}
    found = tables.pick(rows, **same, **{other: 0.0})
    plain, loud = found["system"] == "dae", found["system"] == "dae-noise"
    return found[(plain & (found[field] == 0)) | (loud & (found[field] > 0))]


def frozen(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The code layer trained, frozen, and frozen with the decoder's, at the sizes of Table 2 (claim DAE-07)."""
    lines = []
    for which, words in FROZEN.items():
        system = "dae" if which == "none" else "dae-frozen"
        sizes = {"width": WIDTH, "latent": grid.standard(dataset), "frozen": which}
        part = cells(rows, system=system, **sizes)
        line = {"code layer": words} | {SETS[n]: mean_of(part, n) for n in ("rec", "mvg", "gmm")}
        lines += [line] if len(part) else []
    return pd.DataFrame(lines)


def latents(rows: pd.DataFrame, name: str = "gmm") -> pd.DataFrame:
    """One set's distance by latent size (rows) and by model and width at depth 1 (columns): Figure 1 in numbers."""
    found, lines = cells(rows), []
    found = found[found["system"].isin(grid.SYSTEMS)]
    for latent in sorted(set(found["latent"])):
        line = {"latent units": latent}
        for system, width in sorted(set(zip(found["system"], found["width"], strict=True))):
            part = tables.pick(found, system=system, width=width, latent=latent)
            line[f"{model(system)} {width}"] = mean_of(part, name)
        lines.append(line)
    return pd.DataFrame(lines)


FROZEN = {"none": "trained", "encoder": "frozen", "both": "frozen, decoder's first too"}


def large(rows: pd.DataFrame) -> pd.DataFrame:
    """The largest codes: what is left of the pixels' variance, and the samples (claim DAE-06)."""
    lines = []
    for system in grid.SYSTEMS:
        part = cells(rows, system=system, width=WIDTH)
        for latent in sorted(size for size in set(part["latent"]) if size >= 256):
            found = tables.pick(part, latent=latent)
            left = (found["mse"] / found["pixel_variance"]).dropna()
            row = {"model": model(system), "latent units": latent, "runs": len(found)}
            row |= {"error / variance": tables.spread(left)}
            lines.append(row | {SETS[n]: mean_of(found, n) for n in ("rec", "mvg", "gmm")})
    return pd.DataFrame(lines)


def slip(rows: pd.DataFrame) -> pd.DataFrame:
    """The printed CelebA rows of the plain autoencoder with 128 filters, from both tables (claim X-13).

    rows: of the grid on CelebA, or none.
    """
    lines = []
    for source, latent in (("2", 64), ("3", 96), ("3", 128)):
        sizes = {"system": "dae", "width": WIDTH, "latent": latent}
        found = {"Table": source, "latent units": latent}
        ours = cells(rows, **sizes)
        for name in ("rec", "N01", "mvg", "gmm"):
            found |= beside(mean_of(ours, name), printed("celeba64", name, **sizes), SETS[name])
        lines.append(found)
    return pd.DataFrame(lines)


def quoted_cells() -> dict[str, float | None]:
    """Printed CIFAR-10 reconstructions that Table 2 sets side by side, and what the RAE papers print for two."""
    at = {"width": WIDTH, "latent": 128}
    found = {
        f"{s}-rec": printed("cifar10", "rec", system=s, **at)
        for s in ("dae", *grid.RIVALS["cifar10"].values())
    }
    found["dae-rec-train"] = printed("cifar10", "rec_train", system="dae", **at)
    for system in ("vae", "wae-mmd"):
        found[f"{system}-rec-rae"] = printed_value("rae", system, "cifar10", "frechet", "rec")
    return found


def deepest() -> dict[str, float | None]:
    """The best printed CIFAR-10 values of the study: 128 filters, depth [3,3,2,1]."""
    pairs = {n: printed_best("cifar10", n, "dae", WIDTH, "3,3,2,1") for n in FITTED}
    return {"size": pairs["gmm"][0]} | {name: pair[1] for name, pair in pairs.items()}
