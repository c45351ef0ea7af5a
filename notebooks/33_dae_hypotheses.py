# %% [markdown]
# # Three hypotheses about large autoencoders
#
# **Claims under test.** Large networks make a latent space smooth without variational inference; their codes tend to a Gaussian as
# they grow; and the number of latent units has one best value, which trades reconstructions for samples (DAE, sections 2.2, 4
# and 5). {cite:p}`daly2022`
#
# What the hypotheses say and what the bound behind them does not say is in {doc}`../book/dae_theory`. Each is put here as
# inequalities on stored runs; the last section has the verdicts.

# %% tags=["parameters"]
dataset: str = "digits"  # digits, cifar10 or celeba64 (the paper's: the last two)
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything anew

# %%
from rae_lib.campaign import command
from rae_lib.pages import charts, grid, hypotheses, plates, show, tables
from rae_lib.results import store

command.check_parameters(
    globals(), {"dataset": str, "profile": str, "seeds": list, "recompute": bool}
)
profile = store.largest(dataset, profile)
charts.style()

# %%
kind = tables.features_of(dataset)
results = grid.runs_of(dataset, profile, seeds, recompute)
others = grid.rivals(dataset, profile, seeds)
rows = grid.frame(results, kind)
note = grid.reductions(results, rows)
title, where = tables.TITLES[dataset], tables.TITLES[grid.like(dataset)]
units = grid.standard(dataset)

# %% [markdown]
# ## Hypothesis 1: a large decoder is smooth by itself
#
# ### Samples: the plain autoencoder over the VAE
#
# The ratio of the two Fréchet distances does not depend on the scale of the features, so that ours stands beside the printed
# one. Below one the plain autoencoder is better. Full marks are measured here, open ones printed; at *equal* size, and with
# each model at its own *best* size, which is the fair comparison. The hypothesis wants the lines to fall with the width,
# from above one to below.

# %% tags=["hide-input"]
show.figure(
    hypotheses.ratios(rows, dataset, profile),
    caption=f"Fréchet distance of the plain autoencoder's samples over that of the VAE's, {title}; in print: {where}",
    name="fig-dae-h1-ratios",
    alt="Two panels, one Gaussian and mixture: ratio of Fréchet distances, plain autoencoder over VAE, against the number of filters; full lines measured, dotted lines printed, blue at equal and orange at best latent size; a horizontal line at one.",
)

# %% tags=["remove-cell"]
some = min((r.config for r in results), key=lambda config: (config.width, config.epochs))
images = results[0].raw["data"]["train"]
show.value("dae-narrow-filters", some.width)
show.value("dae-narrow-steps", some.epochs * (images // some.batch))

# %% [markdown]
# The narrowest network of this page has {glue:text}`dae-narrow-filters` filters in its first stage and trained for
# {glue:text}`dae-narrow-steps` steps. A network so small may say little about the hypothesis; the wide end of the lines says more.

# %% [markdown]
# ### Interpolations, which the paper did not measure
#
# Smoothness is inferred in print from samples. Here it is measured by the RAE papers' way, at the latent size of Table 2: half-way
# points between the codes of test images, decoded, against test images; and the evenness of such a path, the coefficient of
# variation of six steps in feature space.

# %% tags=["hide-input"]
columns = {"interp": "mid-points: Fréchet distance", "step_cv": "paths: step variation"}
show.figure(
    hypotheses.over_width(rows, dataset, columns),
    caption=f"Interpolation against width, {units} latent units (of the paper), {title}",
    name="fig-dae-h1-interpolation",
    alt="Two panels against the number of filters, a solid blue line for the plain autoencoder and a dashed orange one for the VAE: Fréchet distance of decoded mid-points, and the step variation of paths.",
)

# %% [markdown]
# Two paths between test images each, by the narrowest and the widest network of both models.

# %% tags=["hide-input"]
shown = hypotheses.extremes(results, dataset, profile)
if shown:
    show.figure(
        plates.named(shown, "interpolations", [0, 1]),
        caption=f"Interpolations of the narrowest and the widest networks, {units} latent units (of the paper), {title}",
        name="fig-dae-h1-paths",
        alt="Two rows of ten images each, which turn from one test image into another, for the narrowest and the widest plain autoencoder and VAE.",
    )

# %% [markdown]
# ## Hypothesis 2: codes grow normal with the width
#
# Three measures at the latent size of Table 2, on training codes. The mean of the absolute excess kurtosis over the dimensions sees
# the margins only, and a margin is a sum over many features, which looks normal readily. The energy coefficient compares
# the standardised codes as points of the whole space with a standard normal: zero for equal laws, one at most, and unlike the kurtosis
# it sees correlations too. The gap is the paper's own sign: how much the Fréchet distance of samples falls from one
# Gaussian to the mixture. The hypothesis wants all three to fall.

# %% tags=["hide-input"]
columns = {
    "excess_kurtosis": "|excess kurtosis|",
    "gauss_distance": "energy coefficient",
    "gap": "gap MVG − GMM",
}
show.figure(
    hypotheses.over_width(rows.assign(gap=rows["mvg"] - rows["gmm"]), dataset, columns),
    caption=f"How far codes are from a Gaussian, against width, {units} latent units (of the paper), {title}",
    name="fig-dae-h2-gaussian",
    alt="Three panels against the number of filters, a solid blue line for the plain autoencoder and a dashed orange one for the VAE: excess kurtosis, energy coefficient, and the gap between the samples of one Gaussian and of a mixture.",
)

# %% tags=["hide-input"]
gaussian = hypotheses.gaussianity(rows, dataset)
if len(gaussian):
    show.table(
        gaussian,
        caption=f"Training codes by width, {units} latent units (of the paper), {title}; gap in print: {where}",
        name="tbl-dae-h2-gaussian",
        note=f"{note} |mean|: over dimensions; spread of s.d.: standard deviation over dimensions of the standard deviations. A finite set of normal codes has a kurtosis and an energy coefficient above zero too.",
    )

# %% [markdown]
# ## Hypothesis 3: one best bottleneck
#
# Reconstructions and samples against the number of latent units, at 128 filters. The grey bar marks the size that is best under the
# mixture. The hypothesis wants reconstructions to go on improving to its right while samples get worse.

# %% tags=["hide-input"]
show.figure(
    hypotheses.tradeoff(rows),
    caption=f"Reconstructions and samples against the number of latent units, 128 filters, {title}",
    name="fig-dae-h3-tradeoff",
    alt="Two panels, plain autoencoder and VAE: Fréchet distances of training and test reconstructions and of samples by one Gaussian and a mixture against the latent units; a grey bar at the best size for mixture samples.",
)

# %% [markdown]
# The best size by width, beside the question of whether it belongs to the data or to the network (claim X-10): the slides hold that
# the best number of units is that of the data, this paper that it depends on the network.

# %% tags=["hide-input"]
show.figure(
    hypotheses.best_by_width(rows, dataset, profile),
    caption=f"Best latent size by width, {title}; in print: {where}",
    name="fig-dae-h3-best",
    alt="Two panels, one Gaussian and mixture: the best number of latent units against the number of filters, full marks measured and open ones printed, blue for the plain autoencoder and orange for the VAE.",
)

# %% [markdown]
# ## What became of the three hypotheses
#
# Each claim is decided over the seeds, as everywhere in this book ({doc}`../book/verdicts`). In the grid, digits stand in for CIFAR-10:
# their outcome is evidence about the method, not about the paper's numbers. What a claim says of CelebA is not tested on digits.

# %% tags=["hide-input"]
claims = {
    "h1": "DAE-01 DAE-02 DAE-03 DAE-13 DAE-17 DAE-19 DAE-21",
    "h2": "DAE-15 DAE-16",
    "h3": "DAE-04 DAE-05 DAE-08 DAE-20 X-10",
}
found = {name: tables.decided(ids, dataset, results + others) for name, ids in claims.items()}

# %% tags=["hide-input"]
show.verdict_table(
    found["h1"],
    caption=f"Hypothesis 1, the plain autoencoder against the VAE, decided on {title}",
    name="tbl-dae-h1-verdicts",
    note=note,
)

# %% tags=["hide-input"]
show.verdict_table(
    found["h2"],
    caption=f"Hypothesis 2, normal codes, decided on {title}",
    name="tbl-dae-h2-verdicts",
    note=note,
)

# %% tags=["hide-input"]
show.verdict_table(
    found["h3"],
    caption=f"Hypothesis 3, the bottleneck, decided on {title}",
    name="tbl-dae-h3-verdicts",
    note=note,
)

# %% tags=["remove-cell"]
for name, list_of in found.items():
    show.value(f"dae-{name}-claims", len(list_of))
    for outcome in ("agrees", "mixed", "disagrees", "open"):
        show.value(f"dae-{name}-{outcome}", sum(v.outcome == outcome for v in list_of))

# %% [markdown]
# | hypothesis | claims | agree | mixed | disagree | open |
# |---|--:|--:|--:|--:|--:|
# | 1, the plain autoencoder against the VAE | {glue:text}`dae-h1-claims` | {glue:text}`dae-h1-agrees` | {glue:text}`dae-h1-mixed` | {glue:text}`dae-h1-disagrees` | {glue:text}`dae-h1-open` |
# | 2, normal codes | {glue:text}`dae-h2-claims` | {glue:text}`dae-h2-agrees` | {glue:text}`dae-h2-mixed` | {glue:text}`dae-h2-disagrees` | {glue:text}`dae-h2-open` |
# | 3, the bottleneck | {glue:text}`dae-h3-claims` | {glue:text}`dae-h3-agrees` | {glue:text}`dae-h3-mixed` | {glue:text}`dae-h3-disagrees` | {glue:text}`dae-h3-open` |
#
# Where no system has two seeds nothing is decided: the claim is open. So is one of which a quarter was not run or not trained enough.
