# %% [markdown]
# # What the yardstick measures
#
# **Under test.** Every verdict of this book rests on a Fréchet distance between two sets of images. Does it grow when images get
# worse, and how far apart are sets of images that nothing is wrong with?
#
# No network of a paper is needed for this. Real images are compared with other real images, and test images are spoilt by a known
# amount, with noise or with blur, and compared with what they were. The distances and features are those of {doc}`../book/protocol`.

# %% tags=["parameters"]
dataset: str = "all"  # one data set's name, or all that are stored
profile: str = "largest"  # whose runs are shown (smoke, laptop, overnight or paper), and what recompute measures
recompute: bool = False  # measure anew, which needs a data set by name

# %%
from rae_lib import notebooks
from rae_lib.metrics import calibration as sanity
from rae_lib.pages import calibration as yardstick
from rae_lib.pages import charts, expectations, show

notebooks.check_parameters("91_yardstick", globals())
charts.style()

# %%
results = sanity.results(dataset, profile, recompute)
rows = yardstick.frame(results)
note = yardstick.notes(results)

# %% tags=["hide-input"]
show.table(
    yardstick.measured(results),
    caption="What was measured: data sets, features, and how many images a set has",
    name="tbl-yardstick-measured",
    note=f"{note} Numbers of different features, or of different counts, do not compare.",
)

# %% [markdown]
# Each is made by one command, `python -m rae_lib calibrate --dataset NAME --features KIND --images COUNT`, and stored under
# `results/sanity`; where a data set was measured at several counts, the largest is shown.

# %% [markdown]
# ## Real against real
#
# How far apart are two sets of images to which nothing was done? Five pairs, all of the same number of images, half a test set:
# two disjoint parts of the training images; training against test images; validation against test images; the test images
# halved at random, and halved as they are stored. All but the last are drawn several times. Were all images of a data set drawn
# alike, the five would differ by chance alone.

# %% tags=["hide-input"]
show.table(
    yardstick.floors(rows),
    caption="Fréchet distance of real images from real images, with the spread over random draws",
    name="tbl-yardstick-floors",
    note=f"{note} Count: images on either side, half a test set. A dash: fewer validation images than that.",
)

# %% [markdown]
# None of these distances is zero, because samples are finite, and a small set has a larger one. What stands out is any pair that is
# further apart than random halves. Two reasons are known beforehand: stored order can mean something (the halves of MNIST's test
# set were written by different people), and the classifier behind the `domain` features has seen the training images. A third
# concerns `pixels`: like `domain` features they are divided by their spread over the test images, and at the border, where hardly
# two images differ, next to nothing divided by next to nothing weighs as much as the middle of the picture.

# %% [markdown]
# ## Images spoilt by a known amount
#
# To every pixel of the test images, on the scale from 0 to 1, Gaussian noise is added, the same at every level but for its size; or
# the images are blurred by a Gaussian. The result is clipped and rounded to 8 bit, as decoded images are.

# %% tags=["hide-input"]
shown = results[-1]
show.figure(
    yardstick.plate(shown),
    caption=f"Test images of {yardstick.TITLES[shown['dataset']]}, with noise and blurred",
    name="fig-yardstick-plate",
    alt="Nine rows of the same three images: untouched, with five levels of noise from invisible to strong, and with three levels of blur.",
)

# %% [markdown]
# Two references: the very images that were spoilt (which is how reconstructions of test images are measured), and training images
# (which is how samples are). Against its own images nothing but the damage counts, and the line starts at zero. Against
# training images it starts at the floor, and damage below the floor cannot be seen.

# %% tags=["hide-input"]
show.figure(
    yardstick.responses(rows, "noise"),
    caption="Fréchet distance of noisy test images from training images (full), from the same images without noise (dashed), and the floor of training against test images (dotted)",
    name="fig-yardstick-noise",
    alt="A panel for each kind of features, logarithmic axes, a colour and mark for each data set: over the noise a full line with filled marks, a dashed line with open marks, and a dotted horizontal line, the floor.",
)

# %% tags=["hide-input"]
show.figure(
    yardstick.responses(rows, "blur"),
    caption="The same for blurred test images",
    name="fig-yardstick-blur",
    alt="A panel for each kind of features, logarithmic axes, a colour and mark for each data set: over the width of the blur a full line with filled marks, a dashed line with open marks, and a dotted horizontal line, the floor.",
)

# %% [markdown]
# The numbers behind the figures, for the last data set of each kind of features, with the kernel distance, recall ($F_8$) and
# precision ($F_{1/8}$) beside them.

# %% tags=["hide-input"]
chosen = yardstick.last_of_each(rows)
show.table(
    yardstick.levels(rows, chosen, "noise"),
    caption="Noisy test images against training images, by every measure",
    name="tbl-yardstick-noise",
    note="Noise 0: test images as they are. Own images: Fréchet distance from the images that the noise was added to. Inception's features are not standardised, the others are, so their kernel distances have other units.",
)

# %% [markdown]
# ## Which damage weighs more
#
# A squared error treats all pixels alike. Features do not: at the same pixel error they may find noise worse than blur, or blur worse
# than noise. It matters here because autoencoders blur.

# %% tags=["hide-input"]
show.figure(
    yardstick.errors(rows),
    caption="Fréchet distance from training images of noisy (full) and of blurred (dashed) test images with the same pixel error",
    name="fig-yardstick-errors",
    alt="A panel for each kind of features, logarithmic axes, a colour for each data set: a full line for noise and a dashed one for blur against the root mean square pixel error.",
)

# %% [markdown]
# ## Systems, read as noise
#
# What does a distance of three mean? The noise that, added to real images, gives the same distance is a unit that can be looked at, in
# {numref}`fig-yardstick-plate`. Only runs are listed that were measured by the very features and counts of a curve above:
# reconstructions (REC) on the curve against the images themselves, mixture samples (GMM) on that against training images.

# %% tags=["hide-input"]
equivalents = yardstick.equivalents(results, profile)
size = "the largest profile stored" if profile == "largest" else f"profile {profile}"
if len(equivalents):
    show.table(
        equivalents,
        caption=f"Fréchet distance of the RAE papers' systems, {size}, seed 0, and the noise that gives real images the same",
        name="tbl-yardstick-systems",
        note="‘floor’: no further than real images are from one another. Where a curve is not monotone, the largest noise that fits is given.",
    )

# %% [markdown]
# It is a unit and nothing more: a sample at the distance of some noise is not noisy. But it says how coarse a difference between two
# systems is.

# %% [markdown]
# ## What holds, and what does not
#
# What one would expect of a yardstick, put to every data set and every kind of features above. An inequality between single numbers
# holds or does not; one between random draws has to be violated by more than twice their spread.

# %% tags=["hide-input"]
found = expectations.verdict_table(rows)
show.table(
    found,
    caption="Expectations of the yardstick, decided on the stored measurements",
    name="tbl-yardstick-verdicts",
    note="‘Hold’ counts inequalities over data sets and features.",
)

# %% tags=["remove-cell"]
held = found["here"].str.startswith("✓")
show.value("yardstick-held", int(held.sum()))
show.value("yardstick-of", len(found))

# %% [markdown]
# {glue:text}`yardstick-held` of {glue:text}`yardstick-of` expectations hold everywhere. Where one does not, the last column says for
# which images and features, and there a difference between two systems is no more to be trusted than the expectation.
