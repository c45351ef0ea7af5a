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
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import figures, notes, show
from rae_lib.results import frame, request
from rae_lib.results.frame import difference, select

notebooks.check_parameters("14_rae_density", globals())
figures.use_style()

runs = request.find_runs("rae", dataset=dataset, profile=profile, seeds=seeds, recompute=recompute)
long = frame.of_results(runs)
study = select(long, study="components")

# %% tags=["remove-input"]
show.table(
    notes.sizes(runs),
    caption="The runs of this page, and the size of the papers' runs",
    name="tbl-rae-density-sizes",
    note="Classifier: the share of the test images on which the small classifier behind the features is right.",
)

# %% [markdown]
# ## Likelihood of training and validation codes
#
# Mixtures with full covariances by expectation–maximisation on the standardised training codes, at most 100
# iterations (the papers' number), the likelihood given in the units of the codes. One system here, all of them in the
# table below.

# %% tags=["remove-input"]
likelihoods = study[study["metric"].isin(["train_loglik", "val_loglik"])]
show.figure(
    figures.lines(
        likelihoods[likelihoods["system"] == "rae-l2"], "components",
        hue="metric", col="dataset", logx=True, sharex=False, sharey=False,
        xlabel="components of the mixture", ylabel="log-likelihood of a code, nats",
    ),
    caption="Log-likelihood of training and validation codes against the components of the mixture, RAE-L2",
    name="fig-rae-components",
    alt="Two curves over the number of mixture components on a logarithmic axis: training codes rise throughout, validation codes rise, flatten and fall where the mixture overfits.",
)  # fmt: skip

# %% tags=["remove-input"]
gap = difference(likelihoods, "metric", "train_loglik", "val_loglik")
show.records(
    gap.assign(value=gap["value"] / gap["latent"]),
    rows=["system"],
    cols=["components"],
    by="dataset",
    decimals=3,
    caption="Log-likelihood of training codes less that of validation codes, in nats per code dimension, by the number of components",
    name="tbl-rae-gap",
    note="The claim allows 0.05 nats per dimension at ten components.",
)

# %% [markdown]
# ## Does the sample quality follow?

# %% tags=["remove-input"]
distances = study[study["metric"] == "frechet"]
show.figure(
    figures.lines(
        distances, "components",
        col="dataset", logx=True, logy=True, sharex=False, sharey=False,
        xlabel="components of the mixture", ylabel="Fréchet distance of samples",
    ),
    caption="Fréchet distance of mixture samples against the components",
    name="fig-rae-components-frechet",
    alt="Fréchet distance of mixture samples against the number of components, one line per system, on logarithmic axes.",
)  # fmt: skip

# %% tags=["remove-input"]
show.records(
    distances,
    rows=["system"],
    cols=["components"],
    by="dataset",
    better="min",
    caption="Fréchet distance of mixture samples by the number of components",
    name="tbl-rae-components",
    note="1 component is the single full-covariance Gaussian, fitted by the mixture's own routine.",
)

# %% [markdown]
# ## Prior, Gaussian, mixture
#
# The same codes under three samplers: a standard normal, one fitted Gaussian, and the mixture. For the systems without
# a prior the first column shows what would happen if one drew from N(0, I) all the same.

# %% tags=["remove-input"]
clean = select(long, metric="frechet", features=["domain", "pixels"], protocol="clean")
show.records(
    clean[clean["set"].isin(["N01", "mvg", "gmm"])],
    rows=["system"],
    cols=["set"],
    by="dataset",
    better="min",
    floor=select(clean, set="real"),
    caption="Fréchet distance of samples by density",
    name="tbl-rae-densities",
)

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["remove-input"]
_ = show.claims(
    "14_rae_density", name="tbl-rae-density-verdicts", profile=profile, datasets=[r.config.dataset for r in runs]
)
