# %% [markdown]
# # RAE: what size changes
#
# *Which of these results would a larger run change?* The runs of this book are smaller and shorter than the papers'. The study of this
# page is planned for four systems, four widths and four numbers of updates; the first finding says how much of it is stored. It shows which
# distances still move with size.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" on which the study is planned
profile: str = "overnight"  # smoke, laptop or overnight
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import boxes, figures, laws, notes, show, sizes
from rae_lib.pages.titles import titled
from rae_lib.results import frame, request
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

notebooks.check_parameters("15_size", globals())
figures.use_style()

names = sizes.datasets(dataset, profile, recompute=recompute)
planned = {name: sizes.planned(name, profile) for name in names}
results = {name: request.ensure(wanted, recompute=recompute) for name, wanted in planned.items()}
cells = {name: sizes.cells(found) for name, found in results.items() if found}
print_ = select(printed("rae"), metric="frechet")
published = {
    n: print_[(print_["dataset"] == n) & print_["system"].isin(set(rows["system"]))] for n, rows in cells.items()
}
targets = {name: sizes.published_sizes(results[name]) for name in cells}
fitted = {name: laws.laws(rows, targets[name]) for name, rows in cells.items()}
orders = {name: sizes.orders(rows, published[name]) for name, rows in cells.items()}
doubled = {name: sizes.doublings(rows, sizes.own_widths(planned[name])) for name, rows in cells.items()}


def stacked(tables: dict) -> pd.DataFrame:
    """One table of the data sets' tables; empty ones are left out."""
    known = {titled("dataset", name): table for name, table in tables.items() if len(table)}
    return pd.concat(known, names=["data set"]) if known else pd.DataFrame()


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
every = [r for found in results.values() for r in found]
counts = {n: f"{titled('dataset', n)} {len(found)} of {len(planned[n])}" for n, found in results.items()}
widths = sorted({r.config.width for r in every})
moves = {n: [one[1] for one in found["test"] if one] for n, found in doubled.items()}
falls = [change < 0 for changes in moves.values() for change in changes]
every_one = "every distance" if all(falls) else f"{sum(falls)} of {len(falls)} distances"
spans = [f"{titled('dataset', n)} {boxes.find_span(100 * x for x in c):+.0f} %" for n, c in moves.items() if c]
ahead = {}  # data set -> for each kind of set, whether twice the updates lower the distance of VAE by more than that of AE
for n, table in doubled.items():
    test = {key: one[1] for key, one in table["test"].items() if one}
    pairs = [test[kind, "vae"] < test[kind, "ae"] for kind, s in test if s == "vae" and (kind, "ae") in test]
    ahead |= {n: pairs} if pairs else {}
vaes = "; ".join(f"{titled('dataset', n)} {sum(pairs)} of {len(pairs)}" for n, pairs in ahead.items())
unequal = any(all(pairs) for pairs in ahead.values()) and not all(all(pairs) for pairs in ahead.values())

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers on mixtures, orders and doublings"}
gains = [
    frame.ratio(rows, "set", "gmm", "N").merge(rows[["training", "updates"]].drop_duplicates())
    for rows in cells.values()
]
gains = pd.concat(gains) if gains else pd.DataFrame(columns=["dataset", "system", "width", "updates", "value"])
wins = [select(gains, study=["", "size"], dataset=n)["value"] for n in cells]
won = [f"{titled('dataset', n)} {(v < 1).sum()} of {len(v)}" for n, v in zip(cells, wins, strict=True)]
agreement = pd.concat([pd.Series(dtype=float), *(found["value"] for found in orders.values())]).mean()
order = [f"{titled('dataset', n)}: {words}" for n, found in orders.items() if (words := sizes.order_words(found))]
lost = gains[gains["value"] >= 1]
ends = sizes.compare_ends(gains)
grows = ends["longest"] < ends["shortest"]
of_wae = grows.index.get_level_values("system") == "wae-mmd"
wae, others = grows[of_wae], grows[~of_wae]
vae = ends.reindex([("cifar10", "vae", 16)]).iloc[0]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers on single doublings and laws"}
stable = {n: found[found["steady"].eq(True)] for n, found in doubled.items()}
falling = all(change < 0 for part in stable.values() for _, change in part[["updates", "width"]].to_numpy().ravel())
passed = [
    f"on {titled('dataset', n)} those of {notes.join_words(sorted({titled('system', s) for _, s in part.index}))}"
    for n, part in stable.items()
    if len(part)
]
steady = "; ".join(passed)
ratios = {n: laws.ratio_table(found, cells[n], published[n]) for n, found in fitted.items()}
inside = [value for table in ratios.values() if len(table) for value in table["published is"].dropna()]
beyond = sizes.describe_distance(cells, targets)
believed = [law.verdict == "yes" for found in fitted.values() for law in found]
laws_say = f"A law is fitted from {laws.LEAST} cells of a system on, at two widths; no system has them yet."
if believed:
    laws_say = f"A fitted law gives an extrapolation worth believing for {sum(believed)} of {len(believed)} distances."
if inside:
    laws_say += f" Of the published ratios of two systems {inside.count('inside')} of {len(inside)} lie inside the interval that the laws predict; the features differ, and the intervals are wide."

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**How much is known.** Of the planned runs these are stored: {'; '.join(counts.values())}. {'All have' if len(widths) == 1 else 'They have'} width {', '.join(map(str, widths))}.",
        len(every) > 0,
    ),
    (
        f"**Longer training still lowers {every_one}.** With twice the updates, the distances of reconstructions, samples and mid-points change by these amounts: {'; '.join(spans)}. So they describe runs of this length, not the method, though some of these changes are smaller than seeds differ (table below).",
        sum(falls) > len(falls) / 2,
    ),
    (
        f"**Which of autoencoder and VAE gains more from longer training depends on the data.** Of the four distances (reconstructions, own samples, mixture samples, mid-points) so many fall by more for the VAE: {vaes} (one seed). So a comparison of the two after a short run can favour either.",
        unequal,
    ),
    (
        f"**The longer the training, the more the mixture gains, but not for WAE-MMD.** Its distance divided by that of the system's own sampler is lower in the longest runs than in the shortest ones for {others.sum()} of {len(others)} networks of AE, RAE-L2 and VAE, and for {wae.sum()} of {len(wae)} of WAE-MMD. For the VAE on CIFAR-10 at width 16 it falls from {vae['shortest']:.2f} to {vae['longest']:.2f}: after short training the prior is the better sampler. Runs in which the mixture is ahead: {'; '.join(won)}.",
        bool(len(others) > 0 and others.all() and not wae.all() and vae["longest"] < 1 < vae["shortest"]),
    ),
    (
        f"**Four systems cannot confirm the published order.** The rank correlation (Kendall's τ) of our order with the published one is {'; '.join(order)}. With four systems chance alone gives two thirds or more in one case of six.",
        0 < agreement < 1,
    ),
    (
        f"**What not to extrapolate.** {beyond} {laws_say}",
        len(cells) > 0,
    ),
)

# %% tags=["remove-input"]
boxes.rerun("15_size", every)

# %% [markdown]
# ## How it was measured
#
# A cell of the study is one system at one width (filters of the first stage) for one number of updates. Everything else is as in
# {doc}`11_rae_images`: all training images, the same rate with the same fall over the run, one seed. The distance is the Fréchet
# distance to the test images in the features of a classifier of the data set, which has no unit ({doc}`../book/protocol`). A run of twice
# the updates is a new run, not the continuation of a shorter one.

# %% tags=["remove-input"]
if cells:
    show.table(
        notes.sizes([r for found in results.values() for r in found]),
        caption="The systems' own runs, from which the study starts, and the size of the papers' runs. Compare updates and filters",
        name="tbl-size-sizes",
    )

# %% [markdown]
# ## Distances by width and updates
#
# Where the lines of a panel are level and lie on one another, the distance no longer depends on width and updates. Where they still
# fall, a distance describes runs of this size only. All axes are logarithmic. Rows of panels have different scales.

# %% tags=["remove-input"]
grown = [name for name in cells if sizes.has_lines(cells[name])]  # one size alone makes no line
grown = sorted(grown, key=lambda name: -len(cells[name]))  # the data set with most cells first
for name in grown[:1]:
    show.figure(
        sizes.distances(cells[name]),
        caption=f"Fréchet distance against updates, a line for each width, {titled('dataset', name)}; distance of real images: {sizes.real_images(results[name]):.3g}. Does any line become level?",
        name=f"fig-size-distances-{name.replace('_', '-')}",
        alt="A grid of panels on logarithmic axes, a row for each set of images and a column for each system: Fréchet distance against updates, a line for each width, darker the wider.",
    )

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The same on the second data set"}
for name in grown[1:2]:
    show.figure(
        sizes.distances(cells[name]),
        caption=f"Fréchet distance against updates, a line for each width, {titled('dataset', name)}; distance of real images: {sizes.real_images(results[name]):.3g}. Does any line become level?",
        name=f"fig-size-distances-{name.replace('_', '-')}",
        alt="The same grid of panels for a second data set: Fréchet distance against updates by system, set of images and width.",
    )

# %% [markdown]
# ## What one more doubling changes
#
# The last column says whether neither the last doubling of the updates nor the last doubling of the width, both ending at the
# system's largest stored size, changes a distance by a fifth. That is no end: a distance that falls by a tenth with every doubling is
# half as large after seven.

# %% tags=["remove-input"]
changes = stacked({n: sizes.doubling_table(found, cells[n]) for n, found in doubled.items()})
seeds = {titled("dataset", n): sizes.seed_spread(planned[n]) for n in cells}
seeds = "; ".join(f"{title}: {words}" for title, words in seeds.items() if words)
if len(changes):
    show.table(
        changes,
        caption="Change of the Fréchet distance when updates or width are doubled. Do distances that change by less than a fifth still fall?",
        name="tbl-size-settled",
        note=(f"Differences between seeds at the profile's own size, {seeds}. " if seeds else "")
        + "Both doublings end at the largest size stored, or at the one in brackets (width × updates). A dash: a cell that is needed is not stored.",
    )

# %% [markdown]
# ## Does the order of the systems become fixed?
#
# If all distances fall alike, their order is known before their values are. Kendall's τ is the rank correlation of
# the order at every size with the published order (ICLR submission, Table 1). Four systems have six pairs, and τ is two thirds where five
# of six pairs are in the same order. By chance τ is 0 on average, and two thirds or more in one case of six. A size at which fewer than
# three of the systems are stored has no order.

# %% tags=["remove-input"]
taus = pd.concat([o.assign(dataset=n) for n, o in orders.items()]) if orders else pd.DataFrame({"value": []})
taus = taus.dropna(subset=["value"])
if sizes.has_lines(taus):
    look = {"style": sizes.by_width(taus), "logx": True, "levels": {"the published order": 1.0}, "ylabel": "τ"}
    show.figure(
        figures.lines(taus, "updates", hue="width", row="dataset", col="set", **look),
        caption="Kendall's τ of the order of the systems with the published order, against updates, a line for each width. Higher: nearer to the published order",
        name="fig-size-orders",
        alt="A column of panels for each set of images, a row for each data set: rank correlation against updates, a line for each width, and a dotted line at one.",
    )

# %% tags=["remove-input"]
table = stacked({n: sizes.order_table(o, published[n]) for n, o in orders.items()})
if len(table):
    show.table(
        table,
        caption="The order of the systems from the smallest to the largest size, and its rank correlation τ with the published one. Read down: does the order still change?",
        name="tbl-size-orders",
        note="τ: Kendall's rank correlation, 1 for the same order, −1 for the reverse.",
        decimals={"τ, published": 2},
    )

# %% [markdown]
# ## The mixture at every size
#
# The first claim of the RAE papers is that a mixture fitted after training beats the system's own sampler (RAE-01). It is an
# inequality within one run, so that every cell can answer it: below one, the mixture is better. There is one seed, so that a sign here
# is not a verdict ({doc}`01_claims` has those).

# %% tags=["remove-input"]
if sizes.has_lines(gains):
    show.figure(
        figures.lines(
            gains,
            "updates",
            hue="width",
            row="dataset",
            col="system",
            style=sizes.by_width(gains),
            logx=True,
            levels={"equal": 1.0},
            ylabel="mixture / own sampler",
        ),
        caption="Fréchet distance of mixture samples divided by that of the own sampler, against updates. Below the dotted line the mixture is nearer, a line for each width",
        name="fig-size-mixture",
        alt="A panel for each system: the ratio of two Fréchet distances against updates, a line for each width, and a dotted line at one.",
    )

# %% [markdown]
# ## The claims at every size
#
# The same can be asked of every claim of the RAE papers that has comparisons between these four systems. The table counts the
# comparisons that are true of the values, from the smallest to the largest size.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Every claim at every size"}
claims = stacked({n: sizes.claim_table(results[n]) for n in cells})
if len(claims):
    show.table(
        claims,
        caption="Comparisons of the RAE papers' claims that are true at each size, of those whose runs are stored. Read across: does more size make more of them true?",
        name="tbl-size-claims",
        note="Columns: width × updates. By the values alone, whether or not the runs are trained enough: one seed decides nothing. A dash: no comparison can be made.",
    )

# %% [markdown]
# ## What a law would say of the papers' size
#
# Where a system has enough cells, a law is fitted to its distances by least squares of the logarithm:
#
# $$\text{distance} = \text{limit} + a \cdot \text{updates}^{-p} \cdot \text{width}^{-q}$$
#
# :::{dropdown} The intervals of a law, and when its extrapolation is worth believing
# Every number has its interval in brackets: nine tenths of 200 draws of a residual bootstrap, in which the law is fitted again to redrawn
# residuals and, for a prediction, one residual is added. An exponent whose interval has zero inside may as well be zero; a few cells can
# hide a limit but cannot exclude one.
#
# An extrapolation is called worth believing where this interval is narrower than a factor of two *and* the law, fitted to the smaller
# cells alone, predicts the largest cell within a fifth. The second test is mild: it asks for one doubling of width and updates, and the
# papers' size asks for more. A law of another form could describe the cells as well and predict something else.
#
# Predicted distances are in features of this book and do not compare with the published ones. The ratio between two systems may be
# compared, with care, as features do not rank all systems alike ({doc}`91_metric_calibration`).
# :::

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The law of each distance"}
table = stacked({name: laws.law_table(found) for name, found in fitted.items()})
goals = [
    f"{titled('dataset', n)}: width {width}, {updates:,} updates"
    for n, sizes_of in targets.items()
    for width, updates in [max(sizes_of.values())]
]
if len(table):
    show.table(
        table,
        caption="The law of each distance and its prediction at the papers' size. Look at the last columns first: is the extrapolation worth believing?",
        name="tbl-size-laws",
        note=f"Largest cell: by how much the law fitted to the smaller cells misses it. The papers' size: {'; '.join(goals)}.",
    )

# %% tags=["remove-input"]
if not believed:
    step = f"python -m rae_lib run --profile {profile} --study size"
    boxes.report_missing(f"a law: {laws.LEAST} cells of a system at two widths are needed", step)

# %% tags=["remove-input"]
table = stacked(ratios)
if len(table):
    show.table(
        table,
        caption="Distance divided by that of RAE-L2: at the largest size stored, predicted at the papers' size, and published. Does the interval contain the published ratio?",
        name="tbl-size-ratios",
        note="In brackets: nine tenths of the draws; the last column says whether the published ratio is inside.",
    )

# %% tags=["remove-input"]
boxes.findings(
    (
        "A distance of this book describes runs of its size. "
        + (
            f"{steady[:1].upper()}{steady[1:]} change by less than a fifth when updates or width are doubled, yet they fall at each doubling. No fitted law is worth believing yet, so no distance is evidence for the papers' size."
            if passed
            else "No distance has passed both tests of this page yet, so none is evidence for the papers' size."
        ),
        falling and not any(believed),
    ),
    (
        f"Comparisons within one run are safer than values, if the run is long. The mixture loses in {len(lost)} of {len(gains)} runs. In the longest run of each network that has several it wins.",
        bool(len(ends) > 0 and (ends["longest"] < 1).all() and len(lost) > 0),
    ),
    (
        "Comparisons between systems with and without noise on the code are the least safe: with twice the updates one gains more on MNIST, the other on CIFAR-10.",
        unequal,
    ),
    title=boxes.MEANING,
)
