# %% [markdown]
# # Ex-post density estimation: how rich a density do the codes need?
#
# **Claims under test.** A ten-component mixture on the training codes does not overfit, and a hundred components
# barely improve on it (RAE, arXiv v1 appendix; ICLR submission appendix); the codes of trained variational models do not
# follow their prior, and a richer density repairs that. {cite:p}`ghosh2019,ghosh2020`
#
# A mixture that has begun to remember its training codes shows it by the gap between the likelihood of training codes
# and that of validation codes, which no image is needed to see.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything anew (needs one data set by name)

# %%
from rae_lib import notebooks
from rae_lib.campaign import command
from rae_lib.pages import charts, show, studies, tables

notebooks.check_parameters("14_rae_density", globals())
charts.style()

# %%
shown = tables.shown(dataset, profile, recompute)
results = {name: tables.systems(name, profile, seeds, recompute) for name in shown}
study = {name: studies.components(found) for name, found in results.items()}
drawn = max(shown, key=lambda name: study[name]["components"].nunique())  # the finest grid

# %% [markdown]
# ## Likelihood of training and validation codes
#
# Mixtures with full covariances by expectation–maximisation on the standardised training codes, at most 100
# iterations (the papers' number), the likelihood given in the units of the codes. One system here, all of them in the
# table below.

# %% tags=["hide-input"]
one = study[drawn][study[drawn].system == "rae-l2"]
show.figure(
    charts.components(one),
    caption=f"Log-likelihood of training and validation codes against the components, RAE-L2, {tables.TITLES[drawn]}",
    name="fig-rae-components",
    alt="Two curves over the number of mixture components on a logarithmic axis: training codes rise throughout, validation codes rise, flatten and fall where the mixture overfits.",
)

# %% tags=["hide-input"]
for name in shown:
    show.table(
        studies.gaps(study[name], results[name]),
        caption=f"Gap between training and validation log-likelihood in nats per code dimension, {tables.TITLES[name]}",
        name=f"tbl-rae-gap-{name.replace('_', '-')}",
        note=f"{tables.scale(results[name])} The claim allows 0.05 nats per dimension at ten components.",
    )

# %% [markdown]
# ## Does the sample quality follow?

# %% tags=["hide-input"]
show.figure(
    charts.sweep(
        study[drawn],
        "components",
        "frechet",
        logx=True,
        logy=True,
        xlabel="components of the mixture",
        ylabel="Fréchet distance of samples",
    ),
    caption=f"Fréchet distance of mixture samples against the components, {tables.TITLES[drawn]}",
    name="fig-rae-components-frechet",
    alt="Fréchet distance of mixture samples against the number of components, one line per system, on logarithmic axes.",
)

# %% tags=["hide-input"]
for name in shown:
    show.table(
        studies.frechets(study[name]),
        caption=f"Fréchet distance of mixture samples by components, {tables.TITLES[name]}",
        name=f"tbl-rae-components-{name.replace('_', '-')}",
        note=f"1 component is the single full-covariance Gaussian, fitted by the mixture's own routine; {tables.accuracy(results[name])}.",
    )

# %% [markdown]
# ## Prior, Gaussian, mixture
#
# The same codes under three samplers: a standard normal, one fitted Gaussian, and the mixture. For the systems without
# a prior the first column shows what would happen if one drew from N(0, I) all the same.

# %% tags=["hide-input"]
for name in shown:
    columns = {"N01": "N(0,I)", "mvg": "Gaussian", "gmm": "mixture"}
    show.table(
        tables.measured(
            command.table(results[name]), "frechet", columns, tables.features_of(name)
        ),
        caption=f"Fréchet distance by density, {tables.TITLES[name]}",
        name=f"tbl-rae-densities-{name.replace('_', '-')}",
        note=f"{tables.floor(command.table(results[name]), tables.features_of(name))} Here: {tables.accuracy(results[name])}.",
        best={title: "min" for title in columns.values()},
    )

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["hide-input"]
for name in shown:
    found = tables.decided("RAE-01 RAE-15 RAE-16", name, results[name])
    show.verdict_table(
        found,
        caption=f"Claims about densities, decided on {tables.TITLES[name]}",
        name=f"tbl-rae-density-verdicts-{name.replace('_', '-')}",
        note=tables.scale(results[name]),
    )
