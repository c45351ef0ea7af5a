# %% [markdown]
# # The entropy estimate: its bias, what it prefers, where it leads
#
# **Claim under test.** On a minibatch whose first two moments are fixed, pushing up the nearest-neighbour estimate of
# the entropy pushes the codes towards a normal law (EAE, sections 3.1 and 3.2), so the estimate should be largest for
# normal codes. {cite:p}`ghose2020`
#
# No image and no network is needed for this: the estimator of {cite:t}`kozachenko1987` is tried on points whose law is
# known. It is exactly the one that the entropic autoencoder climbs in training; the argument that it is meant to serve,
# and the formula, are in {doc}`../book/eae_theory`.

# %% tags=["parameters"]
batch: int = 100  # points in a batch, in the table and text on the bias; 20, 50, 100, 200, 500, 1000 or 2000

# %% tags=["hide-input"]
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import entropy, figures, show, titles

notebooks.check_parameters("23_eae_estimator", globals())
figures.use_style()
DIMS = (16, 64, 128)  # code sizes of the papers: MNIST, CelebA, CIFAR-10

# %% [markdown]
# ## Estimate and truth
#
# Points are drawn from the standard normal law in $d$ dimensions, of which the entropy is known,
# $\tfrac d2 \log 2\pi e$, and the estimate is taken on batches of $n$ of them. If it were unbiased, every line of the
# figure would lie on zero. The estimator is consistent: at a fixed $d$ its error vanishes as $n$ grows. How much $n$
# that takes is another matter, since the distance to the nearest neighbour shrinks like $n^{-1/d}$ only.

# %% tags=["hide-input"]
truth = entropy.simulated("entropy-truth")
normal = truth[(truth["set"] == "normal") & (truth["metric"] == "entropy")].set_index("d")["value"]
grid = entropy.simulated("entropy-bias").pivot(index=["d", "n"], columns="metric", values="value")
grid = grid.reset_index().assign(truth=lambda rows: rows["d"].map(normal))
grid["bias"] = grid["entropy"] - grid["truth"]

# %% tags=["remove-input"]
dims = sorted(grid["d"].unique())
show.figure(
    figures.lines(
        entropy.with_bands(
            grid.assign(value=grid["bias"] / grid["d"]), grid["entropy_error"] / grid["d"]
        ),
        "n", hue="d", style=lambda d: entropy.shade(d, dims), levels={"no bias": 0}, logx=True,
        xlabel="points in the batch, n", ylabel="estimate − truth, nats per dimension",
    ),
    caption="Estimate minus truth for N(0, I), per dimension, by batch size and dimension (bands: two standard errors)",
    name="fig-eae-bias",
    alt="Six lines over the batch size on a logarithmic axis: near zero for two and eight dimensions, higher the more dimensions, falling slowly with the batch size; at 128 dimensions about a fifth of a nat per dimension.",
)  # fmt: skip

# %% [markdown]
# At the paper's batch size the numbers are these. The bias is many times the scatter of a single batch, and at the
# code size of CIFAR-10 a batch twenty times as large hardly helps.

# %% tags=["remove-input"]
COLUMNS = {"entropy": "estimate", "entropy_sd": "spread of a batch", "truth": "truth", "bias": "bias"}
table = grid[grid["d"].isin(DIMS) & grid["n"].isin((batch, 2000))].set_index(["d", "n"])
show.table(
    table[list(COLUMNS)].rename(columns=COLUMNS),
    caption="The estimate for N(0, I), its spread and the true entropy, in nats",
    name="tbl-eae-bias",
    note="Raw draws, not standardised. The spread is the standard deviation of one batch.",
    decimals=dict.fromkeys(COLUMNS.values(), 2),
)

# %% tags=["remove-cell"]
bias = grid.set_index(["n", "d"])["bias"]
for d in (16, 128):
    show.value(f"eae-bias-{d}", bias.get((batch, d)), ".1f")
    show.value(f"eae-bias-{d}-more", bias.get((2000, d)), ".1f")
show.value("eae-bias-batch", batch)

# %% [markdown]
# With batches of {glue:text}`eae-bias-batch` the estimate is too high by {glue:text}`eae-bias-16` nats in 16
# dimensions and by {glue:text}`eae-bias-128` in 128 (at 2,000 points still {glue:text}`eae-bias-128-more`). A constant
# error would not matter, for only differences of the estimate have a gradient. The error is not constant: it depends on
# the law of the points, and so on what the encoder does.

# %% [markdown]
# ## What it prefers
#
# Six laws, every batch standardised in every coordinate as batch norm does it: independent normal, uniform and Laplace
# coordinates, random signs, points on a sphere, and equidistant points (the corners of a simplex, which exist as long
# as $n \le d + 1$). Among all laws with these moments the normal one has the largest entropy. Three of the six have no
# density, so their true entropy is $-\infty$: random signs can take but $2^d$ values, a sphere has no volume, and
# equidistant points are a finite set.

# %% tags=["hide-input"]
LAWS = {"normal": "normal", "uniform": "uniform", "signs": "random signs", "laplace": "Laplace"}
LAWS |= {"sphere": "on the sphere", "simplex": "equidistant", "correlated": "normal, correlated"}
laws = entropy.simulated("entropy-laws").replace({"set": LAWS})
laws = laws.pivot(index=["set", "d"], columns="metric", values="value").reset_index()

# %% tags=["remove-input"]
zero = laws[laws["set"] == "normal"].set_index("d").reindex(laws["d"]).set_index(laws.index)
apart = laws.assign(value=laws["entropy"] - zero["entropy"])
error = (laws["entropy_error"] ** 2 + zero["entropy_error"] ** 2) ** 0.5
show.figure(
    figures.lines(
        entropy.with_bands(apart, error)[lambda rows: rows["set"] != "normal"], "d",
        hue="set", levels={"normal": 0}, logx=True,
        xlabel="dimension d", ylabel="estimate less that of normal points, nats",
    ),
    caption="Estimate of five laws less that of the normal law on standardised batches (bands: two standard errors)",
    name="fig-eae-preferences",
    alt="Five lines against the dimension, and a line at zero for the normal law: Laplace lies below it, uniform points, points on the sphere and, from 64 dimensions on, random signs above it, equidistant points highest.",
)  # fmt: skip

# %% tags=["hide-input"]
wide = laws.pivot(index="set", columns="d")
wide.index.name = "points"
frames = {f"d = {d}": pd.DataFrame({"estimate": wide["entropy"][d], "spread": wide["entropy_sd"][d]}) for d in DIMS}
known = truth[(truth["d"] == 128) & (truth["metric"] == "entropy")].replace({"set": LAWS})
known = (known.set_index("set")["value"] / 128).map("{:.3f}".format).reindex(wide.index)

# %% tags=["remove-input"]
show.table(
    pd.concat(frames | {"truth": known.fillna("−∞").to_frame("per dimension")}, axis=1).loc[
        [law for law in LAWS.values() if law in wide.index]
    ],
    caption="The estimate on standardised batches and the true entropy, in nats",
    name="tbl-eae-preferences",
    note="Mean and standard deviation over batches; −∞: the law has no density. Equidistant points are one set, tried once; dash: there is none.",
    better={"estimate": "max"},
    decimals={"estimate": 2, "spread": 2},
)

# %% [markdown]
# In the highest dimension the laws without a density come first, the uniform law is ahead of the normal one, and only
# Laplace's, whose neighbours are closer, stays behind. The reason is what the estimator measures. In 128 dimensions a hundred normal points are all about equally far from one another, and the
# estimate is nothing but the mean logarithm of each one's *shortest* distance. To make that larger with the second
# moments fixed, one must take away what makes some distances shorter than others: first the variation of the lengths
# of the codes (hence the sphere), then that of the angles (hence the simplex).

# %% [markdown]
# ## Where climbing it leads
#
# Now the estimate is climbed and nothing else: free points start from a normal law and follow its gradient, standardised
# per batch. There is no encoder and no reconstruction to hold them back, so this is the direction of the force, not the
# position in which a trained model comes to rest. Twice for each of two dimensions: always on the same batch, and on
# fresh batches out of five times as many points, which is closer to training.

# %% tags=["hide-input"]
climbed = entropy.simulated("entropy-ascent")
climbed = climbed.assign(run="d = " + climbed["d"].astype(str) + ", " + climbed["set"])
climbed = climbed.sort_values(["d", "set", "step"], ascending=[True, False, True])

start = climbed.groupby(["run", "metric"])["value"].transform("first")
gain = climbed.assign(value=climbed["value"] - start, metric="gain")[climbed["metric"] == "batch"]
PANELS = {"spread": "spread", "nearest": "nearest / mean", "gain": "gain, nats", "kurtosis": "kurtosis"}
drawn = pd.concat([climbed, gain])[lambda rows: rows["metric"].isin(PANELS)]

# %% tags=["remove-input"]
show.figure(
    figures.lines(
        drawn.assign(panel=drawn["metric"].map(PANELS)), "step",
        hue="run", col="panel", sharey=False,
    ),
    caption="Climbing the estimate: spread (coefficient of variation) of the pairwise distances, mean nearest-neighbour distance over mean distance, gain of the estimate, excess kurtosis",
    name="fig-eae-ascent",
    alt="Four panels over the steps of the ascent: the spread of the distances falls, the nearest neighbour moves out towards the mean distance, the estimate rises, the kurtosis falls below zero; all faster at first, and further for the same batch than for fresh ones.",
)  # fmt: skip

# %% [markdown]
# The distances themselves, before and after: with $n \le d + 1$ they draw together about the one distance of the
# simplex, $\sqrt{2dn/(n-1)}$; with more points than that they cannot all be equal, but the short ones vanish.

# %% tags=["remove-input"]
distances = entropy.simulated("entropy-distances")
panels = "d = " + distances["d"].astype(str)
ends = [(d, (2 * d * 100 / 99) ** 0.5) for d in distances["d"].unique() if d >= 99]
marks = pd.DataFrame([{"panel": f"d = {d}", "set": "", "distance": x, "value": 0} for d, x in ends])
show.figure(
    figures.lines(
        distances.assign(panel=panels), "distance", hue="set", col="panel",
        sharex=False, sharey=False, marks=marks, xlabel="distance of two points", ylabel="density",
    ),
    caption="Pairwise distances of normal points and of points that climbed the estimate, on the same batch or on fresh ones; cross: the distance of equidistant points",
    name="fig-eae-distances",
    alt="Two panels of histograms: in 16 dimensions the left tail of short distances disappears, in 128 dimensions the distances contract around a cross that marks equidistance.",
)  # fmt: skip

# %% tags=["hide-input"]
SHOWN = {
    "spread": ("spread of distances", 3),
    "nearest": ("nearest / mean distance", 3),
    "radius": ("spread of lengths", 3),
    "batch": ("estimate, one batch", 1),
    "all": ("estimate, all points", 1),
    "kurtosis": ("excess kurtosis", 2),
    "correlation": ("mean |correlation|", 3),
}

ends = climbed.groupby(["metric", "run"], sort=False)["value"].agg(["first", "last"])
cells = {
    key: "\u00a0→\u00a0".join(f"{v:.{SHOWN[key[0]][1]}f}".replace("-", "−") for v in pair)
    for key, pair in zip(ends.index, ends.to_numpy(), strict=True)
}
bound = truth[truth["metric"] == "entropy_bound"].set_index("d")["value"]
limits = {run: f"{bound[d]:.1f}" for run, d in climbed.groupby("run")["d"].first().items()}
ascents = pd.Series(cells).unstack(sort=False).loc[list(SHOWN)]
ascents = ascents.rename({k: words for k, (words, _) in SHOWN.items()}).rename_axis("quantity")
ascents.loc["bound for a batch"] = limits

# %% tags=["remove-input"]
show.table(
    ascents,
    caption="The ascent from start to end",
    name="tbl-eae-ascent",
    note="Each cell: start → end. Spreads are coefficients of variation, estimates in nats. The bound is attained by equidistant points only (k = 1).",
)

# %% tags=["remove-cell"]
of_128 = ends.xs("d = 128, same batch", level="run")
show.value("eae-ascent-start", 100 * of_128.loc["spread", "first"], ".1f")
show.value("eae-ascent-end", 100 * of_128.loc["spread", "last"], ".1f")
show.value("eae-ascent-estimate", of_128.loc["batch", "last"], ".1f")
show.value("eae-ascent-bound", bound[128], ".1f")

# %% [markdown]
# So yes: in 128 dimensions a batch on its own is driven towards equidistance. The spread of its distances falls from
# {glue:text}`eae-ascent-start` to {glue:text}`eae-ascent-end` percent of their mean, and the estimate reaches
# {glue:text}`eae-ascent-estimate` nats of the {glue:text}`eae-ascent-bound` that only equidistant points have. With
# fresh batches the points give way to one another in the same manner, as far as their number allows. What the ascent
# does that a normal law would want, too, is to decorrelate the coordinates. A small weight, held against a
# reconstruction error, may therefore well make codes more normal; whether it does is measured on trained models in
# {doc}`21_eae_table`, and what a larger one does in {doc}`22_eae_figures`.

# %% [markdown]
# ## What the other rulers see
#
# The chapters on either side measure how normal codes are by several statistics. Here they are applied to 500 points
# each whose law is known. Where a ruler gives a law that is far from normal the same number as normal points, it is
# blind to that difference.

# %% tags=["hide-input"]
RULERS = ["code_correlation", "excess_kurtosis", "gauss_distance", "sliced_distance", "knn_divergence"]
rulers = entropy.simulated("entropy-statistics").replace({"set": LAWS})
rulers = rulers.rename(columns={"set": "points"}).pivot_table("value", ["d", "points"], "metric", sort=False)

# %% tags=["remove-input"]
show.table(
    rulers[RULERS].rename(columns=titles.METRICS),
    caption="Statistics of codes applied to points of known law",
    name="tbl-eae-rulers",
    note="‘Normal, correlated’: any two coordinates have the correlation 0.1, about as in trained codes.",
)

# %% [markdown]
# The energy coefficient, by which claims EAE-08 and EAE-09 are decided, sees correlation. It hardly sees the shape of
# the marginal laws: in many dimensions random signs and normal points have nearly the same distances to everything, and
# distances are all it knows. The sliced distance has the same weakness, since a random projection of many independent
# coordinates is nearly normal whatever they are. Only the kurtosis tells these laws apart. The divergence by nearest
# neighbours reacts to all of them, but in 128 dimensions it puts the uniform law, random signs and the sphere *nearer* to
# the standard normal than normal points. No single number says that codes are normal.

# %% [markdown]
# ## What reproduced, what did not
#
# The rule compares, in each of the three dimensions, the mean estimate for normal coordinates with those for uniform,
# random-sign and Laplace ones; two standard errors decide.

# %% tags=["remove-input"]
_ = show.claims("23_eae_estimator", name="tbl-eae-estimator-verdicts")
