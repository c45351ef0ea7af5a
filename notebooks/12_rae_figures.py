# %% [markdown]
# # Pictures: reconstructions, samples, interpolations, neighbours
#
# **Claim under test.** Reconstructions, samples and interpolations of regularised autoencoders look at least as sharp
# as those of variational and Wasserstein ones, and samples are not copies of training images (RAE, arXiv v1 Figures
# 3–6; ICLR submission Figures 1, 4, 5 and appendix G). {cite:p}`ghosh2019,ghosh2020`
#
# The images are the first ones of the test split and the first draws of each sampler; none was chosen. Pictures are of the
# first data set of the pixel by pixel.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seed: int = 0  # the run whose pictures are shown
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import figures, notes, plates, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select

notebooks.check_parameters("12_rae_figures", globals())
figures.use_style()

runs = request.find_runs("rae", dataset=dataset, profile=profile, seeds=[seed], recompute=recompute)
long = frame.of_results(runs)
first = runs[0].config.dataset
pictured = [r for r in runs if r.config.dataset == first]
title = titles.titled("dataset", first)

# %% tags=["remove-input"]
show.table(
    notes.sizes(runs),
    caption="The runs of this page, and the size of the papers' runs",
    name="tbl-rae-figures-sizes",
    note="Classifier: the share of the test images on which the small classifier behind the features is right.",
)

# %% [markdown]
# ## Reconstructions
#
# Test images in the first line; below, each system's decoding of their mean codes.

# %% tags=["remove-input"]
show.figure(
    plates.systems(pictured, "reconstructions", [1], head="test images", columns=8),
    caption=f"Test images and their reconstructions, {title}",
    name="fig-rae-reconstructions",
    alt="Rows of eight small images: test images on top, then the reconstructions of each system.",
)

# %% [markdown]
# ## Samples
#
# Left, each system's own sampler (N: its prior, its second stage, or one fitted Gaussian); right, the ten-component
# mixture on its training codes. The two-stage VAE has no mixture: its second stage is its density.

# %% tags=["remove-input"]
show.figure(
    plates.samples(pictured, columns=6),
    caption=f"Samples by each system's own sampler (N) and by the fitted mixture (GMM), {title}",
    name="fig-rae-samples",
    alt="One row per system with six samples from its own sampler on the left and six from the fitted mixture on the right.",
)

# %% [markdown]
# ## Interpolations
#
# From one test image to another along the great circle between their codes (slerp).

# %% tags=["remove-input"]
show.figure(
    plates.systems(pictured, "interpolations", [0]),
    caption=f"Spherical interpolations between two test images, {title}",
    name="fig-rae-interpolations",
    alt="One row per system of ten images that turn from one test image into another.",
)

# %% [markdown]
# How even is such a path? The step variation is the coefficient of variation of the six feature distances between
# seven points of a path, averaged over paths; lower is more even. Sharpness is the mean variance of the image's Laplacian,
# which for a good generator is close to that of real images, not as high as possible.

# %% tags=["remove-input"]
clean = select(long, protocol="clean")
sharp = select(clean, metric=["sharpness", "step_cv"], set=["rec", "N", "gmm", "interp"])
show.records(
    sharp,
    rows=["system"],
    cols=["metric", "set"],
    by="dataset",
    better={"step_cv": "min"},
    floor=select(clean, metric="sharpness", set="real"),
    caption="Sharpness of images, and evenness of interpolations",
    name="tbl-rae-sharpness",
    note="Real images: the test images.",
)

# %% [markdown]
# ## Nearest neighbours
#
# Mixture samples of RAE-L2 (first line) with their three nearest training images in pixel distance.

# %% tags=["remove-input"]
near = next((r for r in pictured if r.config.system == "rae-l2"), pictured[0])
show.figure(
    plates.rows(near, "neighbours"),
    caption=f"Samples and their nearest training images, {titles.titled('system', near.config.system)}, {title}",
    name="fig-rae-neighbours",
    alt="A row of ten samples, and below each its three nearest training images: similar in shape, none identical.",
)

# %% [markdown]
# The ratio compares the median distance of a sample to its nearest training image with that of a test image: near 1,
# samples are as new as test images. Close samples are nearer than the closest hundredth of test images. Samples are of the
# mixture, for the two-stage VAE of its second stage.

# %% tags=["remove-input"]
show.records(
    select(clean, metric=["nn_ratio", "nn_copies"]),
    rows=["system"],
    cols=["features", "metric"],
    by="dataset",
    caption="Distance of samples to the training images, relative to test images",
    name="tbl-rae-neighbours",
    note="Blurred images lie nearer to everything in pixel distance, hence the columns in features too.",
)

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["remove-input"]
_ = show.claims(
    "12_rae_figures", name="tbl-rae-figures-verdicts", profile=profile, datasets=[r.config.dataset for r in runs]
)
