# %% [markdown]
# # MaskAAE and FlexAE: pictures
#
# *Reconstructions, samples, interpolations, nearest neighbours, attributes.* The slides show FlexAE's images (Figures 11 to 17)
# {cite:p}`raeslides`. {glue:text}`slides-pictures-stored` The images are the first of the test split and the first draws of each
# sampler; none was chosen.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seed: int = 0  # the run whose pictures are shown
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
from rae_lib import notebooks
from rae_lib.config import DATASETS, SYSTEMS
from rae_lib.pages import boxes, figures, galleries, notes, show, slides, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances

notebooks.check_parameters("44_slides_pictures", globals())
figures.use_style()

ADVERSARIAL = ["wae-gan", "maskaae", "flexae"]
wanted = {"systems": ADVERSARIAL, "others": ["slides"], "dataset": dataset, "profile": profile, "seeds": [seed]}
runs = request.find_runs("slides", **wanted, recompute=recompute, needed=False)
long = frame.of_results(runs)
own = sorted((r for r in runs if not r.config.variant), key=lambda r: SYSTEMS.index(r.config.system))
shown = galleries.by_dataset(sorted(own, key=lambda r: DATASETS.index(r.config.dataset)))
order = list(dict.fromkeys(r.config.dataset for r in runs))
synthetic = bool(order) and set(order) <= set(slides.DIMENSIONS)

# %% tags=["remove-cell"]
named = notes.join_words([titles.titled("system", s) for s in dict.fromkeys(r.config.system for r in own)])
show.value(
    "slides-pictures-stored",
    f"This page cannot repeat them yet, because no image is stored: there are runs of {named} on synthetic vectors alone. Missing are the slides' systems on MNIST (reconstructions, samples, interpolations, neighbours) and FlexAE on CelebA (attributes). What is drawn below are vectors of 1,024 numbers."
    if synthetic
    else "A line is a system of the slides with stored pictures.",
)

# %% tags=["remove-input"]
sharp = boxes.Means(select(long, metric="sharpness", protocol="clean"), "dataset", "set", "system")
far = boxes.Means(select_distances(select(long, protocol="clean")), "dataset", "set", "system")
near = boxes.Means(select(long, metric=["nn_ratio", "nn_copies"], features="pixels"), "dataset", "metric", "system")
FACES = ["attribute_probability_without", "attribute_probability_with"]
faces = select(long, metric=FACES, system="flexae")
statements = {} if runs else {"No run of the systems of the slides is stored yet.": True}
for name in (d for d in order if d not in slides.DIMENSIONS):  # of vectors nothing can be seen
    clear, learned = ({s: far(name, s, system) for s in ("rec", "N")} for system in ("wae-gan", "flexae"))
    text = f"**Reconstructions do not say which system samples well.** On {titles.titled('dataset', name)} those of WAE-GAN and FlexAE are both near the test images (distances {clear['rec']:.2f} and {learned['rec']:.2f}). Their samples are at {clear['N']:.1f} and {learned['N']:.1f}, which the plate of samples shows."
    statements |= {text: True} if max(clear["rec"], learned["rec"]) < 0.5 and clear["N"] > 5 * learned["N"] else {}
    drawn, distances = sharp.values[name]["N"] / sharp(name, "real", "flexae"), far.values[name]["N"]
    first, best = drawn.idxmax(), distances.idxmin()
    text = f"**Sharp is not near.** Own samples keep {100 * drawn.min():.0f} to {100 * drawn.max():.0f} % of the sharpness of test images. The sharpest are {titles.titled('system', first)}'s, at a distance of {distances[first]:.1f}; the nearest ({titles.titled('system', best)}, {distances[best]:.1f}) keep {100 * drawn[best]:.0f} %."
    statements |= {text: True} if distances[first] > 2 * distances[best] else {}
    ratio, copies = near.span(name, "nn_ratio", None), near.values[name]["nn_copies"]
    text = f"**Samples of a mixture of ten are no copies ({titles.titled('dataset', name)}).** Their median distance to the nearest training image, in pixels, is {ratio:.2f} times that of a test image. At most {100 * copies.max():.1f} % of a system's samples ({titles.titled('system', copies.idxmax())}) are closer than the closest hundredth of the test images; of other test images 1 % would be."
    statements |= {text: True} if ratio.low > 0.8 and copies.max() < 0.03 else {}
if synthetic:
    text = "**None of the slides' pictures is tested here.** No image by their systems is stored, and nothing can be judged by eye on synthetic vectors; the distances on these are on the {doc}`page of tables <41_slides_tables>`."
    statements[text] = True
ends = boxes.Means(faces, "set", "metric", "step")
names = list(dict.fromkeys(faces["set"]))
there = {n: (ends(n, FACES[0], 0), ends(n, FACES[0], 2)) for n in names}  # on faces without the attribute
back = {n: (ends(n, FACES[1], 0), ends(n, FACES[1], -2)) for n in names}  # on faces with it
moved_there = [n for n in names if there[n][1] > 0.5 > there[n][0]]
lists = [", ".join(f"{n} {one:.2f} to {two:.2f}" for n, (one, two) in side.items()) for side in (there, back)]
unseen = [n for n in names if back[n][0] < 0.5]  # faces with it, on which the classifier does not see it
text = f"**{len(moved_there)} of {len(names)} directions put an attribute on a face and take it off, as a classifier sees it** (a mean probability above and below one half). {notes.join_words(unseen).capitalize() or 'None'} cannot be judged: the classifier does not see it in reconstructions of faces that have it. On CelebA-64 the mean probability of the attribute goes, on faces without it, from t = 0 to 2: {lists[0]}. On faces with it, from 0 to −2: {lists[1]}."
seen = [n for n in names if n not in unseen]
statements |= {text: seen == moved_there and all(back[n][1] < 0.5 for n in seen)} if names else {}
boxes.findings(*statements.items())

# %% tags=["remove-input"]
boxes.rerun("44_slides_pictures", runs)

# %% [markdown]
# ## How it was measured
#
# A picture is decoded from the run of one seed and stored at its own pixels. Reconstructions are of mean codes; samples are the system's own and, where it has one, a mixture's;
# interpolations follow the great circle between two codes. Synthetic data are vectors, not images: their 1,024 numbers are drawn as a
# square. Two lines that differ are different vectors; no more can be seen.

# %% tags=["remove-input"]
paths = galleries.by_dataset([r for r in own if "interpolations" in r.pictures])
near = galleries.by_dataset([r for r in own if "neighbours" in r.pictures])
answers = select(long, metric=FACES)
moved = next((r for r in own if "attribute-smiling" in r.pictures), None)
if not (paths and near):
    boxes.report_missing(
        "the systems of the slides on MNIST, and with them interpolations and nearest neighbours",
        slides.name_command("mnist", "--document slides --seed 0"),
    )
if "celeba64" not in order:
    boxes.report_missing(
        "FlexAE on CelebA, and with it the attributes", slides.name_command("celeba64", "--system flexae")
    )

# %% tags=["remove-cell"]
show.value("slides-paths", "" if paths else "No run with interpolations is stored yet.")
show.value("slides-near", "" if near else "No run with nearest neighbours is stored yet.")
show.value("slides-moved", "" if len(answers) else "No run on faces is stored yet.")

# %% [markdown]
# ## Reconstructions (Figure 11)

# %% tags=["remove-input"]
if shown:
    galleries.gallery(
        {title: galleries.list_reconstructions(part, columns=6) for title, part in shown.items()},
        caption="Test images and their reconstructions from mean codes. Compare each line with the first",
        name="fig-slides-reconstructions",
        alt="six small images",
    )

# %% [markdown]
# ## Samples (Figure 11)

# %% tags=["remove-input"]
if shown:
    galleries.gallery(
        {title: galleries.list_samples(part) for title, part in shown.items()},
        heads=["own sampler", "mixture"],
        caption="Samples of each system's own sampler and of a mixture fitted to its codes. Compare them with the reconstructions above",
        name="fig-slides-samples",
        alt="five small images",
    )

# %% [markdown]
# ## Interpolations
#
# From one test image to another along the great circle between their codes. {glue:text}`slides-paths`

# %% tags=["remove-input"]
if paths:
    galleries.gallery(
        {title: galleries.list_paths(part, steps=7) for title, part in paths.items()},
        heads=["test image", "interpolation", "test image"],
        caption="Interpolations between two test images, which are first and last in each line. Look at the middle",
        name="fig-slides-interpolations",
        alt="small images",
    )

# %% [markdown]
# ## Nearest neighbours (Figure 17)
#
# For each system, samples of a mixture in the first line and below each the training images that are nearest in pixels. The slides show FlexAE's own samples, with four neighbours. {glue:text}`slides-near`

# %% tags=["remove-input"]
if near:
    galleries.gallery(
        {title: galleries.list_neighbours(part, columns=5) for title, part in near.items()},
        caption="Samples, and below each its nearest training images. Look for copies",
        name="fig-slides-neighbours",
        alt="five samples with three neighbours each",
    )

# %% tags=["remove-input"]
copies = select(long, metric=["nn_ratio", "nn_copies"])
copies = copies.assign(value=copies["value"] * copies["metric"].map({"nn_copies": 100}).fillna(1))
if len(copies):
    show.records(
        copies,
        cols=["features", "metric"],
        caption="Distance of samples to the training images, relative to test images. A ratio far below 1 would mean copies",
        name="tbl-slides-neighbours",
        note="A ratio near 1: samples are as new as test images.",
    )

# %% [markdown]
# ## Attributes (Figures 12 to 16)
#
# The slides do not say how they find a direction. Here it is $v = \bar z_{\text{with}} - \bar z_{\text{without}}$, the difference of two mean codes of training images, and a code moves to $z + t\,v$.
# A classifier of the 40 attributes, trained on real images alone, answers along the paths of 500 test images ({ref}`classifiers` has its accuracy). {glue:text}`slides-moved`

# %% tags=["remove-input"]
if len(answers):
    show.figure(
        figures.lines(
            answers,
            "step",
            hue="set",
            col="metric",
            style=figures.style_others("set", list(answers["set"].unique())),
            ylabel="mean probability",
        ),
        caption="Mean probability of an attribute along its direction, 500 test images of CelebA. Left, faces without the attribute; right, faces with it. A direction that means the attribute gives rising lines",
        name="fig-slides-attributes",
        alt="A line for each of five attributes: the classifier's mean probability at steps from -2 to 2.",
    )

# %% tags=["remove-input"]
if moved:
    names = [n for n in moved.pictures if n.startswith("attribute-")]
    galleries.gallery(
        {n.removeprefix("attribute-").replace("-", " "): slides.list_faces(moved, n) for n in names},
        caption="Faces along the direction of an attribute, at t = −2, as it is, and at t = 2. The middle face is a test image; look left and right of it",
        name="fig-slides-faces",
        alt="three faces, the middle one a photograph",
    )

# %% [markdown]
# ## What was reproduced and what was not

# %% tags=["remove-input"]
_ = show.claims("44_slides_pictures", name="tbl-slides-pictures-verdicts", profile=profile, datasets=["celeba64"])

# %% tags=["remove-input"]
plate = "A plate shows that images look plausible, not how often they do; the distances are on the {doc}`page of tables <41_slides_tables>`."
asked = " For attributes the classifier's answers count: a direction that changes the picture and not the answer moves something else."
boxes.findings(
    (plate + asked, True),
    title=boxes.MEANING,
)
