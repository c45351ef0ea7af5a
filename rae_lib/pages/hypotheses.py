"""Charts for the three hypotheses of the DAE document (section 2.2), from the frame of its grid.

1: the plain autoencoder against the VAE at equal and at best latent size. 2: how Gaussian the codes are, by width.
3: what the latent size trades.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from rae_lib.pages import capacity, grid, grid_plan, tables
from rae_lib.pages.charts import INK, LOOKS, OTHERS, PALE, Look
from rae_lib.pages.grid_charts import (
    BLUES,
    FRECHET,
    REDS,
    UNITS,
    band,
    doubling,
    drawing,
    legend,
    logarithmic,
)
from rae_lib.results.store import Result

TRADED = {
    "rec_train": "training reconstructions",
    "rec": "test reconstructions",
    "mvg": "samples MVG",
    "gmm": "samples GMM",
}
CODES = {
    "excess_kurtosis": "|excess kurtosis|",
    "gauss_distance": "energy coefficient",
    "code_correlation": "|correlation|",
    "code_mean": "|mean|",
    "sd_spread": "spread of s.d.",
    "gap": "gap MVG − GMM",
}
RATIOS = {
    "equal size, here": Look("", "#22609B", "o"),
    "best size, here": Look("", "#B5471B", "s"),
    "equal size, in print": Look("", "#22609B", "o", ":"),
    "best size, in print": Look("", "#B5471B", "s", ":"),
}


def ratios(rows: pd.DataFrame, dataset: str, profile: str) -> Figure:
    """DAE over VAE against width at equal and at best latent size, here and in print (hypothesis 1)."""
    figure, axes = drawing(2, share=True)
    table = ratio_frame(rows, dataset, profile)
    for ax, (name, title) in zip(axes, grid.FITTED.items(), strict=True):
        for words, look in RATIOS.items():
            part = tables.pick(table, set=name, kind=words)
            fill = None if look.line == "-" else "white"
            style = {"color": look.colour, "marker": look.marker, "ls": look.line, "mfc": fill}
            ax.plot(part["width"], part["ratio"], label=words, **style)
        ax.axhline(1, color=INK, lw=1)
        ax.set(title=title, xlabel="filters (of the paper)")
        doubling(ax, table["width"])
    logarithmic(axes)
    axes[0].set(ylabel="DAE over VAE")
    legend(figure, axes[0], 2)
    return figure


def ratio_frame(rows: pd.DataFrame, dataset: str, profile: str) -> pd.DataFrame:
    """width, set, kind, ratio: Frechet distance of the DAE over that of the VAE, on means over seeds."""
    lines = []
    for width in sorted(set(grid.planned(dataset, profile)["width"])):
        for name in grid.FITTED:
            pairs = [values(rows, dataset, name, system, width) for system in grid.SYSTEMS]
            for kind in RATIOS:
                dae, vae = (pair[kind] for pair in pairs)
                if pd.notna(dae) and pd.notna(vae):
                    lines.append({"width": width, "set": name, "kind": kind, "ratio": dae / vae})
    return pd.DataFrame(lines, columns=["width", "set", "kind", "ratio"])


def values(
    rows: pd.DataFrame, dataset: str, name: str, system: str, width: int
) -> dict[str, float | None]:
    """The distance of one model at the latent size of Table 2 and at its best one, here and in print."""
    where, latent = {"system": system, "width": width}, grid.standard(dataset)
    mine = grid.cells(rows, **where)
    here = grid.best(mine, name)
    in_print = grid.printed_best(dataset, name, **where)
    return {
        "equal size, here": mine[mine["latent"] == latent][name].mean(),
        "best size, here": here[1][0] if here else None,
        "equal size, in print": grid.printed(dataset, name, latent=latent, **where),
        "best size, in print": in_print[1] if in_print else None,
    }


def over_width(
    rows: pd.DataFrame, dataset: str, columns: Mapping[str, str], ylabel: str = ""
) -> Figure:
    """A panel per column against the width, a line each for DAE and VAE, at the latent size of Table 2.

    The axis is logarithmic where values differ by more than a factor of ten.
    """
    figure, axes = drawing(len(columns), share=False, height=2.9)
    found = grid.cells(rows, latent=grid.standard(dataset))
    for ax, (name, title) in zip(axes, columns.items(), strict=True):
        for system, colours in zip(grid.SYSTEMS, (BLUES, REDS), strict=True):
            look = Look(
                grid_plan.model(system), colours[128], LOOKS[system].marker, LOOKS[system].line
            )
            band(ax, tables.pick(found, system=system), "width", name, look)
        ax.set(title=title, xlabel="filters (of the paper)")
        doubling(ax, rows["width"])
        values = found[name].dropna()
        if len(values) and 0 < 10 * values.min() < values.max():
            logarithmic([ax])
    axes[0].set(ylabel=ylabel)
    legend(figure, axes[0])
    return figure


def tradeoff(rows: pd.DataFrame) -> Figure:
    """Reconstructions and samples against the latent size, a panel per model at 128 filters (hypothesis 3)."""
    figure, axes = drawing(2, share=True)
    for ax, system in zip(axes, grid.SYSTEMS, strict=True):
        part = grid.cells(rows, system=system, width=grid.WIDTH)
        for (name, words), look in zip(TRADED.items(), OTHERS, strict=False):
            band(ax, part, "latent", name, Look(words, look.colour, look.marker, look.line))
        if lowest := grid.best(part, "gmm"):
            ax.axvline(lowest[0], color=PALE, lw=5, zorder=0)
        ax.set(title=grid_plan.model(system), xlabel=UNITS)
        doubling(ax, rows["latent"])
    logarithmic(axes)
    axes[0].set(ylabel=FRECHET)
    legend(figure, axes[0])
    return figure


def extremes(results: list[Result], dataset: str, profile: str) -> dict[str, Result]:
    """The narrowest and the widest network of both models at the latent size of Table 2, by name; first seed."""
    widths = sorted(set(grid.planned(dataset, profile)["width"]))
    found = {}
    for system in grid.SYSTEMS:
        for width in dict.fromkeys((widths[0], widths[-1])):
            wanted = {"system": system, "width": width, "latent": grid.standard(dataset)}
            wanted |= {"depth": "1", "frozen": "none"}
            label = f"{grid_plan.model(system)}, {width} filters"
            for result in results:
                own = grid.sizes(result.config)
                if label not in found and wanted.items() <= own.items():
                    found[label] = result
    return found


def gaussianity(rows: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The codes of both models by width at the latent size of Table 2, the gap beside the printed one (DAE-15, 16)."""
    lines, latent = [], grid.standard(dataset)
    found = grid.cells(rows[rows["latent"] == latent])
    found = found.assign(gap=found["mvg"] - found["gmm"])
    for system in grid.SYSTEMS:
        for width in sorted(set(tables.pick(found, system=system)["width"])):
            part = tables.pick(found, system=system, width=width)
            line = {"model": grid_plan.model(system), "F": width}
            line |= {title: grid.mean_of(part, name) for name, title in CODES.items()}
            where = {"system": system, "width": width, "latent": latent}
            pair = [grid.printed(dataset, name, **where) for name in ("mvg", "gmm")]
            known = None not in pair
            lines.append(line | {"gap in print": pair[0] - pair[1] if known else None})
    return pd.DataFrame(lines)


def best_by_width(rows: pd.DataFrame, dataset: str, profile: str) -> Figure:
    """The best latent size of both models against the width, here and in print."""
    figure, axes = drawing(2, share=True)
    widths = sorted(set(grid.planned(dataset, profile)["width"]))
    for ax, (name, title) in zip(axes, grid.FITTED.items(), strict=True):
        for system, colour in zip(grid.SYSTEMS, (BLUES[128], REDS[128]), strict=True):
            pairs = {"here": {}, "in print": {}}
            for width in widths:
                where = {"system": system, "width": width}
                pairs["here"][width] = grid.best(grid.cells(rows, **where), name)
                pairs["in print"][width] = grid.printed_best(dataset, name, **where)
            for source, sizes in pairs.items():
                line, fill = ("-", colour) if source == "here" else (":", "white")
                known = {w: pair[0] for w, pair in sizes.items() if pair}
                style = {"color": colour, "ls": line, "mfc": fill, "marker": LOOKS[system].marker}
                label = f"{grid_plan.model(system)}, {source}"
                ax.plot(list(known), list(known.values()), label=label, **style)
        ax.set(title=title, xlabel="filters (of the paper)")
        doubling(ax, pd.Series(widths))
        doubling(ax, grid.planned(dataset, profile)["latent"], "y")
    axes[0].set(ylabel=UNITS)
    legend(figure, axes[0])
    return figure


def parameters() -> Figure:
    """Parameters of encoder and decoder against the width, and the range of the bound that the paper quotes."""
    figure, axes = drawing(2, share=True)
    looks = {"encoder": Look("", "#22609B", "o"), "decoder": Look("", "#B5471B", "s", "--")}
    for ax, (dataset, title) in zip(axes, capacity.NAMES.items(), strict=True):
        found = capacity.networks(dataset)
        ax.axhspan(*capacity.BOUND[dataset], color=PALE, zorder=0, label="the bound, as quoted")
        for name, look in looks.items():
            plain = tables.pick(found, depth="1", latent=grid.standard(dataset))
            band(ax, plain, "width", name, replace(look, label=f"{name}, depth 1"))
            part = found.groupby("width")[name].agg(["min", "max"])
            shade = {"color": look.colour, "alpha": 0.15, "lw": 0, "label": f"{name}, whole grid"}
            ax.fill_between(part.index, part["min"], part["max"], **shade)
        ax.set(title=title, xlabel="filters", yscale="log")
        doubling(ax, found["width"])
    axes[0].set(ylabel="parameters")
    legend(figure, axes[0], 3)
    return figure
