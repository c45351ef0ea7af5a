# %% [markdown]
# # RAE: pictures
#
# *Reconstructions, samples, interpolations, nearest neighbours.* The papers claim that those of regularised autoencoders look
# sharper than those of variational and Wasserstein ones, and that samples are not copies of training images (arXiv v1, Figures
# 3 to 6; ICLR submission, Figures 1, 4, 5 and appendix G) {cite:p}`ghosh2019,ghosh2020`.
#
# The images are the first ones of the test split and the first draws of each sampler; none was chosen.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seed: int = 0  # the run whose pictures are shown
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
from rae_lib import notebooks
from rae_lib.pages import boxes, galleries, show
from rae_lib.pages.first import DETERMINISTIC
from rae_lib.results import frame, request
from rae_lib.results.frame import select

notebooks.check_parameters("12_rae_figures", globals())

runs = request.find_runs("rae", dataset=dataset, profile=profile, seeds=[seed], recompute=recompute)
long = frame.of_results(runs)
clean = select(long, protocol="clean")
shown = galleries.by_dataset(runs)
largest = dict(list(shown.items())[:1])  # the data set of the larger galleries

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
sharp = boxes.Means(select(clean, metric="sharpness"), "dataset", "set", "system")
even = boxes.Means(select(clean, metric="step_cv"), "dataset", "system")
near = boxes.Means(select(clean, features="domain"), "dataset", "metric", "system")
real = sharp.span("mnist", "real", None).high
kept = {key: [100 * sharp("mnist", key, s) / real for s in DETERMINISTIC] for key in ("rec", "gmm")}
rec, gmm = (boxes.find_span(kept[key]) for key in ("rec", "gmm"))
noisy = boxes.find_span(100 * sharp("mnist", "gmm", s) / real for s in ("vae", "cv-vae"))
noisy_rec = boxes.find_span(100 * sharp("mnist", "rec", s) / real for s in ("vae", "cv-vae"))
colour = 100 * sharp.span("cifar10", "rec", None).high / sharp.span("cifar10", "real", None).high
ratio, copies = near.span("mnist", "nn_ratio", None), 100 * near.span("mnist", "nn_copies", None).high
size = boxes.name_size([r for r in runs if r.config.dataset == "mnist"])
paths, others = even.span("mnist", DETERMINISTIC), even.span("mnist", ["vae", "cv-vae"])

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**Deterministic reconstructions are sharper, but not sharp.** On MNIST ({size}; longer training still changes all reconstructions) they keep {rec:.0f} % of the sharpness of test images, those of VAE and CV-VAE {noisy_rec:.0f} %. WAE-MMD is like the deterministic systems.",
        rec.low > 1.15 * noisy_rec.high
        and rec.high < 85
        and sharp("mnist", "rec", "wae-mmd") > 0.9 * rec.low * real / 100,
    ),
    (
        f"**The same holds for samples of the mixture:** {gmm:.0f} % for the deterministic systems, {noisy:.0f} % for VAE and CV-VAE.",
        gmm.low > 1.15 * noisy.high,
    ),
    (
        f"**On CIFAR-10 everything is blurred at this size.** No system's reconstructions keep more than {colour:.0f} % of the sharpness of test images, so samples cannot be judged by eye.",
        colour < 40,
    ),
    (
        f"**Samples are no copies.** Their median distance to the nearest training image, in features, is {ratio:.2f} times that of a test image on MNIST, and at most {copies:.2f} % of the samples of a system are as close to one as the closest 1 % of the test images.",
        ratio.low > 0.9 and copies < 3,
    ),
    (
        f"**Interpolations of deterministic systems are more even.** The step variation of their paths is {paths:.2f} on MNIST, that of VAE and CV-VAE {others:.2f}; lower is more even.",
        paths.high < 0.95 * others.low,
    ),
)

# %% tags=["remove-input"]
boxes.rerun("12_rae_figures", runs)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The runs of this page, and the size of the papers' runs"}
boxes.show_sizes(runs, name="tbl-rae-figures-sizes")

# %% [markdown]
# ## Reconstructions

# %% tags=["remove-input"]
galleries.gallery(
    {title: galleries.list_reconstructions(part, columns=8) for title, part in shown.items()},
    caption="Test images and their reconstructions from mean codes. Compare each line with the first: look for lost strokes and blur",
    name="fig-rae-reconstructions",
    alt="eight small images",
)

# %% [markdown]
# ## Samples
#
# The own sampler is the prior of a system, the second stage of the two-stage VAE, or one Gaussian fitted to the codes. The mixture
# has ten components. The two-stage VAE has no mixture: its second stage is its density. The samples of AE, AE-L2, RAE and RAE-L2
# look alike because these systems start from the same weights and their codes are drawn with the same random numbers.

# %% tags=["remove-input"]
galleries.gallery(
    {title: galleries.list_samples(part) for title, part in shown.items()},
    heads=["own sampler", "mixture"],
    caption="Samples of each system's own sampler and of the mixture. Compare left with right: on MNIST the mixture has fewer malformed digits",
    name="fig-rae-samples",
    alt="five small images",
)

# %% [markdown]
# ## Interpolations
#
# From one test image to another along the great circle between their codes (slerp).

# %% tags=["remove-input"]
galleries.gallery(
    {title: galleries.list_paths(part, steps=7) for title, part in shown.items()},
    heads=["test image", "interpolation", "test image"],
    caption="Interpolations between two test images, which are first and last in each line. Look at the middle: is it a digit, or two at once?",
    name="fig-rae-interpolations",
    alt="small images",
)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "More pictures: ten samples and three interpolations of each system"}
galleries.gallery(
    {
        f"{title}: {words}": lines
        for title, part in largest.items()
        for words, lines in (
            ("samples, own sampler", {n: c[:1] for n, c in galleries.list_samples(part, columns=10).items()}),
            ("samples, mixture", {n: c[1:] for n, c in galleries.list_samples(part, columns=10).items()}),
            ("interpolations", {n: c[1:2] for n, c in galleries.list_paths(part, paths=(0, 1, 2), steps=9).items()}),
        )
    },
    caption="Ten samples and three interpolations of each system. Compare the two samplers, tab by tab",
    name="fig-rae-gallery",
    alt="small images",
)

# %% [markdown]
# ### Sharpness and evenness in numbers
#
# Sharpness is the mean variance of an image's Laplacian; for a good generator it is close to that of real images, not as high as
# possible. (Digits are enlarged from 8 × 8 and smoother than any decoder's output.) The step variation is the coefficient of
# variation of six feature distances along a path; lower is more even.

# %% tags=["remove-input"]
show.records(
    select(clean, metric=["sharpness", "step_cv"], set=["rec", "N", "gmm", "interp"]),
    cols=["metric", "set"],
    better={"step_cv": "min"},
    floor=select(clean, metric="sharpness", set="real"),
    caption="Sharpness of images, and evenness of interpolations. Compare the sharpness with the last row, real images",
    name="tbl-rae-sharpness",
)

# %% [markdown]
# ## Nearest neighbours

# %% tags=["remove-input"]
galleries.gallery(
    {
        title: galleries.list_neighbours([r for r in part if r.config.system == "rae-l2"], columns=8)
        for title, part in shown.items()
    },
    caption="Samples of the mixture of RAE-L2 (first line) and their three nearest training images in pixels. Look for a sample that is the same as an image below it",
    name="fig-rae-neighbours",
    alt="a line of eight samples, and below each its three nearest training images",
)

# %% [markdown]
# The ratio compares the median distance of a sample to its nearest training image with that of a test image: near 1,
# samples are as new as test images. Close samples are nearer than the closest hundredth of test images; 1 % is expected of
# new images. Blurred images are nearer to everything in pixels, so the columns in features decide.

# %% tags=["remove-input"]
nearest = select(clean, metric=["nn_ratio", "nn_copies"])
show.records(
    nearest.assign(value=nearest["value"] * nearest["metric"].map({"nn_copies": 100}).fillna(1)),
    cols=["features", "metric"],
    caption="Distance of samples to the training images, relative to test images. A ratio well below 1 would mean copies",
    name="tbl-rae-neighbours",
)

# %% [markdown]
# ## What was reproduced and what was not

# %% tags=["remove-input"]
_ = show.claims("12_rae_figures", runs, name="tbl-rae-figures-verdicts", profile=profile)

# %% tags=["remove-input"]
boxes.findings(
    (
        "The pictures agree with the papers on MNIST: the noise of VAE and CV-VAE, at the RAE papers' weights, costs sharpness, and no sampler repeats training images. They do not show that a regulariser makes images sharper than no regulariser does. CIFAR-10 needs larger networks before its pictures say anything.",
        rec.low > 1.15 * noisy_rec.high
        and ratio.low > 0.9
        and 100 * sharp("mnist", "rec", "ae") / real > 0.97 * rec.high
        and colour < 40,
    ),
    title=boxes.MEANING,
)
