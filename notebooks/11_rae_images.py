# %% [markdown]
# # The image table: ten systems, four ways of making images
#
# **Claim under test.** Sampling a mixture fitted after training makes a plain regularised autoencoder as good a
# generator as a variational or Wasserstein one, or better (RAE, arXiv v1 sections 7.1–7.3 and Table 1; ICLR
# submission sections 6.1, Tables 1 and 2). {cite:p}`ghosh2019,ghosh2020`
#
# Every number below comes from a stored run; nothing on this page is typed in. What a column measures, and by which
# protocol, is described in {doc}`../book/protocol`; how to make the page again with other parameters in
# {doc}`../book/reading`.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import figures, notes, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import ratio, select
from rae_lib.results.printed import printed

notebooks.check_parameters("11_rae_images", globals())
figures.use_style()

# %% [markdown]
# ## The runs
#
# Each system is one configuration of one catalogue. A notebook does not train by hand: it names the runs it wants,
# and they are found in the store or made.

# %% tags=["hide-input"]
runs = request.find_runs(
    "rae", studies=["no-bn", "contractive"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute
)
ours = frame.of_results(runs)
long = pd.concat([ours, printed("rae")])
long = long[long["dataset"].isin(ours["dataset"])]  # print stands beside runs on the same data set

# %% tags=["remove-input"]
show.table(
    notes.sizes(runs),
    caption="The runs of this page, and the size of the papers' runs",
    name="tbl-rae-sizes",
    note="Classifier: the share of the test images on which the small classifier behind the features is right.",
)

# %% [markdown]
# The coefficients are in one convention, the sum over pixels of one image averaged over the batch, with the source of
# each; an absent one is zero by definition of the system.

# %% tags=["remove-input"]
first = runs[0].config.dataset
show.table(
    notes.coefficients(first, profile),
    caption=f"Coefficients of the ten systems on {titles.titled('dataset', first)}",
    name="tbl-rae-coefficients",
    note="‘code N’ is entry N of the official configuration list; a small profile has one learning rate for all.",
)

# %% [markdown]
# ## Table 1: Fréchet distances
#
# Reconstructions are of test images. Samples N come from the system's own prior; the autoencoders have none, so
# their codes are drawn from one Gaussian that was fitted to the training codes. The mixture has ten components,
# fitted to the training codes. Mid-points lie between pairs of test codes. Lower is better. Our features are those of
# a small classifier trained on the data set's own training labels, standardised by the test images. The published
# distances use Inception features, so they have another scale: compare the orders and the ratios.

# %% tags=["remove-input"]
FOUR = ["rec", "N", "gmm", "interp"]
clean = select(long, metric="frechet", features=["domain", "pixels"], protocol="clean")
published = select(long, metric="frechet", document="rae")
table1 = pd.concat([clean, published])
show.records(
    table1[table1["set"].isin(FOUR)],
    rows=["system"],
    cols=["set", "document"],
    by="dataset",
    better="min",
    floor=select(clean, set="real"),
    caption="Fréchet distances of images by ten systems, clean protocol, beside Table 1 of the ICLR version",
    name="tbl-rae-fid",
)

# %% [markdown]
# ### The order of the systems, published and ours
#
# Where the data set is one of the papers', the mixture column can be compared by rank.

# %% tags=["remove-input"]
ranked = published["dataset"].iloc[0] if len(published) else first
mixture = {
    name: select(part, set="gmm", dataset=ranked).groupby("system")["value"].mean()
    for name, part in (("published", published), ("ours", clean))
}
if len(published):
    show.figure(
        figures.ranks(mixture["published"], mixture["ours"]),
        caption=f"Rank of each system by the Fréchet distance of its mixture samples, {titles.titled('dataset', ranked)}; published in Inception features, ours in the features of our classifier",
        name="fig-rae-ranks",
        alt="Two columns of system names ordered by Fréchet distance, published on the left and measured on the right, joined by lines that cross where the order differs.",
    )

# %% [markdown]
# ### What the mixture buys
#
# The arrows lead from the system's own sampler to the mixture; the claim is that every arrow points to the left.

# %% tags=["remove-input"]
show.figure(
    figures.dumbbell(select(clean, dataset=ranked), "set", "N", "gmm", xlabel="Fréchet distance", log=True),
    caption=f"From the own sampler (N) to the fitted mixture, {titles.titled('dataset', ranked)}",
    name="fig-rae-gain",
    alt="One horizontal arrow per system from the Fréchet distance of its own sampler to that of the fitted mixture, on a logarithmic axis.",
)

# %% [markdown]
# The same as a ratio, which does not depend on the scale of the features: the distance of the mixture's samples over
# that of the system's own sampler.

# %% tags=["remove-input"]
show.records(
    ratio(table1, "set", "gmm", "N"),
    rows=["system"],
    cols=["document"],
    by="dataset",
    better="min",
    caption="Fréchet distance of mixture samples divided by that of samples N",
    name="tbl-rae-ratios",
)

# %% [markdown]
# ### By the papers' protocol
#
# What the official code measured: reconstructions and mid-points of images that were seen in training, through a
# sampled code where the system samples one (and through the second stage of the two-stage VAE), images truncated to
# eight bits.

# %% tags=["remove-input"]
paper = select(ours, metric="frechet", set=FOUR, features=["domain", "pixels"], protocol="paper")
show.records(
    paper,
    rows=["system"],
    cols=["set"],
    by="dataset",
    better="min",
    caption="Fréchet distances by the papers' protocol",
    name="tbl-rae-fid-paper",
    note="Reconstructions: images seen in training, decoded as the official code decoded them. Reference: the test images.",
)

# %% [markdown]
# ### In Inception features
#
# Measured where the Inception weights were at hand, on the sets named in the table; an absent column was not
# measured. FID-768 uses an earlier layer of the same network than the papers' 2048 features, so it has another
# scale: compare orders and ratios. KID, unlike FID, has no bias from the number of images.

# %% tags=["remove-input"]
inception = select(long, metric=["frechet", "kid"], protocol="clean", set=FOUR)
inception = inception[inception["features"].str.startswith("inception")]
if len(inception):
    show.records(
        inception,
        rows=["system"],
        cols=["features", "metric", "set"],
        by="dataset",
        better="min",
        caption="Inception distances",
        name="tbl-rae-inception",
    )

# %% [markdown]
# ### With and without batch norm
#
# The preprint adds, in words only, that batch normalisation improves all models (arXiv v1, section 7.1). The same systems and
# coefficients, trained without it:

# %% tags=["remove-input"]
normed = select(clean, study=["", "no-bn"], set=["rec", "gmm"])
without = select(ours, study="no-bn", metric="frechet", set=["rec", "gmm"], protocol="clean")
both = pd.concat([normed, without[without["features"].isin(["domain", "pixels"])]])
both = both[both["dataset"].isin(without["dataset"])]
if len(without):
    show.records(
        both,
        rows=["system"],
        cols=["set", "batch_norm"],
        by="dataset",
        better="min",
        caption="Fréchet distances with and without batch norm",
        name="tbl-rae-batch-norm",
    )

# %% [markdown]
# ### What the pieces cost
#
# The papers call their pieces cheap: the gradient penalty against the penalty of a contractive autoencoder {cite:p}`rifai2011`, which
# needs a backward pass for every latent dimension, and a mixture against a second VAE on the codes.

# %% tags=["remove-input"]
times = select(ours, study=["", "contractive"], metric=["step_time", "fit_time"])
times = times.assign(value=1000 * times["value"])
times = times[times["system"].isin(["rae", "rae-gp", "vae", "two-stage-vae"])]
show.records(
    times,
    rows=["system", "regulariser"],
    cols=["metric", "set"],
    by="dataset",
    caption="Milliseconds of a training step, and of the fit of each density",
    name="tbl-rae-pieces",
    note=f"Measured on {runs[0].raw['device']}, several runs side by side; the ratios say more than the times.",
)

# %% [markdown]
# ## Table 2: precision and recall
#
# Precision and recall for distributions {cite:p}`sajjadi2018`: $F_8$ weighs recall, $F_{1/8}$ precision. The papers
# print two numbers under the heading "precision / recall", while the authors' script returns $F_8$ first. Below, the first
# printed number is read as $F_{1/8}$, as the heading says; if the table has the script's order, the two are interchanged
# ({ref}`prd`).

# %% tags=["remove-input"]
scores = select(long, metric=["prd_f8", "prd_f1_8"], set=["N", "gmm", "real"])
scores = scores[(scores["protocol"] == "clean") | (scores["document"] == "rae")]
show.records(
    scores[scores["set"] != "real"],
    rows=["system"],
    cols=["set", "metric", "document"],
    by="dataset",
    better="max",
    floor=scores[scores["set"] == "real"],
    caption="Precision and recall scores, clean protocol, beside Table 2 of the ICLR version",
    name="tbl-rae-prd",
    note="F1/8 of the papers is read as precision.",
)

# %% [markdown]
# The official code took training images as the reference; by that protocol:

# %% tags=["remove-input"]
show.records(
    select(ours, metric=["prd_f8", "prd_f1_8"], set=["N", "gmm"], protocol="paper"),
    rows=["system"],
    cols=["set", "metric"],
    by="dataset",
    better="max",
    caption="Precision and recall scores by the papers' protocol",
    name="tbl-rae-prd-paper",
    note="Reference: as many training images.",
)

# %% [markdown]
# ## How the training went
#
# The objectives differ, so their values do not compare; the reconstruction term does.

# %% tags=["remove-input"]
own = [r for r in request.of_study(runs) if r.config.dataset == first]
curves = frame.histories(own)
show.figure(
    figures.lines(curves[curves["metric"] == "reconstruction"], "epoch", ylabel="squared error", logy=True),
    caption=f"Reconstruction term during training, {titles.titled('dataset', first)}; a band goes from the lowest to the highest seed",
    name="fig-rae-curves",
    alt="Squared error per image against the epoch, one line per system, falling and flattening.",
)

# %% [markdown]
# ## What reproduced, what did not
#
# Each claim is one or more comparisons of stored runs, decided by draws from the error of each mean ({doc}`01_claims` has the rules,
# and every comparison). A claim *agrees*, is *mixed*, *disagrees* or is *open*; it is open too if more than a quarter of its
# comparisons is untested, because a run is missing or was not trained enough, and where no system has two seeds. ‘In print’ is the
# same rule on the documents' own numbers. A claim is tested on the data sets that it names. Digits alone stand in for MNIST, which is evidence
# about the method, not about the paper's table.

# %% tags=["remove-input"]
found = show.claims(
    "11_rae_images", name="tbl-rae-verdicts", profile=profile, datasets=[r.config.dataset for r in runs]
)

# %% tags=["remove-cell"]
for name in ("mnist", "cifar10", "digits"):  # quoted below; a dash for what is not shown
    for outcome in ("agrees", "mixed", "disagrees", "open"):
        known = [v.outcome == outcome for v in found if v.dataset == name]
        count = sum(known) if known else None
        show.value(f"rae-images-{name}-{outcome}", count)
show.value("rae-images-claims", len({v.id for v in found}))

# %% [markdown]
# This chapter has {glue:text}`rae-images-claims` claims. On MNIST {glue:text}`rae-images-mnist-agrees` agree,
# {glue:text}`rae-images-mnist-mixed` are mixed, {glue:text}`rae-images-mnist-disagrees` disagree and
# {glue:text}`rae-images-mnist-open` are open. On CIFAR-10 it is {glue:text}`rae-images-cifar10-agrees`,
# {glue:text}`rae-images-cifar10-mixed`, {glue:text}`rae-images-cifar10-disagrees` and
# {glue:text}`rae-images-cifar10-open`; on digits, which stand in for MNIST, {glue:text}`rae-images-digits-agrees`,
# {glue:text}`rae-images-digits-mixed`, {glue:text}`rae-images-digits-disagrees` and
# {glue:text}`rae-images-digits-open`. A dash: no runs yet. The tables above say how many comparisons of each claim hold.
