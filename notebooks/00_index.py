# %% [markdown]
# # Deterministic autoencoders as generative models: a reproduction
#
# We train the autoencoders of three papers and of a set of slides again, in one small library, and check their claims by rule. The
# question of the papers: can an autoencoder that is trained without noise generate images as well as a variational one? Its codes
# follow no known law, so one fits a density to them after training, draws from the density and decodes. The sources are
#
# - **RAE**, *From Variational to Deterministic Autoencoders* {cite:p}`ghosh2019,ghosh2020`,
# - **EAE**, *Batch Norm with Entropic Regularization Turns Deterministic Autoencoders into Generative Models* {cite:p}`ghose2020`,
# - **DAE**, *Variational Autoencoders Without the Variation* {cite:p}`daly2022`,
# - **MaskAAE and FlexAE**, slides that ask two questions more: how many dimensions should a code have, and should its prior
#   be learned {cite:p}`raeslides`?
#
# Our runs are small: {glue:text}`index-scale`. No run on images has the papers' size, and some were not made at all
# ({ref}`what is not done <index-not-done>`). `make reproduce` trains 26 systems on small embedded data in about ten minutes
# ({ref}`how to run it <index-run>`).

# %% tags=["parameters", "remove-cell"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set

# %% tags=["remove-cell"]
from math import prod

from rae_lib import __version__, notebooks
from rae_lib.claims.verdicts import decide_print
from rae_lib.config import DOCUMENTS, resolve
from rae_lib.pages import boxes, campaign, claims_matrix, first, galleries, notes, novelties, show
from rae_lib.pages.first import DETERMINISTIC
from rae_lib.pages.titles import titled
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances
from rae_lib.results.printed import printed

notebooks.check_parameters("00_index", globals())
runs = request.find_runs(*DOCUMENTS, profile=profile)
shown = first.choose_dataset(runs)  # the data set of the findings
own = [r for r in runs if r.config.dataset == shown]
slides = [r for r in own if r.config.system in DOCUMENTS["slides"]]
later_systems = len({r.config.system for r in slides}) or "none"
elsewhere = [r.config for r in runs if r.config.system in DOCUMENTS["slides"] and not r.config.variant]
elsewhere = [c for c in elsewhere if c.network == "convolutional" and c.dataset != shown]
elsewhere = [*dict.fromkeys(f"{titled('system', c.system)} on {titled('dataset', c.dataset)}" for c in elsewhere)]
three = [s for name in ("rae", "eae", "dae") for s in DOCUMENTS[name]]
clean = select_distances(frame.of_results(own))
mean = boxes.Means(clean, "set", "system")
other = frame.of_results([r for r in runs if r.config.dataset == "cifar10"])
far = boxes.Means(select_distances(other), "system", "set")
far = [far("dae", kind) for kind in ("N01", "mvg", "gmm")]
other = frame.ratio(select_distances(other), "set", "gmm", "N")
print_ = frame.ratio(select(printed("rae"), dataset="cifar10", metric="frechet"), "set", "gmm", "N")
title, size = titled("dataset", shown), boxes.name_seeds(own)
images = [r for r in runs if r.config.network == "convolutional"]
strings = frame.of_results([r for r in runs if r.config.dataset == "expressions" and r.config.profile == "paper"])
valid = boxes.Means(select(strings, metric="valid").assign(value=lambda rows: 100 * rows["value"]), "set", "system")
score = boxes.Means(select(strings, metric="mean_score", set="bo"), "system")
printed_score = boxes.Means(select(printed("rae"), dataset="expressions", metric="mean_score", set="bo"), "system")
shares = boxes.Means(select(strings, metric=["valid", "unique", "novel"], system="gvae"), "set", "metric")
fresh = {kind: 100 * prod(shares(kind, m) for m in ("valid", "unique", "novel")) for kind in ("N", "gmm")}

# %% tags=["remove-cell"]
gain = boxes.find_span(frame.ratio(select(clean, system=three), "set", "gmm", "N").groupby("system")["value"].mean())
first_gain = boxes.find_span(mean("gmm", s) / mean("N", s) for s in DETERMINISTIC)
colour = boxes.find_span(other.groupby("system")["value"].mean())
published = boxes.find_span(print_.loc[print_["system"].isin(other["system"]), "value"])
plain, regularised = mean("gmm", "ae"), mean.span("gmm", DETERMINISTIC[1:])
vae, cv, wae = (mean("gmm", s) for s in ("vae", "cv-vae", "wae-mmd"))
paths, path = mean.span("interp", DETERMINISTIC), mean("interp", "vae")
smooth, others = mean.span("interp", ["rae-l2", "rae-gp"]), ["ae", "ae-l2", "rae", "rae-sn"]
middle = [mean("interp", s) for s in others]
heavy = {s: resolve(s, shown, own[0].config.profile).beta for s in ("rae-l2", "rae-gp", *others)}

# %% tags=["remove-cell"]
weights = [resolve(system, shown, own[0].config.profile).beta for system in ("vae", "vae-dae")]
eae, prior, wae_prior, entropic = mean("N01", "eae"), mean("N01", "vae"), mean("N01", "wae-mmd"), mean("gmm", "eae")
known = [mean("gmm", system) for system in DETERMINISTIC]
spread = boxes.find_span(value for value in known if value == value)  # NaN: no run
hundred = novelties.compare_components(frame.of_results(own), shown)["components-worst"] or float("nan")
fit = boxes.find_span(
    select(frame.of_results(own), study="", metric="fit_time", set="gmm", system=list(DETERMINISTIC))["value"]
)
features = set(frame.of_results(runs)["features"])
places = {r.config.dataset: r.raw["data"].get("note", "") for r in runs}
dae, dae_vae = ([mean(kind, s) for kind in ("N01", "mvg", "gmm")] for s in ("dae", "vae-dae"))
parts = campaign.judge_parts(own[0].config.profile, shown)
later, sooner = (
    parts[parts["system"].eq(s) & parts["set"].eq("gmm")]["change"].min() if len(parts) else float("nan")
    for s in ("vae", "ae")
)
show.value("index-set", title)
show.value("index-parts", len(parts) or None)
show.value("index-parts-passed", int(parts["passes"].eq(True).sum()) if len(parts) else None)
show.value("index-parts-failing", campaign.list_failing(parts) or "none")
minutes = [campaign.count_minutes(r)["whole"] for r in own]
scale = notes.size_row([r for r in own if r.config.system in three])
scale = [
    f"{scale[name, 'ours']:,} {words} (the papers: {scale[name, 'papers'] or 'none'})"
    for name, words in (("filters", "filters in the first stage"), ("updates", "updates"))
]
show.value("index-scale", f"on {title} {' and '.join(scale)}")

LEARNED = ["flexae", "vae-vamp", "vae-flow", "two-stage-dw", "vae-iop"]


def compare_learned(nearer: bool) -> str:
    """ "FlexAE 2.5 (7.2) and ...": the learned priors whose samples are nearer than those of a mixture, or not."""
    found = [s for s in LEARNED if (mean("N", s) < mean("gmm", s)) == nearer]
    return notes.join_words([f"{titled('system', s)} {mean('N', s):.1f} ({mean('gmm', s):.1f})" for s in found])


# %% tags=["remove-cell"]
judged = claims_matrix.outcomes(profile, list(dict.fromkeys(r.config.dataset for r in images)))
said = {i: v for i in claims_matrix.ids() if (v := decide_print(i)).comparisons}
show.value("index-claims", claims_matrix.count_words(judged))
show.value("index-judged", len(said))
show.value("index-said", claims_matrix.list_failing(said))
show.value("index-minutes-least", round(min(minutes)))
show.value("index-minutes-most", round(max(minutes)))
show.value("index-version", __version__)
show.value("index-date", first.date_results())
show.value("index-runs", first.count_runs(), ",d")

# %% tags=["remove-input"]
statements = [
    (
        f"**A mixture fitted to the codes is the better sampler.** On {title} ({size} a system) its samples are nearer to the test images than those of the system's own sampler, for all {gain.count} systems of the three papers that have a mixture: their Fréchet distance is at most {gain.high:.2f} times as large. On CIFAR-10 it gains less, {colour:.2f} times, and in the published numbers of {published.count} of these systems it is {published:.2f} times. The exceptions are some of the priors that are learned with a system ({boxes.name_seeds(own, *LEARNED)} each; the mixture in parentheses): {compare_learned(True)} are nearer, {compare_learned(False)} are not.",
        mean("N", "flexae") < min(mean("gmm", "ae"), mean("gmm", "flexae"))
        and {mean("N", s) < mean("gmm", s) for s in LEARNED} == {True, False}
        and gain.high < 0.7 < min(colour.low, published.low)
        and max(colour.high, published.high) < 1,
    ),
    (
        f"**With it the plain autoencoder is as good as the regularised ones, and ahead of VAE and CV-VAE.** Distances of mixture samples: AE {plain:.2f}, the {regularised.count} regularised deterministic systems {regularised:.2f}, WAE-MMD {wae:.1f}, VAE {vae:.1f}, CV-VAE {cv:.1f}. Not every VAE is behind: that of the DAE paper, whose KL term weighs {weights[1]:g} in place of {weights[0]:g}, is at {dae_vae[2]:.2f}, and one that learns its variance at {mean('gmm', 'vae-learned'):.2f} ({boxes.name_seeds(own, 'vae-learned')}). Longer training still changes the mixture samples of VAEs, so no claim on these is decided yet.",
        plain < 1.3 * regularised.low
        and max(plain, regularised.high) < 0.7 * min(vae, cv)
        and wae < 1.6 * regularised.high
        and dae_vae[2] < min(plain, regularised.low)
        and mean("gmm", "vae-learned") < 1.15 * regularised.high
        and later < -0.2
        and weights[1] < 0.1 * weights[0],
    ),
]

# %% tags=["remove-input"]
boxes.findings(
    *statements,
    (
        f"**RAE-L2 and RAE-GP have the best mid-points, and not by their decoder's penalty alone.** On {title} images half-way between two test codes of these two have distances of {smooth:.1f}. AE is at {middle[0]:.1f}, AE-L2 with the decay of RAE-L2 at {middle[1]:.1f}, RAE at {middle[2]:.1f}, RAE-SN at {middle[3]:.1f}, and the RAE papers' VAE at {path:.1f}. What RAE-L2 and RAE-GP share is the weight of the penalty on the code.",
        smooth.high < 0.8 * min(middle)
        and abs(middle[0] / middle[1] - 1) < 0.15
        and heavy["rae-l2"] == heavy["rae-gp"] not in [heavy[s] for s in others]
        and max(paths.high, mean("interp", "eae")) < 0.8 * path,
    ),
    (
        f"**Entropy in place of noise helps, but not enough.** On {title}, from N(0, I) the EAE ({eae:.1f}; {mean('N01', 'ae-bn'):.1f} without the entropy term) is about as far from the test images as VAE ({prior:.1f}), and WAE-MMD ({wae_prior:.1f}) and RAE ({mean('N01', 'rae'):.1f}), which has only a penalty on the size of the code, are nearer. A mixture brings the EAE to {entropic:.1f}.",
        eae < 0.95 * mean("N01", "ae-bn")
        and 0.7 < eae / prior < 1.4
        and max(wae_prior, mean("N01", "rae")) < 0.9 * eae
        and entropic < 0.5 * eae,
    ),
    (
        f"**The main point of the DAE paper is seen on {title}, a set that it did not use.** With codes from one fitted Gaussian its plain autoencoder has a distance of {dae[1]:.1f} and its VAE one of {dae_vae[1]:.1f}. With codes from N(0, I) both fail ({dae[0]:.0f} and {dae_vae[0]:.0f}). On CIFAR-10, which the paper used, it is the other way at our size: DAE has {far[0]:.1f} from N(0, I), {far[1]:.1f} from one Gaussian and {far[2]:.1f} from a mixture (one seed; networks too small for these images).",
        0.7 < dae[1] / dae_vae[1] < 1.4
        and min(dae[0] / dae[1], dae_vae[0] / dae_vae[1]) > 10
        and far[0] < far[2] < far[1],
    ),
    (
        f"**On strings, at the paper's own size, the mixture makes valid samples, but fewer new ones.** Of the expressions that the grammar VAE samples from its prior {valid('N', 'gvae'):.0f} % are valid, from a mixture {valid('gmm', 'gvae'):.1f} %, and without noise (GRAE) {valid('gmm', 'grae'):.1f} %; of the character model's (CVAE) {valid('N', 'cvae'):.0f} % are valid from its prior and {valid('gmm', 'cvae'):.0f} % from a mixture. But {fresh['N']:.0f} % of the samples from the prior are valid, different and new, and {fresh['gmm']:.0f} % of those from the mixture.",
        valid("N", "gvae") < 80
        and valid.span("gmm", ["gvae", "grae"]).low > 99 > valid("gmm", "cvae") > valid("N", "cvae")
        and fresh["N"] > 1.3 * fresh["gmm"],
    ),
    (
        f"**A search among expressions is a little better without noise, and best with characters.** At the paper's size the suggestions of Bayesian optimisation have mean scores of {score('grae'):.2f} in the codes of GRAE and {score('gvae'):.2f} in those of GVAE (lower is better; the paper: {printed_score('grae'):.2f} and {printed_score('gvae'):.2f}; one trained network each). The character model, the paper's worst ({printed_score('cvae'):.2f}), has {score('cvae'):.2f}, but fewer of its suggestions are valid.",
        score("cvae") < 0.85 * score("grae") < 0.95 * 0.85 * score("gvae"),
    ),
    title="What we found so far",
)

# %% tags=["remove-input"]
galleries.gallery(
    {title: first.list_plate(own, also=["maskaae", "flexae"])},
    heads=["reconstructions", "own sampler", "mixture", "interpolation"],
    caption=f"{title}, a line for each system, seed 0. The own sampler is the prior of a system, or one Gaussian fitted to its codes. Compare the two columns of samples: but for FlexAE, whose prior is learned, those of the mixture have fewer malformed images, and nothing was trained again",
    name="fig-index-plate",
    alt="small images",
)

# %% [markdown]
# Fréchet distances are to the test images, in features of a small classifier; smaller is better. Whether runs were trained long enough is tested:
# on {glue:text}`index-set` {glue:text}`index-parts-passed` of {glue:text}`index-parts` parts of the test pass. With twice the updates a distance changes by a
# fifth or more in the others: {glue:text}`index-parts-failing`. Numbers judged by these parts have a dagger and decide no claim
# ({doc}`94_campaign`).
#
# **The claims so far.** {glue:text}`index-claims`. Of {glue:text}`index-judged` rules that can be applied to the papers' own numbers, {glue:text}`index-said`
# ({doc}`01_claims`).

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**To sample from an autoencoder, first improve the density, then the autoencoder.** A mixture of ten Gaussians divides the distance of the {spread.count} deterministic systems of the RAE papers by at least {1 / first_gain.high:.1f}, and a hundred in place of ten divide it by at least {1 / hundred:.1f} again, while these systems differ from one another by a factor of at most {spread.high / spread.low:.2f}. Fitting ten takes at most {fit.high:.0f} seconds of one core on {title}, and no training.",
        1 / first_gain.high > 1.3 * spread.high / spread.low and hundred < 0.7 and fit.high < 300,
    ),
    (
        f"**Distances of short runs are not final.** On {title} twice the updates lower the distance of mixture samples of the VAE by {-100 * later:.0f} %, of AE by {-100 * sooner:.0f} %. Claims that compare with VAEs wait for longer runs.",
        later < -0.2 < sooner < -0.1,
    ),
    (
        f"**On {title} a deterministic autoencoder with a fitted mixture generates at least as well as the VAE of the RAE papers. CIFAR-10 and CelebA are not decided, and no run on images is at the papers' size.** The table below says how far away they are.",
        max(plain, regularised.high) < vae and not any(r.config.profile == "paper" for r in images),
    ),
    title=boxes.MEANING,
)

# %% [markdown]
# ## What was run, and at what size

# %% tags=["remove-input"]
show.table(
    first.describe_sizes(runs),
    caption="What was run here, and what the papers ran. Compare updates and filters: on images ours are far smaller",
    name="tbl-index-sizes",
    note="Ours: on two processor cores; the papers: on a GPU, on MNIST, CIFAR-10 and CelebA, with one seed as far as stated. Expressions: strings, not images, and recurrent networks. We measure the Fréchet distance in features of a small classifier; the papers measure FID, the same distance in features of Inception (2048-d). Classifier: the share of test images on which it is right. A claim about one size need not hold at another: the page on size shows what moves with width and updates.",
    decimals={"minutes each": 1},
)

# %% [markdown]
# (index-not-done)=
# ## What is not done yet

# %% tags=["remove-input"]
boxes.findings(
    (
        "No run on images has the papers' size, which needs a GPU: width 128 and, for most systems of the RAE papers, 40,000 to 114,000 updates.",
        not any(r.config.profile == "paper" for r in images),
    ),
    (
        "No distance has the 2048-d features of Inception, so our distances do not compare with the published FID values.",
        "inception-2048" not in features,
    ),
    (
        "CIFAR-10 is measured without its official test images. Its last training batch is the test set.",
        "official test images absent" in places.get("cifar10", ""),
    ),
    (
        "On CelebA no system of the other three papers has run, so no claim on faces that compares with them is decided.",
        not {r.config.system for r in runs if r.config.dataset == "celeba64"} & set(three),
    ),
    (
        f"Of the {len(DOCUMENTS['slides'])} systems that the slides add {later_systems} have run on {title} ({boxes.name_seeds(slides)} each), and on other images {notes.join_words(elsewhere) if elsewhere else 'none'}.",
        len(elsewhere) <= 6,
    ),
    (
        "Of molecules one model has run, too small to write molecules.",
        [r.config.system for r in runs if r.config.dataset == "zinc"] == ["grae"],
    ),
    title="Not done yet",
)

# %% [markdown]
# ## Where to go
#
# ::::{grid} 1 2 3 3
# :gutter: 2
#
# :::{grid-item-card} Every claim
# :link: 01_claims
# :link-type: doc
# What each paper says, and whether it holds here.
# :::
# :::{grid-item-card} What is new here
# :link: 02_new
# :link-type: doc
# What nobody had measured or noticed, each with its evidence.
# :::
# :::{grid-item-card} Which one to use
# :link: 04_which
# :link-type: doc
# All systems in one table, by what one wants of them.
# :::
# :::{grid-item-card} Playground
# :link: 05_playground
# :link-type: doc
# Six decoders that run in your browser.
# :::
# :::{grid-item-card} The map
# :link: 03_map
# :link-type: doc
# Where each table and figure of the papers is in this book.
# :::
# :::{grid-item-card} RAE: Table 1
# :link: 11_rae_images
# :link-type: doc
# Ten systems, four ways of making images, compared with the published numbers.
# :::
# :::{grid-item-card} RAE: pictures
# :link: 12_rae_figures
# :link-type: doc
# Reconstructions, samples, interpolations, nearest training images.
# :::
# :::{grid-item-card} EAE: Table 1
# :link: 21_eae_table
# :link-type: doc
# Codes pushed to a normal law without noise.
# :::
# :::{grid-item-card} EAE: the entropy estimate
# :link: 23_eae_estimator
# :link-type: doc
# What the estimate prefers, on points whose law is known.
# :::
# :::{grid-item-card} DAE: tables
# :link: 31_dae_tables
# :link-type: doc
# Widths, latent sizes, and two slips in the published tables.
# :::
# :::{grid-item-card} What the distance measures
# :link: 91_metric_calibration
# :link-type: doc
# Real images against real images, and against spoilt ones.
# :::
# :::{grid-item-card} How it was measured
# :link: ../book/protocol
# :link-type: doc
# Sets, features, protocols, sizes.
# :::
# :::{grid-item-card} FlexAE: the prior
# :link: 43_flexae
# :link-type: doc
# A prior that is learned, compared with a fixed one and a mixture.
# :::
# :::{grid-item-card} MaskAAE: latent size
# :link: 42_maskaae
# :link-type: doc
# How many dimensions of a code are used, and a mask that learns it.
# :::
# :::{grid-item-card} Expressions and molecules
# :link: 16_grammar
# :link-type: doc
# Autoencoders of strings, and a search in their codes.
# :::
# ::::
#
# (index-run)=
# ## Run it
#
# ```console
# make reproduce   # trains 26 systems on embedded data, builds the book
# make test        # every test
# ```
#
# After installation `make reproduce` takes about ten minutes on two free cores. Both set up what they need in `.venv` (Python 3.11 or later, about 6 GB). Each page of results has a box "Run this page" with its
# command and the time of its runs. {doc}`../book/rerunning` says how to rerun a page with other data, seeds or sizes.
#
# Version {glue:text}`index-version`; {glue:text}`index-runs` stored runs, as of {glue:text}`index-date`. The book is built from the
# repository in which `make reproduce` is run: `rae_lib` has the code, `results` every run. Licence of the code: MIT; the data sets keep
# their own. To cite: `CITATION.cff` in the repository, or *Deterministic autoencoders as generative models: a reproduction*, with this version and date.
#
# ## Why published numbers disagree
#
# FID values from two papers are rarely comparable. They can differ in
#
# - **the question**: "reconstruction" meant test images, validation images or training images, depending on whether one reads the
#   caption, the text or the code;
# - **the scale of the loss**: with a mean over pixels here and a sum there, the same published coefficient differs by factors from three
#   to more than ten thousand;
# - **the features**: which network, which layer, which weights, which resizing;
# - **the count**: the distance is biased upwards in small samples, and the bias depends on the model;
# - **the choice of the checkpoint**: by validation loss, or by the very test score that is then reported;
# - **chance**: published gaps of a few per cent, each from a single training run.
#
# Every number here is reported with its protocol: which images are compared with which, how many, in which features. Where a paper's code differs from
# its text, we compute both. {doc}`../book/protocol` and {doc}`../book/deviations` have the details; {doc}`../book/verdicts` says how
# a claim gets its outcome.
