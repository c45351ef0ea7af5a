# %% [markdown]
# # Pictures: reconstructions, samples, interpolations, neighbours
#
# **Claim under test.** Reconstructions, samples and interpolations of regularised autoencoders look at least as sharp
# as those of variational and Wasserstein ones, and samples are not copies of training images (RAE, arXiv v1 Figures
# 3–6; ICLR submission Figures 1, 4, 5 and appendix G). {cite:p}`ghosh2019,ghosh2020`
#
# The images are the first ones of the test split and the first draws of each sampler; none was chosen.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seed: int = 0  # the run whose pictures are shown
recompute: bool = False  # train everything anew (needs one data set by name)

# %%
from rae_lib import notebooks
from rae_lib.campaign import command
from rae_lib.config import SYSTEMS
from rae_lib.pages import charts, plates, show, studies, tables

notebooks.check_parameters("12_rae_figures", globals())
charts.style()

# %%
shown = tables.shown(dataset, profile, recompute)
results = {name: tables.systems(name, profile, [seed], recompute) for name in shown}
last = max(shown, key=lambda name: len(results[name]))  # the first of those with most systems

# %% [markdown]
# ## Reconstructions
#
# Test images in the first line; below, each system's decoding of their mean codes.

# %% tags=["hide-input"]
show.figure(
    plates.systems(results[last], "reconstructions", [1], head="test images", columns=8),
    caption=f"Test images and their reconstructions, {tables.TITLES[last]}",
    name="fig-rae-reconstructions",
    alt="Rows of eight small images: test images on top, then the reconstructions of each of the ten systems.",
)

# %% [markdown]
# ## Samples
#
# Left, each system's own sampler (N: its prior, its second stage, or one fitted Gaussian); right, the ten-component
# mixture on its training codes. The two-stage VAE has no mixture: its second stage is its density.

# %% tags=["hide-input"]
show.figure(
    plates.samples(results[last], columns=6),
    caption=f"Samples by each system's own sampler (N) and by the fitted mixture (GMM), {tables.TITLES[last]}",
    name="fig-rae-samples",
    alt="One row per system with six samples from its own sampler on the left and six from the fitted mixture on the right.",
)

# %% [markdown]
# ## Interpolations
#
# From one test image to another along the great circle between their codes (slerp).

# %% tags=["hide-input"]
show.figure(
    plates.systems(results[last], "interpolations", [0]),
    caption=f"Spherical interpolations between two test images, {tables.TITLES[last]}",
    name="fig-rae-interpolations",
    alt="One row per system of ten images that turn from one test image into another.",
)

# %% [markdown]
# How even is such a path? The step variation is the coefficient of variation of the six feature distances between
# seven points of a path, averaged over paths; sharpness is the mean variance of the image's Laplacian, which for a
# good generator is close to that of real images, not as high as possible.

# %% tags=["hide-input"]
for name in shown:
    show.table(
        studies.sharpness(command.table(results[name]), name),
        caption=f"Sharpness and evenness, {tables.TITLES[name]}",
        name=f"tbl-rae-sharpness-{name.replace('_', '-')}",
        note=studies.sharpness_floor(command.table(results[name]))
        + " "
        + tables.scale(results[name]),
        best={"step variation": "min"},
    )

# %% [markdown]
# ## Nearest neighbours
#
# Mixture samples of RAE-L2 (first line) with their three nearest training images in pixel distance.

# %% tags=["hide-input"]
near = next((r for r in results[last] if r.config.system == "rae-l2"), results[last][0])
show.figure(
    plates.rows(near, "neighbours"),
    caption=f"Samples and their nearest training images, {charts.look(near.config.system).label}, {tables.TITLES[last]}",
    name="fig-rae-neighbours",
    alt="A row of ten samples, and below each its three nearest training images: similar in shape, none identical.",
)

# %% [markdown]
# The ratio compares the median distance of a sample to its nearest training image with that of a test image: near 1,
# samples are as new as test images. ‘Closer’ is the share of samples nearer than the closest hundredth of test images.

# %% tags=["hide-input"]
for name in shown:
    show.table(
        studies.neighbours(command.table(results[name]), name),
        caption=f"Distance of samples to the training images, relative to test images, {tables.TITLES[name]}",
        name=f"tbl-rae-neighbours-{name.replace('_', '-')}",
        note=f"Blurred images lie nearer to everything in pixel distance, hence the second pair of columns: {tables.accuracy(results[name])}.",
    )

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["hide-input"]
for name in shown:
    seeds = sorted({seed, *tables.SEEDS})
    everything = tables.systems(name, profile, seeds, False, only=SYSTEMS)
    found = tables.decided("RAE-12 RAE-17", name, everything)
    show.verdict_table(
        found,
        caption=f"Claims about the pictures, decided on {tables.TITLES[name]}",
        name=f"tbl-rae-figures-verdicts-{name.replace('_', '-')}",
        note=tables.scale(everything),
    )
