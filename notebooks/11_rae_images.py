# %% [markdown]
# # RAE: Table 1
#
# *Ten systems, four ways of making images.* The papers claim that a mixture fitted to the codes after training makes a plain
# regularised autoencoder as good a generator as a variational or Wasserstein one, or better (arXiv v1, sections 7.1 to 7.3 and
# Table 1; ICLR submission, section 6.1, Tables 1 and 2) {cite:p}`ghosh2019,ghosh2020`. This page repeats both tables.
# {doc}`../book/protocol` defines the columns.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import boxes, claims_matrix, figures, notes, show, titles
from rae_lib.pages.first import DETERMINISTIC
from rae_lib.results import frame, request
from rae_lib.results.frame import ratio, select, select_distances
from rae_lib.results.printed import printed

notebooks.check_parameters("11_rae_images", globals())
figures.use_style()

runs = request.find_runs(
    "rae", studies=["no-bn", "contractive"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute
)
ours = frame.of_results(runs)
long = pd.concat([ours, printed("rae")])
long = long[long["dataset"].isin(ours["dataset"])]  # published numbers of the data sets of these runs

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
own = select_distances(ours)
mean = boxes.Means(own, "dataset", "set", "system")
gains = {
    d: boxes.find_span(frame.ratio(own[own["dataset"] == d], "set", "gmm", "N").groupby("system")["value"].mean())
    for d in ("mnist", "cifar10", "digits")
}
plain, regularised = mean("mnist", "gmm", "ae"), mean.span("mnist", "gmm", DETERMINISTIC[1:])
vae, cv, wae = (mean("mnist", "gmm", s) for s in ("vae", "cv-vae", "wae-mmd"))
gauss, best = mean("mnist", "N", "ae"), mean.span("mnist", "N", None)
smooth, path = mean.span("mnist", "interp", ["rae-l2", "rae-gp"]), mean("mnist", "interp", "vae")
middle, *rest = (mean("mnist", "interp", s) for s in ("ae", "ae-l2", "rae", "rae-sn"))
turned = boxes.Means(select_distances(ours, dataset="mnist", set="interp", protocol="paper"), "system")
turned = [turned(s) for s in ("ae", "rae-l2")]
print_ = frame.ratio(select(printed("rae"), dataset="cifar10", metric="frechet"), "set", "gmm", "N")
print_ = boxes.find_span(print_.loc[print_["system"].isin(ours["system"][ours["dataset"] == "cifar10"]), "value"])
size = boxes.name_size([r for r in request.of_study(runs) if r.config.dataset == "mnist"])

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**The mixture is the better sampler, for each of the {gains['mnist'].count} systems that have one.** On MNIST ({size}) samples of a mixture of ten Gaussians have {gains['mnist']:.2f} times the Fréchet distance of samples of the system's own sampler; on digits {gains['digits']:.2f} times. On CIFAR-10 less is gained, {gains['cifar10']:.2f} times, as in the published numbers of the same systems, {print_:.2f} times.",
        gains["mnist"].high < 0.6
        and gains["digits"].high < 0.9
        and 0.7 < min(gains["cifar10"].low, print_.low)
        and max(gains["cifar10"].high, print_.high) < 1,
    ),
    (
        f"**The plain autoencoder needs no regulariser for this.** On MNIST the mixture samples of AE have a distance of {plain:.2f}; those of the {regularised.count} regularised deterministic systems have {regularised:.2f}.",
        plain < 1.3 * regularised.low and regularised.high < 1.6 * regularised.low,
    ),
    (
        f"**VAE and CV-VAE are far behind, WAE-MMD is close.** Their mixture samples have distances of {vae:.1f}, {cv:.1f} and {wae:.1f}; the worst deterministic system has {regularised.high:.1f}. The VAE still gains from longer training, and CV-VAE is judged by the same test, so this comparison decides no claim yet.",
        min(vae, cv) > 1.5 * regularised.high and wae < 1.5 * regularised.high,
    ),
    (
        f"**AE does not fail with one Gaussian.** The paper has AE last on MNIST, at 58.73, three times as far as the best. Here AE has {gauss:.1f}, and the best system {best.low:.1f}.",
        gauss < 1.1 * best.low,
    ),
    (
        f"**RAE-L2 and RAE-GP have the best mid-points, and not by their decoder's penalty alone.** Between MNIST test images they are at {smooth:.1f}, AE at {middle:.1f}, AE-L2 with the decay of RAE-L2 at {rest[0]:.1f}, RAE and RAE-SN at {rest[1]:.1f} and {rest[2]:.1f}, VAE at {path:.1f}. RAE-L2 and RAE-GP share the weight of the penalty on the code, and nothing else that the others lack. Between training images (the papers' protocol, seed 0) AE is ahead: {turned[0]:.1f} against {turned[1]:.1f} for RAE-L2.",
        smooth.high < 0.8 * min(middle, *rest)
        and abs(middle / rest[0] - 1) < 0.15
        and max(middle, *rest) < 0.8 * path
        and turned[0] < turned[1],
    ),
)

# %% tags=["remove-input"]
boxes.rerun("11_rae_images", runs)

# %% [markdown]
# ## The runs

# %% tags=["remove-input"]
boxes.show_sizes(
    runs,
    name="tbl-rae-sizes",
    note="Published distances use Inception features and have another scale: compare orders and ratios.",
)

# %% [markdown]
# A loss is the sum over the pixels of an image, averaged over the batch. A dash: the system has no such term.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Coefficients of the ten systems, with their sources"}
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
# Reconstructions are of test images. Samples of the own sampler come from the system's prior; the autoencoders have none, so
# their codes are drawn from one Gaussian fitted to the training codes. The mixture has ten components, fitted to the same codes.
# Mid-points lie between pairs of test codes. A reconstruction may be nearer than real images, because it is compared with
# the very images that it reconstructs.

# %% tags=["remove-input"]
FOUR = ["rec", "N", "gmm", "interp"]
clean = select_distances(long)
published = select(long, metric="frechet", document="rae")
table1 = pd.concat([clean, published])
show.records(
    table1[table1["set"].isin(FOUR)],
    cols=["set", "document"],
    better="min",
    floor=select(clean, set="real"),
    caption="Fréchet distances by ten systems, ours (clean protocol) and those of Table 1 of the ICLR version. Compare, row by row, the own sampler with the mixture",
    name="tbl-rae-fid",
)

# %% [markdown]
# ### The order of the systems, published and ours
#
# Lines that cross are systems whose order differs. Close neighbours can swap by chance.

# %% tags=["remove-input"]
ranked = published["dataset"].iloc[0] if len(published) else first
mixture = {
    name: select(part, set="gmm", dataset=ranked).groupby("system")["value"].mean()
    for name, part in (("published", published), ("ours", clean))
}
if len(published):
    show.figure(
        figures.ranks(mixture["published"], mixture["ours"]),
        caption=f"Rank of each system by the Fréchet distance of its mixture samples, {titles.titled('dataset', ranked)}; published (Inception features) and ours (features of our classifier). Level lines: same rank; crossing lines: another order",
        name="fig-rae-ranks",
        alt="Two columns of system names ordered by Fréchet distance, published on the left and measured on the right, joined by lines that cross where the order differs.",
    )

# %% [markdown]
# ### The gain of the mixture

# %% tags=["remove-input"]
show.figure(
    figures.dumbbell(select(clean, dataset=ranked), "set", "N", "gmm", xlabel="Fréchet distance", log=True),
    caption=f"From the system's own sampler (open) to the mixture (filled), {titles.titled('dataset', ranked)}. An arrow to the left: the mixture is nearer to the test images",
    name="fig-rae-gain",
    alt="One horizontal arrow per system from the Fréchet distance of its own sampler to that of the fitted mixture, on a logarithmic axis.",
)

# %% [markdown]
# The same as a ratio, which does not depend on the scale of the features, so that ours and the published one compare:

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The gain as a ratio, ours and published"}
show.records(
    ratio(table1, "set", "gmm", "N"),
    cols=["document"],
    better="min",
    caption="Fréchet distance of mixture samples divided by that of the own sampler's samples; below 1 the mixture is nearer",
    name="tbl-rae-ratios",
)

# %% [markdown]
# ### By the papers' protocol
#
# The official code measured something else: reconstructions and mid-points of images that were seen in training, decoded from a
# sampled code where the system samples one (for the two-stage VAE, through its second stage), cut to eight bits.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Fréchet distances by the papers' protocol"}
paper = select_distances(ours, set=FOUR, protocol="paper")
show.records(
    paper,
    cols=["set"],
    better="min",
    caption="Fréchet distances by the papers' protocol. Compare with the clean protocol",
    name="tbl-rae-fid-paper",
    note="Reconstructions: images seen in training, decoded as the official code decoded them. Reference: the test images.",
)

# %% tags=["remove-input"]
agree = boxes.compare_orders(*(select(d, dataset="mnist", seed=0) for d in (own, paper)))
boxes.findings(
    (
        f"On MNIST the protocol moves few systems: Kendall's τ between the two orders is {agree.get('rec', 0):.2f} for reconstructions, {agree.get('N', 0):.2f} for the own sampler and {agree.get('gmm', 0):.2f} for the mixture. For mid-points it is {agree.get('interp', 0):.2f}: between training images, as in the papers, AE moves up, and between test images RAE-L2 and RAE-GP lead.",
        min(agree.get(kind, 0) for kind in ("rec", "N", "gmm")) > 0.8 > agree.get("interp", 1),
    ),
    title="What to see in this table",
)

# %% [markdown]
# ### In Inception features
#
# {glue:text}`rae-inception` FID-768 uses an earlier layer of the network than the papers' 2048 features, so it has another
# scale. KID, unlike FID, has no bias from the number of images.

# %% tags=["remove-input"]
inception = select(
    ours, metric=["frechet", "kid"], features=["inception-768", "inception-2048"], protocol="clean", set=FOUR
)
show.value(
    "rae-inception",
    f"Measured on {notes.where(inception)}." if len(inception) else "No run of this page has Inception features yet.",
)
if len(inception):
    show.records(
        inception,
        cols=["features", "metric", "set"],
        better="min",
        caption="Inception distances. Compare the order of the systems with that in the features of our classifier",
        name="tbl-rae-inception",
    )

# %% tags=["remove-input"]
agree = boxes.compare_orders(*(d[(d["metric"] == "frechet") & (d["dataset"] == "cifar10")] for d in (own, inception)))
boxes.findings(
    (
        f"Both features put AE, RAE-L2, VAE and WAE-MMD in the same order by their own samplers (Kendall's τ {agree.get('N', 0):.2f}), but not by the mixtures ({agree.get('gmm', 0):.2f}), where WAE-MMD moves from second to third. Of four systems a τ of .67 or more comes by chance in one case of six.",
        agree.get("N", 0) > 0.99 > agree.get("gmm", 0) > 0,
    ),
    title="What to see in this table",
)

# %% [markdown]
# ### With and without batch norm
#
# The preprint says, without numbers, that batch normalisation improves all models (arXiv v1, section 7.1). {glue:text}`rae-bn`

# %% tags=["remove-input"]
without = select_distances(ours, study="no-bn", set=["rec", "gmm"])
normed = frame.at_seeds_of(select(clean, set=["rec", "gmm"]), without)  # the same seeds
both = pd.concat([normed, without])
both = both[both["dataset"].isin(without["dataset"])]
show.value(
    "rae-bn",
    "The same systems and coefficients, trained without it:" if len(without) else "Runs without it are not stored yet.",
)
if len(without):
    show.records(
        both,
        cols=["set", "batch_norm"],
        better="min",
        caption=f"Fréchet distances with and without batch norm, {', '.join(titles.titled('dataset', d) for d in titles.ordered('dataset', both['dataset']))}: compare the two columns of each set",
        name="tbl-rae-batch-norm",
    )

# %% tags=["remove-input"]
bare = boxes.Means(without[without["features"] == "domain"], "dataset", "set", "system")
normed = boxes.Means(normed, "dataset", "set", "system")
fewer = {name: [normed("digits", kind, name) for kind in ("rec", "gmm")] for name in ("rae-sn", "ae")}
seeds_of_ae = boxes.find_span(select_distances(ours, dataset="digits", system="ae", set="gmm", study="")["value"])
if len(without):
    boxes.findings(
        (
            f"Without batch norm RAE-SN fails: its reconstructions on digits are at {bare('digits', 'rec', 'rae-sn'):.1f} instead of {fewer['rae-sn'][0]:.2f}. The mixture samples of AE ({bare('digits', 'gmm', 'ae'):.2f}) are within its seeds with batch norm ({seeds_of_ae:.2f}). Those of VAE go from {normed('digits', 'gmm', 'vae'):.1f} to {bare('digits', 'gmm', 'vae'):.1f} (seed 0).",
            bare("digits", "rec", "rae-sn") > 5 * fewer["rae-sn"][0]
            and seeds_of_ae.low < bare("digits", "gmm", "ae") < seeds_of_ae.high
            and bare("digits", "gmm", "vae") > 1.5 * normed("digits", "gmm", "vae"),
        ),
        title="What to see in this table",
    )

# %% [markdown]
# ### What the pieces cost
#
# The papers claim that the gradient penalty is cheaper than the penalty of a contractive autoencoder {cite:p}`rifai2011`, which
# needs a backward pass for every latent dimension, and that fitting a mixture is cheaper than training a second VAE on the codes.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Times of the training step and of the fits"}
times = select(ours, study=["", "contractive"], metric=["step_time", "fit_time"])
times = times.assign(value=1000 * times["value"])
times = times[times["system"].isin(["rae", "rae-gp", "vae", "two-stage-vae"])]
show.records(
    times,
    rows=["system", "regulariser"],
    cols=["metric", "set"],
    caption="Milliseconds of a training step, and of the fit of each density: compare the two penalties of RAE, and the mixture with the second stage of the two-stage VAE (own sampler)",
    name="tbl-rae-pieces",
    note=f"Measured on {runs[0].raw['device']}, several runs at once; ratios say more than times.",
)

# %% tags=["remove-input"]
steps = select(times, study=["", "contractive"], metric="step_time")
penalty = boxes.Means(steps[steps["seed"] == 0], "dataset", "system", "regulariser")
fits = boxes.Means(select(times, metric="fit_time", system="two-stage-vae"), "dataset", "set")
full, fast = (penalty("digits", "rae-gp", name) for name in ("contractive", "gp"))
boxes.findings(
    (
        f"At this size both are cheaper; the claim itself (RAE-20) stays open. On digits, seed 0, a step with the contractive penalty takes {full:.0f} ms and one with the gradient penalty {fast:.0f} ms. On MNIST the second stage, with a fifth of the published epochs, takes {fits('mnist', 'N') / 1000:.0f} s to train and the mixture of the same codes {fits('mnist', 'gmm') / 1000:.0f} s to fit.",
        full > 1.5 * fast and fits("mnist", "N") > 10 * fits("mnist", "gmm"),
    ),
    title="What to see in this table",
)

# %% [markdown]
# ## Table 2: precision and recall
#
# Precision and recall for distributions {cite:p}`sajjadi2018`: $F_8$ weighs recall, $F_{1/8}$ precision. The papers
# have two numbers under the heading "precision / recall", while the authors' script returns $F_8$ first. We read the first
# published number as $F_{1/8}$, as the heading says. If the table has the order of the script, the two are interchanged ({ref}`prd`).

# %% tags=["remove-input"]
scores = select(long, metric=["prd_f8", "prd_f1_8"], set=["N", "gmm", "real"])
scores = scores[(scores["protocol"] == "clean") | (scores["document"] == "rae")]
show.records(
    scores[scores["set"] != "real"],
    cols=["set", "metric", "document"],
    better="max",
    floor=scores[scores["set"] == "real"],
    caption="Precision and recall, ours (clean protocol) and those of Table 2 of the ICLR version. Compare the own sampler with the mixture",
    name="tbl-rae-prd",
    note="F1/8 of the papers is read as precision.",
)

# %% tags=["remove-input"]
f = {m: boxes.Means(select(scores, metric=m, document="here"), "dataset", "set") for m in ("prd_f8", "prd_f1_8")}
spans = {
    (d, m): boxes.find_span(select(scores, metric=m, document="here", dataset=d, set=["N", "gmm"])["value"])
    for d in ("mnist", "cifar10") for m in ("prd_f8", "prd_f1_8")
}  # fmt: skip
boxes.findings(
    (
        f"On MNIST the mixture raises both, on average over the systems: recall from {f['prd_f8']('mnist', 'N'):.2f} to {f['prd_f8']('mnist', 'gmm'):.2f}, precision from {f['prd_f1_8']('mnist', 'N'):.2f} to {f['prd_f1_8']('mnist', 'gmm'):.2f}.",
        all(f[m]("mnist", "gmm") > f[m]("mnist", "N") for m in f),
    ),
    (
        f"On CIFAR-10 it is recall that is missing: {spans['cifar10', 'prd_f8']:.2f}, with a precision of {spans['cifar10', 'prd_f1_8']:.2f}. Published is the reverse, recall far above precision, if the papers' pairs are read as their heading says.",
        spans["cifar10", "prd_f8"].high < spans["cifar10", "prd_f1_8"].low,
    ),
    title="What to see in this table",
)

# %% [markdown]
# The official code took training images as the reference:

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Precision and recall by the papers' protocol"}
show.records(
    select(ours, metric=["prd_f8", "prd_f1_8"], set=["N", "gmm"], protocol="paper"),
    cols=["set", "metric"],
    better="max",
    caption="Precision and recall by the papers' protocol. Compare with the clean protocol",
    name="tbl-rae-prd-paper",
    note="Reference: as many training images.",
)

# %% [markdown]
# ## Training curves
#
# The objectives differ, so their values do not compare; the reconstruction term does.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The reconstruction term during training"}
own = [r for r in request.of_study(runs) if r.config.dataset == first]
curves = frame.histories(own)
show.figure(
    figures.lines(curves[curves["metric"] == "reconstruction"], "epoch", ylabel="squared error", logy=True),
    caption=f"Reconstruction term during training, {titles.titled('dataset', first)}; band, where there are several seeds: lowest to highest. A curve that still falls at the end is of a system that longer training would improve",
    name="fig-rae-curves",
    alt="Squared error per image against the epoch, one line for each system.",
)

# %% [markdown]
# ## What was reproduced and what was not
#
# {doc}`01_claims` has the rules and every comparison. A claim is open if more than a quarter of its comparisons is
# untested, because a run is missing or was not trained enough, or if no system has two seeds. Digits replace MNIST: their
# outcome is evidence about the method, not about the paper's table.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Every claim of this page with its outcome"}
found = show.claims("11_rae_images", runs, name="tbl-rae-verdicts", profile=profile)

# %% tags=["remove-cell"]
decided = pd.DataFrame({"place": [v.dataset for v in found], "verdict": found})
show.value("rae-images-outcomes", claims_matrix.count_words(decided))
show.value("rae-images-claims", len({v.id for v in found}))

# %% [markdown]
# This page has {glue:text}`rae-images-claims` claims. {glue:text}`rae-images-outcomes`.

# %% tags=["remove-input"]
boxes.findings(
    (
        "The main thesis holds at this size: density estimation after training turns an autoencoder into a generator, and this matters more than which regulariser was used. For samples the regularisers are not needed: the plain autoencoder lies among the regularised ones, and with one Gaussian it does not fail as it does in the paper. For paths through the code RAE-L2 and RAE-GP are ahead, by the weight of the penalty on their code.",
        gains["mnist"].high < 0.6
        and regularised.low < plain < 1.3 * regularised.low
        and gauss < 1.1 * best.low
        and smooth.high < 0.8 * min(middle, *rest),
    ),
    title=boxes.MEANING,
)
