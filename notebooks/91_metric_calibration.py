# %% [markdown]
# # What the Fréchet distance measures
#
# **Under test.** Every verdict of this book rests on a Fréchet distance between two sets of images. Does it grow when images get
# worse, and how far apart are sets of images that nothing is wrong with?
#
# No network of a paper is needed for this. Real images are compared with other real images, and test images are spoilt by a known
# amount, with noise or with blur, and compared with what they were. {doc}`../book/protocol` describes the distances and the features.

# %% tags=["parameters"]
dataset: str = "all"  # one data set's name, or all that are stored
profile: str = "largest"  # whose runs are shown: smoke, laptop, overnight or paper

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import calibration, figures, show
from rae_lib.results import other, request

notebooks.check_parameters("91_metric_calibration", globals())
figures.use_style()

raws = other.find_calibrations(dataset)
long = other.read_calibrations(raws)
curves = other.find_curves(long)
note = calibration.note_data(raws)

# %% tags=["remove-input"]
show.table(
    calibration.list_measured(raws),
    caption="What was measured: data sets, features, and how many images a set has",
    name="tbl-calibration-measured",
    note=f"{note} Numbers of different features, or of different counts, do not compare.",
)

# %% [markdown]
# Each line is made by one command, `python -m rae_lib calibrate --dataset NAME --features KIND --images COUNT`, and stored under
# `results/sanity`. Where a data set was measured at several counts, this page has the largest.

# %% [markdown]
# ## Real images against real images
#
# How far apart are two sets of images to which nothing was done? Five pairs, all of the same number of images, half a test set:
# two disjoint parts of the training images; training against test images; validation against test images; the test images
# halved at random, and halved as they are stored. All but the last are drawn several times. Were all images of a data set drawn
# alike, the five would differ by chance alone.

# %% tags=["remove-input"]
show.records(
    long[long["draw"].notna()],
    rows=["set"],
    cols=["features"],
    by="dataset",
    caption="Fréchet distance of real images from real images, with the spread over random draws",
    name="tbl-calibration-floors",
    note=f"{note} Images on either side: half a test set, see the first table. A dash: fewer validation images than that.",
)

# %% [markdown]
# None of these distances is zero, because samples are finite, and a small set has a larger one. What stands out is any pair that is
# further apart than random halves. Two reasons are known beforehand: stored order can mean something (the halves of MNIST's test
# set were written by different people), and the classifier behind the `domain` features has seen the training images. A third
# concerns `pixels`: like `domain` features they are divided by their spread over the test images. At the border hardly two images
# differ, so that the spread is close to zero and a small difference there weighs as much as the middle of the picture.

# %% [markdown]
# ## Images spoilt by a known amount
#
# To every pixel of the test images, on the scale from 0 to 1, Gaussian noise is added, the same at every level but for its size; or
# the images are blurred by a Gaussian. The result is clipped and rounded to 8 bit, as decoded images are.

# %% tags=["remove-input"]
show.figure(
    calibration.draw_plate(raws),
    caption="Three test images of each data set, with noise and blurred",
    name="fig-calibration-plate",
    alt="Nine rows of the same images: untouched, with five levels of noise from invisible to strong, and with three levels of blur.",
)

# %% [markdown]
# There are two references. One is the very images that were spoilt, which is how reconstructions of test images are measured. There
# nothing but the damage counts, and the distance starts at zero. The other is training images, which is how samples are measured.
# There the distance starts at that of real test images, and damage below it cannot be seen.

# %% tags=["remove-input"]
show.figure(
    calibration.draw_responses(curves, "noise"),
    caption="Fréchet distance of noisy test images from training images (full), from the same images without noise (dashed), and of real test images from training images (dotted)",
    name="fig-calibration-noise",
    alt="A panel for each kind of features, logarithmic axes, a colour and mark for each data set: over the noise a full line with filled marks, a dashed line with open marks, and a dotted horizontal line for real images.",
)

# %% tags=["remove-input"]
show.figure(
    calibration.draw_responses(curves, "blur"),
    caption="The same for blurred test images",
    name="fig-calibration-blur",
    alt="A panel for each kind of features, logarithmic axes, a colour and mark for each data set: over the width of the blur a full line with filled marks, a dashed line with open marks, and a dotted horizontal line for real images.",
)

# %% [markdown]
# The numbers behind the figures, with the kernel distance, recall ($F_8$) and precision ($F_{1/8}$):

# %% tags=["remove-input"]
scores = curves[(curves["against"] == "train") | (curves["metric"] == "frechet")]
show.records(
    scores.assign(text=scores["value"].map("{:.3g}".format)),
    rows=["set", "level"],
    cols=["features", "against", "metric"],
    by="dataset",
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
    caption="Fréchet distance from training images of noisy (full) and of blurred (dashed) test images with the same pixel error",
    name="fig-calibration-errors",
    alt="A panel for each kind of features, logarithmic axes, a colour for each data set: a full line for noise and a dashed one for blur against the root mean square pixel error.",
)

# %% [markdown]
# ## The distance of a system, read as noise
#
# What does a distance of three mean? The noise that, added to real images, gives the same distance is a unit that can be looked at, in
# {numref}`fig-calibration-plate`. Reconstructions are read on the curve against the images themselves, mixture samples on that
# against training images. Listed are the runs that were measured by the very weights and counts of a curve above.

# %% tags=["remove-input"]
runs = request.find_runs("rae", dataset=dataset, profile=profile)
read = calibration.read_as_noise(long, raws, runs)
if len(read):
    show.records(
        read,
        rows=["system"],
        cols=["set", "metric"],
        by="dataset",
        caption="Fréchet distance of the systems of the RAE papers, and the noise that gives real images the same",
        name="tbl-calibration-systems",
        note="Noise: standard deviation on [0, 1], read at the mean over seeds. ‘floor’: no further than real images are from one another. Where a curve is not monotone, the largest noise that fits is given.",
    )

# %% [markdown]
# It is a unit and nothing more: a sample at the distance of some noise is not noisy. But it says how coarse a difference between two
# systems is.

# %% [markdown]
# ## What holds, and what does not
#
# What one would expect of such a distance, checked on every data set and every kind of features above, by the rules that decide the
# claims of the documents. An inequality between single numbers holds or does not; one between random draws fails where a draw of
# one is above a draw of the other with a probability of 95 %.

# %% tags=["remove-input"]
found = show.claims("91_metric_calibration", name="tbl-calibration-verdicts")

# %% tags=["remove-cell"]
show.value("calibration-held", sum(v.outcome == "agrees" for v in found))
show.value("calibration-of", len(found))

# %% [markdown]
# {glue:text}`calibration-held` of {glue:text}`calibration-of` expectations hold everywhere. Where one does not, `python -m rae_lib
# check` with its name says for which images and features, and there a difference between two systems is no more to be trusted than
# the expectation.
