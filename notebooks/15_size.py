# %% [markdown]
# # Size: which of these results would a larger run change?
#
# The runs of this book are smaller and shorter than the papers'. Here four of the systems are trained at four widths, each for four
# numbers of updates, so that one can see what still moves with size.
#
# :::{admonition} What was found
# - **How much is known.** Planned runs that are stored: {glue:text}`size-stored`. The sentences below are computed from these.
# - **What has settled.** Distances which neither the last doubling of the updates nor that of the width changes by a fifth:
#   {glue:text}`size-settled`.
# - **Which order to believe.** At the largest size, pairs of systems in the published order: {glue:text}`size-order`. Chance alone
#   would put half of the pairs in that order.
# - **Which claims to believe.** Cells in which samples from the mixture are nearer to real images than those of the system's own
#   sampler: {glue:text}`size-mixture`. The inequalities at the end of this page, by their sign at the four largest sizes:
#   {glue:text}`size-outcomes`.
# - **What not to extrapolate.** The papers' size compared with the largest size stored: {glue:text}`size-distance`. Distances of which
#   a fitted law gives an extrapolation worth believing: {glue:text}`size-believed`.
# :::

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" on which the study is planned
profile: str = "overnight"  # smoke, laptop or overnight
recompute: bool = False  # train everything anew (needs one data set by name)

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import (
    charts,
    show,
    size_charts,
    size_claims,
    size_forecasts,
    size_orders,
    sizes,
    tables,
)

notebooks.check_parameters("15_size", globals())
charts.style()

# %% tags=["hide-input"]
planned = {name: sizes.planned(name, profile) for name in sizes.shown(dataset, profile, recompute)}
results = {name: sizes.runs_of(name, profile, recompute) for name in planned}
stored = {name: sizes.frame(found) for name, found in results.items() if found}
orders = {name: size_orders.orders(rows, name) for name, rows in stored.items()}
doubled = {n: sizes.doublings(rows, sizes.own_sizes(planned[n])) for n, rows in stored.items()}
targets = {name: sizes.published_sizes(found) for name, found in results.items()}
laws = {n: size_forecasts.forecasts(rows, targets[n]) for n, rows in stored.items()}
notes = {name: sizes.scale(results[name]) for name in stored}

# %% [markdown]
# ## How it was measured
#
# A cell of the study is one system at one width (filters of the first stage) for one number of updates. Everything else is as in
# {doc}`11_rae_images`: all training images, the same rate with the same fall over the run, one seed. The distance is the Fréchet
# distance to the test images in the features of a classifier of the data set, which has no unit ({doc}`../book/protocol`). A run of twice
# the updates is a run of its own, not a run that goes on. While not all cells are stored, a table says which are.

# %% tags=["hide-input"]
for name, found in results.items():
    if len(found) < len(planned[name]):
        show.table(
            sizes.stored(planned[name], found),
            caption=f"Systems stored of those planned, by width and length of the run, {tables.TITLES[name]}",
            name=f"tbl-size-stored-{name.replace('_', '-')}",
            note="A dash: no run of this size is planned.",
        )

# %% [markdown]
# ## Distances by width and updates
#
# Where the lines of a panel are level and lie on one another, the distance no longer depends on width and updates. Where they still
# fall, a distance describes runs of this size only. All axes are logarithmic. Each row of panels has a scale of its own, which spans
# a factor of four at least, so that chance differences do not look large.

# %% tags=["hide-input"]
for name in [*stored][:1]:
    show.figure(
        size_charts.distances(stored[name], sizes.floor(results[name])),
        caption=f"{tables.TITLES[name]}: {sizes.change_words(stored[name])}",
        name=f"fig-size-distances-{name.replace('_', '-')}",
        alt="A grid of panels on logarithmic axes, a row for each set of images and a column for each system: Fréchet distance against updates, a line for each width, darker the wider; where real images are near, their distance is a dotted line.",
    )

# %% tags=["hide-input"]
for name in [*stored][1:2]:
    show.figure(
        size_charts.distances(stored[name], sizes.floor(results[name])),
        caption=f"{tables.TITLES[name]}: {sizes.change_words(stored[name])}",
        name=f"fig-size-distances-{name.replace('_', '-')}",
        alt="The same grid of panels for a second data set: Fréchet distance against updates by system, set of images and width.",
    )

# %% [markdown]
# ## What has settled
#
# A distance counts as settled where neither the last doubling of the updates nor the last doubling of the width, both ending at the
# system's largest stored size, changes it by a fifth. The first column of changes is the doubling test of the profile: twice the
# updates at the profile's own width. A distance that has not settled may be used to compare systems at this size, not to speak of the
# papers' size.

# %% tags=["hide-input"]
for name, found in doubled.items():
    seeds = sizes.seed_words(name, profile)
    show.table(
        sizes.doubling_table(found),
        caption=f"Change of the Fréchet distance when updates or width are doubled, {tables.TITLES[name]}",
        name=f"tbl-size-settled-{name.replace('_', '-')}",
        note=notes[name]
        + (f" Differences between seeds at the profile's own size: {seeds}." if seeds else "")
        + " Both doublings end at the largest size stored, or at the one in brackets (width × updates). A dash: a cell that is needed is not stored.",
    )

# %% [markdown]
# ## Does the order of the systems settle?
#
# If all distances fall alike, their order is known before their values are. Each square counts the pairs of systems that
# are in the same order as in another list: above, the published one (ICLR submission, Table 1); below, the one at the largest size.
# Four systems have six pairs. Three of six is what chance gives; five or six of six happen by chance in one case of six.

# %% tags=["hide-input"]
for name in [n for n in stored if len(orders[n])][:1]:
    show.figure(
        size_charts.agreements(orders[name]),
        caption=f"{tables.TITLES[name]}, pairs of systems in the same order, blue: all, grey: half, red: none.{size_orders.seen_words(orders[name])}",
        name=f"fig-size-orders-{name.replace('_', '-')}",
        alt="Squares by width and updates, a column of panels for each set of images, a row of panels for each list that is compared with; each square has the number of pairs of systems in the same order.",
    )

# %% tags=["hide-input"]
for name in [n for n in stored if len(orders[n])][1:2]:
    show.figure(
        size_charts.agreements(orders[name]),
        caption=f"{tables.TITLES[name]}, pairs of systems in the same order, blue: all, grey: half, red: none.{size_orders.seen_words(orders[name])}",
        name=f"fig-size-orders-{name.replace('_', '-')}",
        alt="The same squares for a second data set: pairs of systems in the same order, by width, updates, set of images and list.",
    )

# %% tags=["hide-input"]
for name, found in orders.items():
    if len(found):
        show.table(
            size_orders.order_table(found, name, stored[name]),
            caption=f"The order of the systems from the smallest to the largest size, and its rank correlation τ with two others, {tables.TITLES[name]}",
            name=f"tbl-size-orders-{name.replace('_', '-')}",
            note=f"Size: width × updates. τ: Kendall's rank correlation, 1 for the same order, −1 for the reverse. {notes[name]}",
            decimals={"τ, largest size": 2, "τ, published": 2},
        )

# %% [markdown]
# ## What a law would say of the papers' size
#
# $$\text{distance} = \text{limit} + a \cdot \text{updates}^{-p} \cdot \text{width}^{-q}$$
#
# is fitted to the cells of each system and set, by least squares of the logarithm. The table names the simplest law that the cells
# support: without the limit, without one of the two sizes or without both, where that describes the cells about as well (corrected Akaike
# criterion within two of the lowest). A few cells can hide a limit but cannot exclude one. The prediction and its interval therefore
# come from the whole law: a residual bootstrap of 200 draws, in which the law is fitted again to redrawn residuals and one residual is added
# to its prediction; the interval has nine tenths of the draws.
#
# An extrapolation is called worth believing where this interval is narrower than a factor of two *and* the law, fitted to the smaller
# cells alone, predicts the largest cell within a fifth. The second test is mild: it asks for one doubling of width and updates, and the
# papers' size asks for more. A law of another form could describe the cells as well and predict something else.

# %% tags=["hide-input"]
for name, found in laws.items():
    if found:
        show.table(
            size_forecasts.law_table(found),
            caption=f"The law of each distance and its prediction at the papers' size, {tables.TITLES[name]}",
            name=f"tbl-size-laws-{name.replace('_', '-')}",
            note=f"The papers' size: {size_forecasts.target_words(targets[name])}. Largest cell: by how much the law fitted to the smaller cells misses it. A dash: the law has no such part.",
        )

# %% [markdown]
# Predicted distances are in features of this book and do not compare with the published ones. The ratio between two systems may be
# compared, with care, as features do not rank all systems alike ({doc}`91_yardstick`).

# %% tags=["hide-input"]
for name, found in laws.items():
    if len(size_forecasts.ratio_table(found, stored[name], name)):
        show.table(
            size_forecasts.ratio_table(found, stored[name], name),
            caption=f"Distance in times of RAE-L2's: at the largest size stored, predicted at the papers' size, and published, {tables.TITLES[name]}",
            name=f"tbl-size-ratios-{name.replace('_', '-')}",
            note="In brackets: nine tenths of the draws. Interval: its upper over its lower end; above 2, the prediction is not worth believing.",
        )

# %% [markdown]
# ## Claims at every size
#
# Inequalities of the claims that need these systems and sets alone, as ratios with their bound; of four more claims (marked ‘part’)
# the comparison among these systems; and three comparisons of
# reconstructions that no claim makes about these data sets ({doc}`../book/verdicts`). There is one seed, so that a sign here is not
# a verdict ({doc}`01_claims` has those). The last column says whether the sign is steady:
#
# - *agrees* and *disagrees*: the four largest sizes stored (the last doubling of width and of updates) have one sign, and their
#   ratios differ by less than the largest size's ratio differs from the bound;
# - *mixed*: the four have different signs;
# - *open*: the ratio is too near to its bound, or one of the four is not stored.

# %% tags=["hide-input"]
claims = {name: size_claims.verdict_table(rows, name) for name, rows in stored.items()}
for name, found in claims.items():
    if len(found):
        show.table(
            found,
            caption=f"Inequalities at the sizes from the smallest to the largest, {tables.TITLES[name]}",
            name=f"tbl-size-claims-{name.replace('_', '-')}",
            note=f"Columns of sizes: width × updates; ✓: within the bound. {notes[name]}",
        )

# %% tags=["remove-cell"]
counts = {name: f"{len(found)} of {len(planned[name])}" for name, found in results.items()}
mixtures = {n: size_claims.mixture_words(size_claims.frame(r, n), n) for n, r in stored.items()}
words = {
    "stored": counts,
    "settled": {name: sizes.settled_words(found) for name, found in doubled.items()},
    "order": {name: size_orders.order_words(found) for name, found in orders.items()},
    "mixture": mixtures,
    "outcomes": {name: size_claims.outcome_words(found) for name, found in claims.items()},
    "distance": {name: size_forecasts.distance_words(found) for name, found in laws.items()},
    "believed": {name: size_forecasts.believed_words(found) for name, found in laws.items()},
}
for key, parts in words.items():
    show.value(f"size-{key}", sizes.per_dataset(parts))

# %% [markdown]
# What follows for the other chapters: where an inequality agrees or disagrees here, its sign stays the same at twice the width and twice
# the updates, unless that changes the ratio more than the last doublings did. Where it is mixed or open, the verdict describes
# runs of this size and no more. For the papers' size neither is evidence, unless the extrapolation above is worth believing.
