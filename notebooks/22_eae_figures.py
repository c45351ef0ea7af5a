# %% [markdown]
# # Weight and bottleneck: what makes entropic codes normal
#
# **Claims under test.** The single-stage model is robust to the weight of its entropic term; with batch-normalised
# codes and *no* such term a narrower bottleneck generates better samples from the standard normal; and such codes drift
# towards a normal law as networks get deeper or wider and codes narrower (EAE, sections 4, 5.2 and 6, Figures 1–11).
# {cite:p}`ghose2020`
#
# The images are the first ones of the test split and the first draws of each sampler; none was chosen.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import entropy, figures, notes, plates, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import of_study, select
from rae_lib.results.printed import printed

notebooks.check_parameters("22_eae_figures", globals())
figures.use_style()

# %% [markdown]
# ## The runs
#
# Each study is a grid of the catalogue around one system; data sets on which a study is not stored are left out of it.

# %% tags=["hide-input"]
STUDIES = ["entropy", "bottleneck", "gaussian", "weight"]
runs = request.find_runs(
    "eae", studies=STUDIES, beside=["rae"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute
)
ours = frame.of_results(runs)
ours = ours[(ours["protocol"] == "clean") & ours["features"].isin(["domain", "pixels", "codes"])]

# %% tags=["remove-input"]
words = ["none", "weight", "latent size", "depth, width, latent size", "weight by depth, latent size"]
found = [notes.sizes(runs, name) for name in ["", *STUDIES]]
show.table(
    pd.concat(dict(zip(words, found, strict=True)), names=["study"]),
    caption="The runs of this page by study, and their size in the paper's own setting",
    name="tbl-eae-figures-sizes",
    note="Classifier: the share of the test images on which the small classifier behind the features is right.",
)

# %% tags=["remove-cell"]
for name in STUDIES:
    show.value(f"eae-data-{name}", notes.where(ours[ours["study"] == name]))

# %% [markdown]
# Runs are stored of the weight for {glue:text}`eae-data-entropy`, of the latent size for {glue:text}`eae-data-bottleneck`, of
# depth, width and latent size for {glue:text}`eae-data-gaussian`, and of the weight by depth and latent size for
# {glue:text}`eae-data-weight`. The others are still to be made, and their tables and charts are left out.

# %% [markdown]
# ## How heavy an entropic term
#
# Figures 1 and 3 of the paper show samples for two weights on MNIST and for four on CIFAR-10. Here are those and a few
# more; of two that nearly coincide, pictures and curves take one, tables both. $\beta = 0$ is batch norm alone. The
# weight multiplies nats of entropy beside a squared error summed over the pixels, and the paper does not say whether it
# means the sum or the mean: if the mean, its weights would be far heavier ones here.

# %% tags=["hide-input"]
weights = of_study(ours, "entropy")
weights = weights[weights["dataset"].isin(ours["dataset"][ours["study"] == "entropy"])]
without = select(ours, system="ae-bn", dataset=list(weights["dataset"])).assign(beta=0.0)
weights = pd.concat([without, weights])
betas = sorted(set(weights["beta"]))
distinct = [a for a, b in zip(betas, [*betas[1:], 1e9], strict=True) if b > 1.05 * a]
chosen = [r for r in request.of_study(runs, "entropy") if r.config.beta in distinct]
bare = {r.config.dataset: r for r in request.of_study(runs)[::-1] if r.config.system == "ae-bn"}

# %% tags=["remove-input"]
if len(weights):
    drawn = weights["dataset"].iloc[0]
    title = titles.titled("dataset", drawn)
    plate = {"β = 0": bare[drawn]} if drawn in bare else {}
    plate |= entropy.named_runs(chosen, drawn, "beta", "β = {:g}")
    show.figure(
        plates.named(plate, "samples", [0], columns=6),
        caption=f"Samples from N(0, I) by entropic weight, {title}",
        name="fig-eae-weight-samples",
        alt="Rows of six samples, one row for each entropic weight from none to about one.",
    )

# %% tags=["remove-input"]
if len(weights):
    show.figure(
        plates.named(plate, "reconstructions", [1], head="test images", columns=6),
        caption=f"Test images and their reconstructions by entropic weight, {title}",
        name="fig-eae-weight-reconstructions",
        alt="A row of six test images and below it their reconstructions, one row for each entropic weight.",
    )

# %% [markdown]
# The pictures say little about the difference; the distances say more.

# %% tags=["remove-input"]
SETS = ["rec", "N01", "mvg", "gmm"]
distances = weights[(weights["metric"] == "frechet") & weights["set"].isin(SETS)]
if len(weights):
    show.records(
        distances,
        rows=["beta"],
        cols=["set"],
        by="dataset",
        better="min",
        caption="Entropic weight: Fréchet distance",
        name="tbl-eae-weight",
    )

# %% [markdown]
# And the test codes, as in {doc}`21_eae_table`. The divergence by nearest neighbours is what the term pulls at directly,
# so it is bound to fall; the others are not.

# %% tags=["remove-input"]
STATISTICS = ["code_correlation", "excess_kurtosis", "sliced_distance", "knn_divergence"]
codes = weights[(weights["set"] == "test codes") & weights["metric"].isin(STATISTICS)]
if len(weights):
    show.records(
        codes,
        rows=["beta"],
        cols=["metric"],
        by="dataset",
        better="min",
        caption="Entropic weight: statistics of test codes",
        name="tbl-eae-weight-codes",
    )

# %% tags=["remove-input"]
kept = distances[distances["beta"].isin(distinct) & (distances["set"] != "mvg")]
if len(weights):
    show.figure(
        figures.lines(
            kept[kept["beta"] > 0], "beta", hue="set", col="dataset", across=kept[kept["beta"] == 0],
            logx=True, logy=True, sharey=False, xlabel="entropic weight β", ylabel="Fréchet distance",
        ),
        caption="Fréchet distances by entropic weight; dotted: without the term",
        name="fig-eae-weights",
        alt="Three curves of Fréchet distance against the entropic weight on logarithmic axes, each with a dotted line at its value without the term.",
    )  # fmt: skip

# %% tags=["hide-input"]
base = codes[codes["beta"] == 0].groupby(["dataset", "metric"])["value"].mean()
relative = codes[codes["beta"].isin(distinct) & (codes["metric"] != "knn_divergence")]
relative = relative.assign(
    value=relative["value"] / base.reindex(zip(relative["dataset"], relative["metric"], strict=True)).to_numpy()
)
relative = relative[relative["beta"] > 0]

# %% tags=["remove-input"]
if relative["value"].notna().any():
    show.figure(
        figures.lines(
            relative, "beta", hue="metric", col="dataset", levels={"without the term": 1},
            logx=True, xlabel="entropic weight β", ylabel="relative to β = 0",
        ),
        caption="Statistics of test codes by entropic weight, relative to β = 0",
        name="fig-eae-weights-codes",
        alt="Three statistics of the codes divided by their value without the entropic term, against its weight.",
    )  # fmt: skip

# %% tags=["remove-cell"]
positive = distances[(distances["beta"] > 0) & (distances["dataset"] == distances["dataset"].iloc[:1].squeeze())]
means = positive.groupby(["set", "beta"])["value"].mean().groupby("set")
for which, short in (("N01", "prior"), ("gmm", "mixture")):
    show.value(f"eae-weight-{short}", (means.max() / means.min()).get(which), ".2f")
show.value("eae-weight-lowest", min(positive["beta"], default=None), "g")
show.value("eae-weight-highest", max(positive["beta"], default=None), "g")
show.value("eae-weight-dataset", notes.where(positive))

# %% [markdown]
# Robust means here: from $\beta$ = {glue:text}`eae-weight-lowest` to {glue:text}`eae-weight-highest` on
# {glue:text}`eae-weight-dataset`, the highest Fréchet distance is {glue:text}`eae-weight-prior` times the lowest for
# samples from the standard normal, and {glue:text}`eae-weight-mixture` times for samples from the mixture. EAE-12 asks
# for at most 1.1.

# %% [markdown]
# ## The bottleneck without an entropic term
#
# Figures 5 to 9: batch norm alone, sampled from the standard normal, at several latent sizes; on MNIST with a network of
# half the width. The captions of the paper name neither the sampler nor the batch norm; both follow from its text.

# %% tags=["hide-input"]
narrowed = of_study(ours, "bottleneck")
narrowed = narrowed[narrowed["dataset"].isin(ours["dataset"][ours["study"] == "bottleneck"])]
by_latent = pd.concat([narrowed, select(printed("eae"), study="bottleneck", dataset=list(narrowed["dataset"]))])
by_latent = by_latent[(by_latent["metric"] == "frechet") & by_latent["set"].isin(SETS)]

# %% tags=["remove-input"]
if len(narrowed):
    broad = narrowed["dataset"].iloc[0]
    plate = entropy.named_runs(request.of_study(runs, "bottleneck"), broad, "latent", "d = {}")
    show.figure(
        plates.named(plate, "samples", [0], columns=6),
        caption=f"Samples from N(0, I) without an entropic term by latent size d, {titles.titled('dataset', broad)}",
        name="fig-eae-bottleneck",
        alt="Rows of six samples, one row for each latent size: the larger the code, the less the samples look like data.",
    )

# %% tags=["remove-input"]
if len(narrowed):
    show.records(
        by_latent,
        rows=["latent"],
        cols=["set", "document"] if by_latent["document"].nunique() > 1 else ["set"],
        by="dataset",
        better="min",
        caption="Latent size without an entropic term: Fréchet distance",
        name="tbl-eae-bottleneck",
    )

# %% tags=["remove-input"]
NORMAL = ["gauss_distance", "code_correlation", "excess_kurtosis"]
narrow_codes = narrowed[(narrowed["set"] == "test codes") & narrowed["metric"].isin(NORMAL)]
if len(narrowed):
    show.records(
        narrow_codes,
        rows=["latent"],
        cols=["metric"],
        by="dataset",
        caption="Latent size without an entropic term: test codes",
        name="tbl-eae-bottleneck-codes",
    )

# %% tags=["remove-input"]
if len(narrowed):
    curves = by_latent[by_latent["set"] != "rec"]
    show.figure(
        figures.lines(
            curves[curves["document"] == "here"], "latent", hue="set", col="dataset",
            logx=True, logy=True, sharex=False, sharey=False, ylabel="Fréchet distance",
        ),
        caption="Fréchet distance of samples by latent size, no entropic term",
        name="fig-eae-bottleneck-curve",
        alt="Fréchet distance against the latent size for samples from the standard normal, one fitted Gaussian and the mixture.",
    )  # fmt: skip

# %% tags=["remove-input"]
if len(narrowed):
    show.figure(
        figures.lines(
            narrow_codes[narrow_codes["metric"] == "gauss_distance"], "latent", hue="dataset",
            logx=True, ylabel="energy coefficient of test codes",
        ),
        caption="Energy coefficient of test codes to a standard normal by latent size, no entropic term",
        name="fig-eae-bottleneck-energy",
        alt="Energy coefficient of the test codes against the latent size, a line for each data set.",
    )  # fmt: skip

# %% [markdown]
# ## Do codes become normal by themselves?
#
# The paper predicts that batch-normalised codes approach a normal law with depth, with width, and as the bottleneck
# narrows. The measure of the claim is the energy coefficient between the standardised test codes and as many draws
# from $\mathcal N(0, I)$. It needs care across latent sizes: in many dimensions it hardly sees the shape of the marginal
# laws ({doc}`23_eae_estimator`), so that a fall with $d$ need not mean that codes are more normal. Correlation and
# kurtosis stand beside it. Runs are stored for {glue:text}`eae-data-gaussian`.

# %% tags=["hide-input"]
grown = entropy.vary_one(of_study(ours, "gaussian"), ["depth", "width", "latent"])

# %% tags=["remove-input"]
if len(grown):
    show.figure(
        figures.lines(
            grown[grown["metric"] == "gauss_distance"], "size", hue="dataset", col="varied",
            logx=True, sharex=False, ylabel="energy coefficient",
        ),
        caption="Energy coefficient of test codes without an entropic term by depth, width and latent size",
        name="fig-eae-gaussian",
        alt="Three panels with the energy coefficient against the depth of the stages, the width of the network and the size of the code.",
    )  # fmt: skip

# %% tags=["remove-input"]
if len(grown):
    show.records(
        grown[
            grown["metric"].isin(NORMAL) & (grown["set"] == "test codes")
            | (grown["metric"] == "frechet") & (grown["set"] == "N01")
        ],
        rows=["varied", "size"],
        cols=["metric", "set"],
        by="dataset",
        caption="Depth, width and latent size without an entropic term, one varied at a time",
        name="tbl-eae-gaussian",
    )

# %% [markdown]
# The corollary is that less weight should be needed then: by depth and by latent size, the Fréchet distance of samples
# from the standard normal for several weights. Bold is the weight at which it is lowest. Runs are stored for
# {glue:text}`eae-data-weight`.

# %% tags=["remove-input"]
needed = entropy.vary_one(of_study(ours, "weight"), ["depth", "latent"])
if len(needed):
    show.records(
        needed[(needed["metric"] == "frechet") & (needed["set"] == "N01")],
        rows=["beta"],
        cols=["varied", "size"],
        by="dataset",
        better="min",
        caption="Fréchet distance of N(0, I) samples by entropic weight, depth and latent size",
        name="tbl-eae-best-weight",
    )

# %% [markdown]
# ## Beside the other systems
#
# Figures 2, 4, 10 and 11 show reconstructions, samples and interpolations of all systems. Samples here are of each
# system's own sampler: $\mathcal N(0, I)$ for the VAE, WAE, EAE and AE + BN, a Laplace law for the L1 variants, the
# second stage for the two-stage VAE, one fitted Gaussian for the rest.

# %% tags=["remove-input"]
whole = [r for r in request.of_study(runs) if r.config.dataset == runs[0].config.dataset]
show.figure(
    plates.compared(sorted(whole, key=lambda r: titles.SYSTEMS.index(r.config.system))),
    caption=f"Reconstructions, samples and interpolations of all systems, {titles.titled('dataset', runs[0].config.dataset)}",
    name="fig-eae-comparison",
    alt="One row per system with five reconstructions, five samples and five steps of an interpolation; the test images that are reconstructed on top.",
)

# %% [markdown]
# ## What reproduced, what did not
#
# A claim is tested on the data sets that it names, and on no other. Digits alone stand in for MNIST.

# %% tags=["remove-input"]
_ = show.claims(
    "22_eae_figures", name="tbl-eae-figures-verdicts", profile=profile, datasets=[r.config.dataset for r in runs]
)
