# %% [markdown]
# # MaskAAE and FlexAE in pictures: reconstructions, samples, interpolations, neighbours, attributes
#
# The slides show FlexAE's images (Figures 11 to 17) {cite:p}`raeslides`. Here every system of the slides that is stored stands in one plate. The images are the
# first of the test split and the first draws of each sampler; none was chosen.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seed: int = 0  # the run whose pictures are shown
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import boxes, figures, plates, show, slides, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select

notebooks.check_parameters("44_slides_pictures", globals())
figures.use_style()

ADVERSARIAL = ["wae-gan", "maskaae", "flexae"]
runs = request.find_runs(
    "slides",
    systems=ADVERSARIAL,
    beside=["slides"],
    dataset=dataset,
    profile=profile,
    seeds=[seed],
    recompute=recompute,
)
long = frame.of_results(runs)
order = list(dict.fromkeys(r.config.dataset for r in runs))
pictured = {d: [r for r in runs if r.config.dataset == d and not r.config.variant] for d in order}
first = next((d for d in order if len(pictured[d]) > 1), order[0])
chosen = sorted(pictured[first], key=lambda r: slides.SYSTEMS.index(r.config.system))
title = titles.titled("dataset", first)

# %% tags=["remove-input"]
sharp = select(long, metric="sharpness", protocol="clean", dataset=first)
real = sharp[sharp["set"] == "real"]["value"].mean()
drawn = sharp[sharp["set"] == "N"].groupby("system")["value"].mean()
gap = (drawn / real - 1).abs()
faces = select(long, metric="attribute_probability", system="flexae")
statements = {
    f"On {title} the pictures of {len(chosen)} systems are stored. The sharpness of samples, relative to that of test images, goes from "
    f"{(drawn / real).min():.2f} to {(drawn / real).max():.2f}; {titles.titled('system', gap.idxmin())} is nearest to 1 ({(drawn / real)[gap.idxmin()]:.2f}).": len(
        drawn
    )
    > 0,
}
for name, part in faces.groupby("set"):
    ends = part.groupby("step")["value"].mean()
    text = f"Along the direction of “{name}” the mean probability of the attribute goes from {ends.iloc[0]:.2f} to {ends.iloc[-1]:.2f}."
    statements[text] = True
boxes.findings(statements)

# %% [markdown]
# ## How it was measured
#
# A picture is decoded from the run of one seed and stored at its own pixels. Reconstructions are of mean codes; samples are the system's own and, where it has one, a mixture's;
# interpolations follow the great circle between two codes.

# %% tags=["remove-input"]
if "celeba64" not in order:
    slides.tell_missing(
        "FlexAE on CelebA, and with it the attributes", slides.name_command("celeba64", "--system flexae")
    )
if "mnist" not in order:
    slides.tell_missing(
        "the systems of the slides on MNIST", slides.name_command("mnist", "--document slides --seed 0")
    )

# %% [markdown]
# ## Reconstructions (Figure 11)

# %% tags=["remove-input"]
show.figure(
    plates.systems(chosen, "reconstructions", [1], head="test images", columns=8),
    caption=f"Test images and their reconstructions, {title}",
    name="fig-slides-reconstructions",
    alt="Rows of eight small images: test images on top, then the reconstructions of each system.",
)

# %% [markdown]
# ## Samples (Figure 11)

# %% tags=["remove-input"]
show.figure(
    plates.samples(chosen, columns=6),
    caption=f"Samples by each system's own sampler (N) and by the fitted mixture (GMM), {title}",
    name="fig-slides-samples",
    alt="One row per system with six samples from its own sampler on the left and six from a mixture on the right.",
)

# %% [markdown]
# ## Interpolations

# %% tags=["remove-input"]
paths = [r for r in chosen if plates.kept(r, "interpolations")]
if paths:
    show.figure(
        plates.systems(paths, "interpolations", [0]),
        caption=f"Spherical interpolations between two test images, {title}",
        name="fig-slides-interpolations",
        alt="One row per system of ten images that turn from one test image into another.",
    )
else:
    slides.tell_missing(
        f"interpolations on {title}, which has no runs with them",
        slides.name_command("mnist", "--document slides --seed 0"),
    )

# %% [markdown]
# ## Nearest neighbours (Figure 17)
#
# The first line has samples of FlexAE or, where it is not stored, of another system; below each lie the training images that are nearest in pixels.

# %% tags=["remove-input"]
near = [r for d in order for r in pictured[d] if plates.kept(r, "neighbours")]
near.sort(key=lambda r: r.config.system != "flexae")
if near:
    where = titles.titled("dataset", near[0].config.dataset)
    show.figure(
        plates.rows(near[0], "neighbours"),
        caption=f"Samples and their nearest training images, {titles.titled('system', near[0].config.system)}, {where}",
        name="fig-slides-neighbours",
        alt="A row of ten samples, and below each its three nearest training images.",
    )
else:
    slides.tell_missing(
        "samples with their nearest training images", slides.name_command("mnist", "--document slides --seed 0")
    )

# %% tags=["remove-input"]
copies = select(long, metric=["nn_ratio", "nn_copies"])
if len(copies):
    show.records(
        copies,
        rows=["system"],
        cols=["features", "metric"],
        by="dataset",
        caption="Distance of samples to the training images, relative to test images",
        name="tbl-slides-neighbours",
        note="A ratio near 1: samples are as new as test images.",
    )

# %% [markdown]
# ## Attributes (Figures 12 to 16)
#
# The slides do not say how they find a direction. Here it is $v = \bar z_{\text{with}} - \bar z_{\text{without}}$, the difference of two mean codes of training images, and a code moves to $z + t\,v$.
# A classifier of the 40 attributes, trained on real images alone, answers along the path of 500 test images.

# %% tags=["remove-input"]
answers = select(long, metric="attribute_probability")
if len(answers):
    show.figure(
        figures.lines(
            answers,
            "step",
            hue="set",
            col="system",
            style=figures.style_others("set", list(answers["set"].unique())),
            ylabel="mean probability",
        ),
        caption="Mean probability of an attribute along its direction, 500 test images of CelebA",
        name="fig-slides-attributes",
        alt="A line for each of five attributes: the mean probability rises from step -2 to step 2.",
    )
else:
    slides.tell_missing("attributes of faces", slides.name_command("celeba64", "--system flexae"))

# %% tags=["remove-input"]
moved = next((r for r in pictured.get("celeba64", []) if plates.kept(r, "attribute-smiling")), None)
if moved:
    names = [n for n in moved.pictures if n.startswith("attribute-")]
    rows = {
        f"{n.removeprefix('attribute-').replace('-', ' ')}, {'without' if i == 0 else 'with'}": [
            plates.joined(moved.picture(n)[2 * i : 2 * i + 1])
        ]
        for n in names
        for i in (0, 1)
    }
    show.figure(
        plates.pictures(rows),
        caption="Faces along the direction of an attribute, from t = −2 to 2; the middle image is a test image without or with the attribute",
        name="fig-slides-faces",
        alt="Ten rows of nine faces: from left to right an attribute fades in; the middle face is a photograph.",
    )

# %% [markdown]
# ## What it means
#
# A plate shows that images look plausible and says nothing on how often. The numbers that belong to it are the distances in {doc}`41_slides_tables` and, for attributes, the answers of the
# classifier: a direction that changes the picture and not the answer moves something else.
#
# ## What reproduced, what did not

# %% tags=["remove-input"]
_ = show.claims(
    "44_slides_pictures",
    name="tbl-slides-pictures-verdicts",
    profile=profile,
    datasets=[r.config.dataset for r in runs],
)

# %% tags=["remove-input"]
boxes.rerun("44_slides_pictures", runs)
