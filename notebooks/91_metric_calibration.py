# %% [markdown]
# # What the Fréchet distance measures
#
# *Real images against real images, and against spoilt ones.* Every verdict of this book rests on a Fréchet distance between two sets of
# images. Does it grow when images get worse, and how far apart are sets of real images?
#
# No network of a paper is needed to test this. Real images are compared with other real images, and test images with themselves after noise or
# blur. {doc}`../book/protocol` describes the distances and the features.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set's name, or all that are stored
profile: str = "largest"  # whose runs are shown: smoke, laptop, overnight or paper

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.pages import boxes, calibration, figures, novelties, show
from rae_lib.results import other, request

notebooks.check_parameters("91_metric_calibration", globals())
figures.use_style()

raws = other.find_calibrations(dataset)
long = other.read_calibrations(raws)
curves = other.find_curves(long)
note = calibration.note_data(raws)
runs = request.find_runs("rae", dataset=dataset, profile=profile)
read = calibration.read_as_noise(long, raws, runs)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
real = boxes.Means(long[long["draw"].notna()], "dataset", "features", "set")
hurt = boxes.Means(curves[curves["metric"] == "frechet"], "dataset", "features", "against", "set", "level")
halves = [real("mnist", "domain", name) for name in ("halves", "halves in order")]
faint, seen = ([hurt(d, "domain", "train", "noise", level) for level in (0.0, 0.02)] for d in ("mnist", "cifar10"))
blur = novelties.compare_damage()
best = boxes.Means(read[read["metric"] == "frechet"], "dataset", "set", "system").span("mnist", "gmm", None).low
noise = read[read["metric"] == "noise"]
noise = noise.assign(value=pd.to_numeric(noise["text"], errors="coerce"))
noise = boxes.Means(noise, "dataset", "set", "system")
levels = [noise("mnist", kind, s) for kind in ("rec", "gmm") for s in ("ae", "vae")]

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**Two sets of real images can be far apart.** The first half of MNIST's test images has a distance of {halves[1]:.1f} from the second, random halves have {halves[0]:.2f}: different people wrote the two halves. Mixture samples of the best system of the RAE papers have {best:.1f}, with twice as many images.",
        halves[1] > 10 * halves[0] and halves[1] > best,
    ),
    (
        f"**On MNIST the smallest damage is not seen, and even helps.** Test images with faint noise (0.02 on a scale of one) are nearer to the training images, {faint[1]:.2f}, than without, {faint[0]:.2f}. On CIFAR-10 the same noise is seen: {seen[1]:.2f} in place of {seen[0]:.2f}.",
        faint[1] < faint[0] and seen[1] > 2 * seen[0],
    ),
    (
        f"**Features disagree about which damage is worse.** At the same pixel error a blur of one pixel is {blur['blur-domain']:.1f} times as far as noise in the features of our classifier, and {blur['blur-inception-768']:.2f} times in Inception's (CIFAR-10; 500 images in Inception's).",
        blur["blur-inception-768"] < 1 < blur["blur-domain"],
    ),
    (
        f"**What the distances of systems amount to.** On MNIST reconstructions of AE are as far as real images with noise of {levels[0]:.2f}, those of VAE {levels[1]:.2f}; mixture samples of AE {levels[2]:.2f}, of VAE {levels[3]:.2f}.",
        levels[0] < levels[1] and levels[2] < levels[3] and levels[0] < levels[2],
    ),
)

# %% tags=["remove-input"]
boxes.rerun("91_metric_calibration")

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "What was measured: data sets, features, and how many images a set has"}
show.table(
    calibration.list_measured(raws),
    caption="What was measured: data sets, features, and how many images a set has",
    name="tbl-calibration-measured",
    note=f"{note} Numbers of different features, or of different counts, do not compare.",
)

# %% [markdown]
# `python -m rae_lib calibrate --dataset NAME --features KIND --images COUNT` makes a line. Where a data set was measured at several counts,
# this page has the largest.

# %% [markdown]
# ## Real images against real images
#
# How far apart are two sets of real images? Five pairs, all of half as many images as the test set has: two disjoint parts of the
# training images; training against test images; validation against test images; the test images halved at random, and halved as
# they are stored. All but the last are drawn several times. If all images of a data set came from one law, the five would differ by
# chance alone.

# %% tags=["remove-input"]
show.records(
    long[long["draw"].notna()],
    rows=["set"],
    cols=["features"],
    caption="Fréchet distance of real images from real images, with the spread over random draws. Compare each row with random halves: what is larger is more than chance",
    name="tbl-calibration-floors",
    note=f"{note} Images on either side: half a test set, see the first table. A dash: fewer validation images than that.",
)

# %% [markdown]
# None of these distances is zero, because samples are finite; a small set has a larger one. Two reasons for larger ones are known: the
# order in which images are stored can mean something, and the classifier whose features these are has seen the training images. A third
# concerns pixels as features, which are divided by their spread over the test images: border pixels hardly vary, and dividing by their tiny
# standard deviation gives them the same weight as the centre.

# %% [markdown]
# ## Images spoilt by a known amount
#
# To every pixel of the test images, on the scale from 0 to 1, Gaussian noise is added, the same at every level but for its size; or
# the images are blurred by a Gaussian. The result is clipped and rounded to 8 bit, as decoded images are.

# %% tags=["remove-input"]
show.figure(
    calibration.draw_plate(raws),
    caption="Three test images of each data set, with noise and blurred. From which line on would you notice the damage?",
    name="fig-calibration-plate",
    alt="Nine rows of the same images: untouched, with five levels of noise from invisible to strong, and with three levels of blur.",
)

# %% [markdown]
# There are two references. Reconstructions of test images are compared with the very images that were spoilt: only the damage counts, and
# the distance starts at zero. Samples are compared with other images, here training images: the distance starts at that of real test
# images, and damage below it cannot be seen.

# %% tags=["remove-input"]
show.figure(
    calibration.draw_responses(curves),
    caption="Fréchet distance of noisy and of blurred test images, in features of our classifier: from training images (full), from the same images without damage (dashed); dotted: real test images from training images. Damage shows where the full line leaves the dotted one; compare the slopes. Noise is its standard deviation",
    name="fig-calibration-damage",
    alt="Two rows of panels, noise and blur, a column for each data set, logarithmic axes: against the damage a full line, a dashed line, and a dotted horizontal line for real images.",
)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The same in pixels and in Inception features"}
if (curves["features"] != "domain").any():
    show.figure(
        calibration.draw_responses(curves, other=True),
        caption="Fréchet distance of noisy and of blurred test images in other features; lines as above. Where does the full line leave the dotted one?",
        name="fig-calibration-others",
        alt="Two rows of panels, noise and blur, a column for each data set and kind of features, logarithmic axes: a full line, a dashed line, and a dotted horizontal line for real images.",
    )

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The numbers behind the figures, with kernel distance, precision and recall"}
scores = curves[(curves["against"] == "train") | (curves["metric"] == "frechet")]
show.records(
    scores.assign(text=scores["value"].map("{:.3g}".format)),
    rows=["set", "level"],
    cols=["features", "against", "metric"],
    caption="Spoilt test images against training images and against the images themselves, by every measure",
    name="tbl-calibration-levels",
    note="Amount 0: test images as they are. Noise: standard deviation on [0, 1]; blur: width in pixels. Inception features are not standardised, the others are, so their kernel distances have other units.",
)

# %% [markdown]
# ## Which damage weighs more
#
# A squared error treats all pixels alike. Features do not: at the same pixel error they may find noise worse than blur, or blur worse
# than noise. It matters here because autoencoders blur.

# %% tags=["remove-input"]
show.figure(
    calibration.draw_errors(curves),
    caption="Fréchet distance from training images of noisy (full) and of blurred (dashed) test images with the same pixel error. The higher line is the damage that the features find worse",
    name="fig-calibration-errors",
    alt="A panel for each kind of features, logarithmic axes, a colour for each data set: a full line for noise and a dashed one for blur against the root mean square pixel error.",
)

# %% [markdown]
# ## The distance of a system, read as noise
#
# What does a distance of three mean? It can be translated into the noise that, added to real images, gives the same distance
# ({numref}`fig-calibration-plate` shows the levels). Reconstructions are read on the curve against the images themselves, mixture samples on that
# against training images. Runs are listed that were measured by the same weights and counts as a curve above.

# %% tags=["remove-input"]
if len(read):
    show.records(
        read,
        cols=["set", "metric"],
        caption="Fréchet distance of the systems of the RAE papers, and the noise that gives real images the same distance. Look up that noise in the plate",
        name="tbl-calibration-systems",
        note="Noise: standard deviation on [0, 1], read at the mean over seeds. ‘floor’: no further than real images are from one another. Where a curve is not monotone, the largest noise that fits is given.",
    )

# %% [markdown]
# This only translates a distance into a visible amount of noise; it does not mean that the samples are noisy.

# %% [markdown]
# ## What was expected and what was seen
#
# Expectations of such a distance, checked on every data set and in all features by the same rules as the claims. Where the two
# sides are random draws, an expectation fails if one side is above the other with a probability of 95 %.

# %% tags=["remove-input"]
found = show.claims("91_metric_calibration", name="tbl-calibration-verdicts")

# %% tags=["remove-cell"]
show.value("calibration-held", sum(v.outcome == "agrees" for v in found))
show.value("calibration-of", len(found))

# %% [markdown]
# {glue:text}`calibration-held` of {glue:text}`calibration-of` expectations hold everywhere. Where one does not, `python -m rae_lib
# check` with its name says for which images and features. On those data and features, small differences between systems should not be
# trusted.

# %% tags=["remove-input"]
boxes.findings(
    (
        "A ranking of systems by one kind of features is a ranking in these features. Differences that are small compared with the distance of real images from real images mean nothing; differences such as that between AE and VAE on MNIST amount to a visible change of an image.",
        levels[0] < levels[1] and blur["blur-inception-768"] < 1 < blur["blur-domain"] and halves[1] > 10 * halves[0],
    ),
    title=boxes.MEANING,
)
