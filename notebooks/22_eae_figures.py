# %% [markdown]
# # EAE: figures
#
# *Weight and bottleneck.* The paper claims that the model is robust to the weight of its entropic term; that with
# batch-normalised codes and *no* such term a narrower bottleneck gives better samples from N(0, I); and that such codes drift
# towards a normal law as networks get deeper or wider and codes narrower (sections 4, 5.2 and 6, Figures 1 to 11)
# {cite:p}`ghose2020`.
#
# The images are the first ones of the test split and the first draws of each sampler; none was chosen.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import boxes, entropy, figures, galleries, notes, plates, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import of_study, select
from rae_lib.results.printed import printed

notebooks.check_parameters("22_eae_figures", globals())
figures.use_style()

STUDIES = ["entropy", "bottleneck", "gaussian", "weight"]
runs = request.find_runs(
    "eae", studies=STUDIES, others=["rae"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute
)
ours = frame.of_results(runs)
ours = ours[(ours["protocol"] == "clean") & ours["features"].isin(["domain", "pixels", "codes"])]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
USED = ["frechet", "code_correlation"]
weights = of_study(ours, "entropy")
without = frame.at_seeds_of(select(ours, system="ae-bn"), select(weights, study="entropy")).assign(beta=0.0)
weights = pd.concat([without, weights])
weighed = boxes.Means(select(weights, study=["", "entropy"], metric=USED), "dataset", "metric", "set", "beta")
top = 1.032  # the paper's largest weight on MNIST
prior, rec = ([weighed("digits", "frechet", kind, b) for b in (0.0, 0.0516, top)] for kind in ("N01", "rec"))
linked = [weighed("digits", "code_correlation", "test codes", b) for b in (0.0, top)]
narrow = select(of_study(ours, "bottleneck"), study="bottleneck", metric=USED)
narrow = boxes.Means(narrow, "dataset", "metric", "set", "latent")
from_prior, back = ([narrow("digits", "frechet", kind, d) for d in (8, 16, 32)] for kind in ("N01", "rec"))
mixed, fitted = ([narrow("digits", "frechet", kind, d) for d in (8, 16, 32)] for kind in ("gmm", "mvg"))
twins = {kind: [weighed("digits", "frechet", kind, b) for b in (0.05, 0.0516)] for kind in ("N01", "gmm")}
twins = {kind: 100 * (max(pair) / min(pair) - 1) for kind, pair in twins.items()}
narrow_seeds = boxes.name_seeds([r for r in request.of_study(runs, "bottleneck") if r.config.dataset == "digits"])
size = boxes.name_size([r for r in runs if r.config.variant and r.config.dataset == "digits"])

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**The weight matters here; the paper finds the model robust to its hyperparameters.** On digits ({size}) samples from N(0, I) have a Fréchet distance of {prior[0]:.1f} without the term, {prior[1]:.1f} at the paper's small weight of 0.0516 and {prior[2]:.1f} at its large one of 1.03.",
        prior[2] < 0.85 * prior[0] and prior[2] < 0.85 * prior[1],
    ),
    (
        f"**One seed is a blunt tool here.** Two of the weights, 0.05 and 0.0516, are nearly the same. Their runs differ by {twins['N01']:.0f} % from N(0, I) and by {twins['gmm']:.0f} % under the mixture. Smaller differences on this page may be noise.",
        0 < twins["N01"] < 15 and 10 < twins["gmm"] < 30,
    ),
    (
        f"**A large weight trades reconstructions for less correlated codes.** At 1.03 the distance of reconstructions is {rec[2]:.2f} instead of {rec[0]:.2f}, and the mean absolute correlation of test codes falls from {linked[0]:.3f} to {linked[1]:.3f}.",
        rec[2] > 1.05 * rec[0] and linked[1] < 0.7 * linked[0],
    ),
    (
        f"**A wide bottleneck gives worse samples from N(0, I), as claimed.** At 32, 16 and 8 latent units (width 4, {narrow_seeds}, without the term) their distance is {from_prior[2]:.1f}, {from_prior[1]:.1f} and {from_prior[0]:.1f}; the last two differ by less than seeds may. The price is the reconstruction: {back[2]:.1f}, {back[1]:.1f} and {back[0]:.1f}.",
        from_prior[0] < from_prior[1] < from_prior[2] and back[0] > 1.5 * back[1] > back[2],
    ),
    (
        f"**With a fitted mixture the order is reversed:** {mixed[2]:.1f} at 32 units, {mixed[1]:.1f} at 16 and {mixed[0]:.1f} at 8. One Gaussian is best at 16 ({fitted[1]:.1f}; at 8 and 32 {fitted[0]:.1f} and {fitted[2]:.1f}).",
        mixed[2] < mixed[1] < 0.8 * mixed[0] and fitted[1] < 0.9 * min(fitted[0], fitted[2]),
    ),
)

# %% tags=["remove-input"]
boxes.rerun("22_eae_figures", runs)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The runs of this page by study, and their size in the paper"}
words = ["none", "weight", "latent size", "depth, width, latent size", "weight by depth, latent size"]
found = [notes.sizes(runs, name) for name in ["", *STUDIES]]
show.table(
    pd.concat(dict(zip(words, found, strict=True)), names=["study"]),
    caption="The runs of this page by study, and their size in the paper",
    name="tbl-eae-figures-sizes",
    note=boxes.CLASSIFIER,
)

# %% tags=["remove-cell"]
for name in STUDIES:
    show.value(f"eae-data-{name}", notes.where(ours[ours["study"] == name]))

# %% [markdown]
# Stored runs of each study: entropic weight, {glue:text}`eae-data-entropy`; latent size, {glue:text}`eae-data-bottleneck`; depth, width and
# latent size, {glue:text}`eae-data-gaussian`; weight by depth and latent size, {glue:text}`eae-data-weight`. The tables and charts of
# missing runs are left out.

# %% [markdown]
# ## How heavy an entropic term
#
# Figures 1 and 3 of the paper show samples for two weights on MNIST and for four on CIFAR-10. Here are those and a few
# more. The paper's 0.0516 and 0.05 nearly coincide; figures show only the first. $\beta = 0$ is batch norm alone. The
# weight multiplies nats of entropy; the squared error, summed over the pixels, has weight one. The paper does not say whether it
# means the sum or the mean over pixels: if the mean, its weights would be far heavier here.

# %% tags=["hide-input"]
weights = weights[weights["dataset"].isin(ours["dataset"][ours["study"] == "entropy"])]
betas = sorted(set(weights["beta"]))
distinct = [a for a, b in zip(betas, [*betas, 1e9][1:], strict=True) if b > 1.05 * a]
chosen = [r for r in request.of_study(runs, "entropy") if r.config.beta in distinct]
bare = {r.config.dataset: r for r in request.of_study(runs)[::-1] if r.config.system == "ae-bn"}

# %% tags=["remove-input"]
if len(weights):
    drawn = weights["dataset"].iloc[0]
    title = titles.titled("dataset", drawn)
    plate = {"β = 0": bare[drawn]} if drawn in bare else {}
    plate |= entropy.named_runs(chosen, drawn, "beta", "β = {:g}")
    kept = {name: r for name, r in plate.items() if plates.kept(r, "samples")}
    galleries.gallery(
        {
            title: {
                name: [
                    plates.joined(r.picture("samples")[:1, :5]),
                    plates.joined(r.picture("reconstructions")[1:2, :5]),
                ]
                for name, r in kept.items()
            }
        },
        heads=["samples, N(0, I)", "reconstructions"],
        caption=f"Samples from N(0, I) and reconstructions by entropic weight, {title}. Compare the first line, without the term, with the last",
        name="fig-eae-weight-samples",
        alt="five small images",
    )

# %% [markdown]
# The pictures hardly differ; the distances do:

# %% tags=["remove-input"]
SETS = ["rec", "N01", "mvg", "gmm"]
distances = weights[(weights["metric"] == "frechet") & weights["set"].isin(SETS)]
if len(weights):
    show.records(
        distances,
        rows=["beta"],
        cols=["set"],
        better="min",
        caption="Fréchet distance by entropic weight. Read down the column of N(0, I): a robust model would have the same distance in every row",
        name="tbl-eae-weight",
    )

# %% [markdown]
# And the test codes, as in {doc}`21_eae_table`. The loss lowers the divergence by nearest neighbours directly, so it has to fall; the others
# need not.

# %% tags=["remove-input"]
STATISTICS = ["code_correlation", "excess_kurtosis", "sliced_distance", "knn_divergence"]
codes = weights[(weights["set"] == "test codes") & weights["metric"].isin(STATISTICS)]
if len(weights):
    show.records(
        codes,
        rows=["beta"],
        cols=["metric"],
        better="min",
        caption="Statistics of test codes by entropic weight. All are lower the more normal the codes",
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
        caption="Fréchet distance by entropic weight (band, where there are several seeds: lowest to highest); dotted: without the term. A curve below its dotted line: the term helps",
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
        caption="Statistics of test codes by entropic weight, divided by their value at β = 0 (band, where there are several seeds: lowest to highest). Below 1 the codes are more normal than with batch norm alone",
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
# From $\beta$ = {glue:text}`eae-weight-lowest` to {glue:text}`eae-weight-highest` on
# {glue:text}`eae-weight-dataset`, the highest Fréchet distance is {glue:text}`eae-weight-prior` times the lowest for
# samples from N(0, I), and {glue:text}`eae-weight-mixture` times for samples from the mixture. Claim EAE-12 allows 1.1.

# %% [markdown]
# ## The bottleneck without an entropic term
#
# Figures 5 to 9: batch norm alone, sampled from N(0, I), at several latent sizes; on MNIST with a network of
# half the width. Of the paper's captions only that of Figure 5 names the sampler, and none the batch norm.

# %% tags=["hide-input"]
narrowed = of_study(ours, "bottleneck")
narrowed = narrowed[narrowed["dataset"].isin(ours["dataset"][ours["study"] == "bottleneck"])]
by_latent = pd.concat([narrowed, select(printed("eae"), study="bottleneck", dataset=list(narrowed["dataset"]))])
by_latent = by_latent[(by_latent["metric"] == "frechet") & by_latent["set"].isin(SETS)]

# %% tags=["remove-input"]
if len(narrowed):
    broad = narrowed["dataset"].iloc[0]
    plate = entropy.named_runs(request.of_study(runs, "bottleneck"), broad, "latent", "d = {}")
    kept = {name: r for name, r in plate.items() if plates.kept(r, "samples")}
    galleries.gallery(
        {titles.titled("dataset", broad): {n: [plates.joined(r.picture("samples")[:1, :8])] for n, r in kept.items()}},
        caption="Samples from N(0, I) without an entropic term by latent size d. Compare the lines: do the images look less like digits as d grows?",
        name="fig-eae-bottleneck",
        alt="eight small images",
    )

# %% tags=["remove-input"]
if len(narrowed):
    show.records(
        by_latent,
        rows=["latent"],
        cols=["set", "document"] if by_latent["document"].nunique() > 1 else ["set"],
        better="min",
        caption="Fréchet distance by latent size without an entropic term. Compare the column of N(0, I), which is best for narrow codes if the claim holds, with reconstructions",
        name="tbl-eae-bottleneck",
    )

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Statistics of the test codes by latent size"}
NORMAL = ["gauss_distance", "code_correlation", "excess_kurtosis"]
narrow_codes = narrowed[(narrowed["set"] == "test codes") & narrowed["metric"].isin(NORMAL)]
if len(narrowed):
    show.records(
        narrow_codes,
        rows=["latent"],
        cols=["metric"],
        caption="Statistics of test codes by latent size without an entropic term. Lower is more normal",
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
        caption="Fréchet distance of samples by latent size without an entropic term (band, where there are several seeds: lowest to highest). The claim is a rising curve for N(0, I)",
        name="fig-eae-bottleneck-curve",
        alt="Fréchet distance against the latent size for samples from N(0, I), from one Gaussian and from the mixture.",
    )  # fmt: skip

# %% [markdown]
# ## Do codes become normal by themselves?
#
# The paper predicts that batch-normalised codes approach a normal law with depth, with width, and as the bottleneck
# narrows. The claim is measured by the energy coefficient between the standardised test codes and as many draws
# from N(0, I). In many dimensions it hardly sees the shape of the marginal laws ({doc}`23_eae_estimator`), so a fall with $d$ need not
# mean that codes are more normal; the table has correlation and kurtosis too. If codes do become normal, deeper networks should need less
# weight: samples from N(0, I) are to be compared for several weights, by depth and by latent size. {glue:text}`eae-gaussian-stored`

# %% tags=["remove-cell"]
grown = entropy.vary_one(of_study(ours, "gaussian"), ["depth", "width", "latent"])
grown = grown[grown.groupby(["dataset", "varied"])["size"].transform("nunique") > 1]
words = (
    "For the latent size see {numref}`tbl-eae-bottleneck-codes`; runs of several depths and widths are not stored yet."
)
show.value("eae-gaussian-stored", f"Stored for {notes.where(grown)}." if len(grown) else words)

# %% tags=["remove-input"]
if len(grown):
    show.figure(
        figures.lines(
            grown[grown["metric"] == "gauss_distance"], "size", hue="dataset", col="varied",
            logx=True, sharex=False, ylabel="energy coefficient",
        ),
        caption="Energy coefficient of test codes without an entropic term by depth, width and latent size. The claim is a fall with depth and width, and a rise with latent size",
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
        caption="Test codes and samples from N(0, I) without an entropic term: depth, width and latent size, one varied at a time. Lower is more normal",
        name="tbl-eae-gaussian",
    )

# %% tags=["remove-input"]
needed = entropy.vary_one(of_study(ours, "weight"), ["depth", "latent"])
if len(needed):
    show.records(
        needed[(needed["metric"] == "frechet") & (needed["set"] == "N01")],
        rows=["beta"],
        cols=["varied", "size"],
        better="min",
        caption="Fréchet distance of samples from N(0, I) by entropic weight, depth and latent size. Bold: the weight at which it is lowest; the claim is a smaller weight for deeper networks",
        name="tbl-eae-best-weight",
    )

# %% [markdown]
# ## Compared with the other systems
#
# Figures 2, 4, 10 and 11 show reconstructions, samples and interpolations of all systems. Samples here are of each
# system's own sampler: N(0, I) for VAE, WAE-MMD, EAE and AE + BN, a Laplace law for the L1 variants, the
# second stage for the two-stage VAE, one Gaussian for the rest.


# %% tags=["remove-input"]
def list_all(part: list) -> dict:
    """The three strips of each system."""
    part = sorted(part, key=lambda r: titles.SYSTEMS.index(r.config.system))
    rec, samples = (of(part, columns=4) for of in (galleries.list_reconstructions, galleries.list_samples))
    paths = galleries.list_paths(part, steps=4)
    return {name: [rec[name][0], samples[name][0], paths[name][1]] for name in samples}


galleries.gallery(
    {title: list_all(part) for title, part in galleries.by_dataset(request.of_study(runs)).items()},
    heads=["reconstructions", "own sampler", "interpolation"],
    caption="Reconstructions, samples of the own sampler and an interpolation of all systems. Compare EAE with AE + BN: the entropic term alone differs",
    name="fig-eae-comparison",
    alt="four small images",
)

# %% [markdown]
# ## What was reproduced and what was not
#
# A claim is tested on the data sets that it names, and a claim about MNIST on digits too.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Every claim of this page with its outcome"}
_ = show.claims("22_eae_figures", runs, name="tbl-eae-figures-verdicts", profile=profile)

# %% tags=["remove-input"]
boxes.findings(
    (
        "Sampling from N(0, I) without a fitted density works best where the code is forced to be simple: by a large weight, or by few latent units. Both cost reconstructions, and a fitted mixture on a wider code gives nearer samples than either. These are runs on 8 × 8 digits.",
        prior[2] < 0.85 * prior[0]
        and rec[2] > 1.05 * rec[0]
        and back[0] > 1.5 * back[1]
        and mixed[2] < from_prior[0]
        and mixed[2] < prior[2],
    ),
    title=boxes.MEANING,
)
