# %% [markdown]
# # Three hypotheses about large autoencoders
#
# **Claims under test.** Large networks make a latent space smooth without variational inference; their codes tend to a Gaussian as
# they grow; and the number of latent units has one best value, which trades reconstructions for samples (DAE, sections 2.2, 4
# and 5). {cite:p}`daly2022`
#
# What the hypotheses say and what the bound behind them does not say is in {doc}`../book/dae_theory`. Each is put here as
# inequalities on stored runs; the last section has the verdicts. Networks are named by the filters that they have in the paper.
# Published numbers are shown on the paper's own data sets alone. A chart or a table without runs is left out: its runs are still
# to be made.

# %% tags=["parameters"]
dataset: str = "all"  # digits, cifar10 or celeba64, or "all" that are stored
profile: str = "largest"  # or smoke, laptop, overnight, paper
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import check_choice
from rae_lib.pages import dae, figures, notes, plates, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

notebooks.check_parameters("33_dae_hypotheses", globals())
check_choice("dataset", dataset, ("all", *dae.UNITS))
figures.use_style()

runs = request.find_runs("dae", studies=["grid"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute)
runs = [r for r in runs if r.config.dataset in dae.UNITS]
shown = list(dict.fromkeys(r.config.dataset for r in runs))
others = dae.rivals(shown, profile, seeds)
grid = dae.cells(pd.concat([frame.of_results(runs), printed("dae")]))
grid = grid[grid["system"].isin(dae.SYSTEMS)]
plain = dae.plain(grid)
compared = dae.at_comparison(select(grid, study="grid", **dae.PLAIN))
note = dae.scales(grid)
UNITS = "; ".join(f"{n} on {titles.titled('dataset', d)}" for d, n in dae.UNITS.items())

# %% [markdown]
# ## Hypothesis 1: a large decoder is smooth by itself
#
# ### Samples: the plain autoencoder over the VAE
#
# The ratio of the two Fréchet distances does not depend on the scale of the features, so that ours and the published one compare.
# Below one the plain autoencoder is better: at *equal* latent size, that of Table 2, and with each model at its *best* size, which
# is the fair comparison. The hypothesis wants the lines to fall with the width, from above one to below.

# %% tags=["remove-input"]
fitted = plain[plain["set"].isin(dae.FITTED)]
best = frame.best(fitted)
kinds = {"equal size": dae.at_comparison(fitted), "best size": best.assign(latent=0, paper_latent=0)}
pairs = {kind: frame.ratio(rows, "system", "dae", "vae-dae") for kind, rows in kinds.items()}
ratios = pd.concat(rows.assign(kind=kind) for kind, rows in pairs.items())
show.figure(
    figures.lines(
        ratios,
        "paper_width",
        hue=["kind", "document"],
        row="dataset",
        col="set",
        style=dae.by_document,
        levels={"equal": 1.0},
        logx=True,
        logy=True,
        ylabel="DAE over VAE",
    ),
    caption="Fréchet distance of the plain autoencoder's samples over that of the VAE's",
    name="fig-dae-h1-ratios",
    alt="Two panels for each data set, one Gaussian and mixture: ratio of Fréchet distances, plain autoencoder over VAE, against the number of filters; full lines ours, dotted lines the paper's, blue at equal and orange at best latent size; a horizontal line at one.",
)

# %% tags=["remove-cell"]
cells = [r for r in runs if r.config.system in dae.SYSTEMS]
some = min(cells, key=lambda r: (r.config.width, r.config.epochs)) if cells else None
show.value("dae-narrow-filters", some and some.config.width)
show.value("dae-narrow-steps", some and notes.updates(some.config, some.raw))

# %% [markdown]
# The narrowest network of this page has {glue:text}`dae-narrow-filters` filters in its first stage and trained for
# {glue:text}`dae-narrow-steps` steps. A network so small may say little about the hypothesis; the wide end of the lines says more.

# %% [markdown]
# ### Interpolations, which the paper did not measure
#
# The paper infers smoothness from samples. Here it is measured by the RAE papers' way, at the latent size of Table 2: half-way
# points between the codes of test images, decoded, against test images; and the evenness of such a path, the coefficient of
# variation of six steps in feature space.

# %% tags=["remove-input"]
paths = compared[(compared["document"] == "here") & (compared["set"] == "interp")]
paths = dae.several(paths[paths["metric"].isin(["frechet", "step_cv"])], "paper_width")
paths = paths.replace({"metric": {"frechet": "distance of mid-points"}})
if len(paths):
    show.figure(
        figures.lines(paths, "paper_width", row="dataset", col="metric", logx=True, sharey=False),
        caption=f"Mid-points and paths between test images against width; latent units in the paper: {UNITS}",
        name="fig-dae-h1-interpolation",
        alt="Two panels against the number of filters, a solid blue line for the plain autoencoder and a dashed orange one for the VAE: Fréchet distance of decoded mid-points, and the step variation of paths.",
    )

# %% [markdown]
# Two paths between test images each, by the narrowest and the widest network of both models.

# %% tags=["remove-input"]
ends = compared[compared["document"] == "here"].drop_duplicates("training")
ends = ends[ends["seed"] == ends["seed"].min()]
first = ends["dataset"].value_counts().index[0] if len(ends) else ""
by_training = {r.config.training_hash: r for r in reversed(runs)}
lines = {}
for _, part in ends[ends["dataset"] == first].groupby("system", sort=False):
    for row in part.sort_values("paper_width").iloc[[0, -1]].itertuples():
        label = f"{titles.titled('system', row.system)}, {row.width:g} filters"
        lines[label] = by_training[row.training]
if lines:
    show.figure(
        plates.named(lines, "interpolations", [0, 1]),
        caption=f"Interpolations by the narrowest and the widest networks, filters and images of our runs on {titles.titled('dataset', first)}",
        name="fig-dae-h1-paths",
        alt="Two rows of ten images each, which turn from one test image into another, for the narrowest and the widest plain autoencoder and VAE.",
    )

# %% [markdown]
# ## Hypothesis 2: codes grow normal with the width
#
# Three measures at the latent size of Table 2, on training codes. The mean of the absolute excess kurtosis over the dimensions sees
# the margins only, and a margin is a sum over many features, which looks normal readily. The energy coefficient (distance from
# normal) compares the standardised codes as points of the whole space with a standard normal: zero for equal laws, one at most, and
# unlike the kurtosis it sees correlations too. The gap is the paper's own sign: how much the Fréchet distance of samples falls from
# one Gaussian to the mixture. The hypothesis wants all three to fall.

# %% tags=["remove-input"]
gap = frame.difference(compared[compared["metric"] == "frechet"], "set", "mvg", "gmm")
gap = gap.assign(metric="gap, one Gaussian − mixture", table="")
gap = gap.drop_duplicates(["document", "dataset", "system", "paper_width", "seed"])
codes = compared[compared["set"] == "training codes"]
NORMAL = ["excess_kurtosis", "gauss_distance"]
drawn = pd.concat([codes[codes["metric"].isin(NORMAL)], gap[gap["document"] == "here"]])
drawn = dae.several(drawn, "paper_width")
if len(drawn):
    show.figure(
        figures.lines(drawn, "paper_width", row="dataset", col="metric", logx=True, sharey=False),
        caption=f"How far codes are from a Gaussian, against width; latent units in the paper: {UNITS}",
        name="fig-dae-h2-gaussian",
        alt="Three panels against the number of filters, a solid blue line for the plain autoencoder and a dashed orange one for the VAE: excess kurtosis, distance from normal, and the gap between the samples of one Gaussian and of a mixture.",
    )

# %% tags=["remove-input"]
MOMENTS = [*NORMAL, "code_correlation", "code_mean", "sd_spread"]
show.records(
    pd.concat([codes[codes["metric"].isin(MOMENTS)], gap]),
    rows=["system", "paper_width"],
    cols=["metric", "document"],
    by="dataset",
    caption=f"Training codes by width; latent units in the paper: {UNITS}",
    name="tbl-dae-h2-gaussian",
    note=f"{note} Mean: mean over dimensions of the absolute means; spread: standard deviation over dimensions of the standard deviations. A finite set of normal codes has a kurtosis and an energy coefficient above zero too.",
)

# %% [markdown]
# ## Hypothesis 3: one best bottleneck
#
# Reconstructions and samples against the number of latent units, at 128 filters. The grey bar marks the size that is best under the
# mixture. The hypothesis wants reconstructions to go on improving to its right while samples get worse.

# %% tags=["remove-input"]
TRADED = ["rec_train", "rec", "mvg", "gmm"]
traded = plain[(plain["document"] == "here") & plain["set"].isin(TRADED)]
traded = dae.several(traded[traded["paper_width"] == dae.WIDTH], "latent")
if len(traded):
    chart = figures.lines(
        traded,
        "latent",
        hue="set",
        row="dataset",
        col="system",
        style=figures.style_others("set", TRADED),
        logx=True,
        logy=True,
        xlabel="latent units",
        ylabel="Fréchet distance",
    )
    dae.mark_best(chart, traded)
    show.figure(
        chart,
        caption="Reconstructions and samples against the number of latent units, 128 filters",
        name="fig-dae-h3-tradeoff",
        alt="A panel for the plain autoencoder and one for the VAE: Fréchet distances of training and test reconstructions and of samples by one Gaussian and a mixture against the latent units; a grey bar at the best size for mixture samples.",
    )

# %% [markdown]
# The best size by width, and with it the question of whether it belongs to the data or to the network (claim X-10): the slides hold that
# the best number of units is that of the data, this paper that it depends on the network.

# %% tags=["remove-input"]
sizes = dae.best_sizes(fitted)
show.figure(
    figures.lines(
        sizes[sizes["metric"] == "best size"],
        "paper_width",
        hue=["system", "document"],
        row="dataset",
        col="set",
        style=dae.by_document,
        logx=True,
        logy=True,
        ylabel="latent units in the paper",
    ),
    caption="Best latent size by width",
    name="fig-dae-h3-best",
    alt="Two panels for each data set, one Gaussian and mixture: the best number of latent units against the number of filters, full marks ours and open ones the paper's, blue for the plain autoencoder and orange for the VAE.",
)

# %% [markdown]
# ## What became of the three hypotheses
#
# Each claim is decided over the seeds, as everywhere in this book ({doc}`../book/verdicts`). In the grid, digits stand in for CIFAR-10:
# their outcome is evidence about the method, not about the paper's numbers. What a claim says of CelebA is not tested on digits.

# %% tags=["remove-input"]
HYPOTHESES = {
    "1, the plain autoencoder against the VAE": "DAE-01 DAE-02 DAE-03 DAE-13 DAE-17 DAE-19 DAE-21",
    "2, normal codes": "DAE-15 DAE-16",
    "3, the bottleneck": "DAE-04 DAE-05 DAE-08 DAE-20 X-10",
}
found = show.claims("33_dae_hypotheses", name="tbl-dae-hypotheses-verdicts", profile=profile, datasets=shown)

# %% tags=["remove-input"]
OUTCOMES = ("agrees", "mixed", "disagrees", "open")
rows = {
    (titles.titled("dataset", name), words): {"claims": len(ids.split())}
    | {o: sum(v.outcome == o for v in found if v.dataset == name and v.id in ids.split()) for o in OUTCOMES}
    for name in shown
    for words, ids in HYPOTHESES.items()
}
if rows:
    index = pd.MultiIndex.from_tuples(rows, names=["data set", "hypothesis"])
    show.table(
        pd.DataFrame(rows.values(), index=index),
        caption="Outcomes of the claims by hypothesis",
        name="tbl-dae-hypotheses",
        note="Where no system has two seeds nothing is decided: the claim is open. So is one of which a quarter was not run or not trained enough.",
    )
