# %% [markdown]
# # MaskAAE and FlexAE: tables
#
# *Which model generates best?* The slides compare seventeen by one number, the Fréchet distance of samples {cite:p}`raeslides`.
# This page has their Tables 1, 3 and 4 and our runs of the same systems. {doc}`42_maskaae` has the mask and Table 2, {doc}`43_flexae`
# the prior and Table 5.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import catalogue
from rae_lib.pages import boxes, figures, notes, show, slides, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances
from rae_lib.results.printed import printed

notebooks.check_parameters("41_slides_tables", globals())
figures.use_style()

runs = request.find_runs(
    "slides", others=["rae"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute, needed=False
)
ours = frame.of_results(runs)
clean = select_distances(ours)
real = select(clean, set="real")
paper = printed("slides")
table1, table3, table4 = (paper[paper["table"] == number] for number in ("1", "3", "4"))


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
def sampled(table: pd.DataFrame) -> pd.DataFrame:
    """The samples of a published table, a mixture's where the model has one."""
    return table[table["set"].isin(["N", "gmm"]) & (table["metric"] == "frechet")]


def lowest(table: pd.DataFrame, name: str, kinds: list) -> pd.Series:
    """The lowest distance of every system on a data set."""
    part = table[(table["dataset"] == name) & table["set"].isin(kinds)]
    return part.groupby("system")["value"].min().sort_values()


first = {name: lowest(sampled(table1), name, ["N"]) for name in table1["dataset"].unique()}
third = {name: lowest(sampled(table3), name, ["N", "gmm"]) for name in table3["dataset"].unique()}
again = {name: lowest(table3, name, ["rec"]) for name in third}
models = (sampled(table3)["dataset"] == "mnist").sum()  # the injective flow is two of them
inferred = catalogue()["published"]["slides"]["VAE"]  # that Table 3's VAE is this one of Table 1 is our reading
both = [(d, s) for d in third for s in first[d].index if s in third[d].index and s != inferred]
apart = [max(first[d][s], third[d][s]) / min(first[d][s], third[d][s]) > 1.1 for d, s in both]
mine = {name: lowest(clean, name, ["N"]) for name in clean["dataset"].unique()}
mine = {name: v for name, v in mine.items() if v.index.isin(table1["system"]).sum() > 1}

# %% tags=["remove-input"]
mask, flex = "maskaae", "flexae"
better = [s for s in third["mnist"].index if third["mnist"][s] < third["mnist"][mask]]
statements = {
    f"**The best model of one published table is not the best of the other.** As published, {titles.titled('system', mask)} has the lowest distance of the {len(first['mnist'])} models of Table 1 on each of "
    f"{len(first)} data sets ({first['mnist'][mask]:g} on MNIST, {first['cifar10'][mask]:g} on CIFAR-10). Of the "
    f"{models} models of Table 3, {len(better)} are ahead of it on MNIST.": all(
        v.idxmin() == mask for v in first.values()
    )
    and len(better) > 1,
    f"**FlexAE leads as published.** {titles.titled('system', flex)} has the lowest distance of samples ({third['mnist'][flex]:g}, "
    f"{third['cifar10'][flex]:g} and {third['celeba64'][flex]:g}) and of reconstructions in Table 3, on all three data sets.": all(
        v.idxmin() == flex for v in (*third.values(), *again.values())
    ),
    f"**The two tables contradict each other.** The models that have one name in both share {len(both)} cells, and {sum(apart)} of these differ by more than a tenth, so that a place in one table "
    "does not carry over to the other.": sum(apart) > len(both) / 2,
}

# %% tags=["remove-input"]
mean, details = boxes.Means(select(clean, dataset="mnist"), "system", "set"), {}
for name in mine:
    size = f"{titles.titled('dataset', name)}, profile {ours[ours['dataset'] == name]['profile'].iloc[0]}"
    own = clean[(clean["dataset"] == name) & (clean["set"] == "N")]
    means = own.groupby("system")["value"].mean().sort_values()
    words = [
        f"{titles.titled('system', s)} {v:.3g} (seeds: {(own['system'] == s).sum()})" for s, v in means[:3].items()
    ]
    text = f"**Our runs so far** ({size}): distances of samples, the lowest first: {', '.join(words)}."
    text += " With a single seed of a system this is no order." if own["system"].value_counts().min() == 1 else ""
    details[text] = True
ours1 = pd.Series({s: mean(s, "N") for s in first["mnist"].index}, dtype=float).dropna()
if mask in ours1:
    passing = ["vae-flow", "wae-mmd"]
    words = [
        f"{titles.titled('system', s)} {first['mnist'][s]:g} and {ours1.get(s, float('nan')):.1f}" for s in passing
    ]
    place = int(ours1.rank()[mask])
    text = f"**Our order of Table 1 on MNIST is not the slides'.** {titles.titled('system', mask)} has the lowest published distance ({first['mnist'][mask]:g}). In our runs it is number {place} of {len(ours1)} ({ours1[mask]:.1f}, {boxes.name_seeds([r for r in runs if r.config.dataset == 'mnist'], mask)}). Two that are far behind it as published are ahead of it here (published and ours): {' and '.join(words)}."
    statements[text] = place > 2 and all(first["mnist"][s] > 4 * first["mnist"][mask] for s in passing)
    statements[text] &= all(ours1.get(s, float("inf")) < ours1[mask] for s in passing)
for name in slides.DIMENSIONS:
    pairs = clean[(clean["dataset"] == name) & clean["set"].isin(["N", "gmm"])]
    pairs = pairs.pivot_table(index="system", columns="set", values="value").reindex(columns=["N", "gmm"]).dropna()
    if len(pairs):
        words = [f"{titles.titled('system', s)} {row.N:.1f} and {row.gmm:.1f}" for s, row in pairs.iterrows()]
        text = f"**On {titles.titled('dataset', name)} a fitted mixture is worse than the prior:** {notes.join_words(words)}."
        on_mnist = [(mean(s, "N"), mean(s, "gmm")) for s in pairs.index]
        if all(gmm < prior for prior, gmm in on_mnist):
            text += " On MNIST it is nearer for the same systems."
        details[text] = bool((pairs["gmm"] > 1.3 * pairs["N"]).all())

# %% tags=["remove-input"]
learned, fitted, second = mean("vae-learned", "N"), mean("vae-learned", "gmm"), mean("two-stage-dw", "N")
pair = boxes.name_seeds(runs, "vae-learned", "two-stage-dw")
plain, staged = mean("vae", "N"), mean("two-stage-vae", "N")
text = "**A second stage helps the VAE that learns its variance, not the VAE of the RAE papers.** "
text += f"Samples of the first on MNIST are at {learned:.1f} from N(0, I), at {second:.1f} through the second stage of Dai and Wipf and at {fitted:.1f} from a mixture of ten, as near as those of RAE-L2 ({mean('rae-l2', 'gmm'):.1f}; {pair}). So its large published distance seems to come from its prior, not from its decoder. "
text += f"The VAE of the RAE papers is at {plain:.1f}, and at {staged:.1f} through their second stage. The slides say that a second stage helps clearly, and in RAE it hardly does: each is right about its own first stage."
if learned == learned:
    largest = first["mnist"].nlargest(3).index
    statements[text] = "vae-learned" in largest and 2 * second < learned and fitted < 1.15 * mean("rae-l2", "gmm")
    statements[text] &= abs(staged / plain - 1) < 0.2
flow = {kind: mean("vae-flow", kind) for kind in ("N", "flow", "gmm")}
text = f"**Samples of a flow trained with the VAE are {boxes.compare_distances(flow['N'], flow['flow'])} those of one fitted to its codes afterwards.** On MNIST the first are at {flow['N']:.1f}, the second at {flow['flow']:.1f}, those of a mixture of ten at {flow['gmm']:.1f}, from N(0, I) at {mean('vae-flow', 'N01'):.0f} ({boxes.name_seeds(runs, 'vae-flow')})."
details |= {text: True} if flow["N"] == flow["N"] else {}
text = f"**The implicit prior helps, less than a mixture on its codes.** It is the law of the codes, given by a classifier of codes and N(0, I), and has no sampler. Drawn by its weights from proposals near the codes, samples are at {mean('vae-iop', 'N'):.1f}; those of the VAE with the same weight of the divergence and the prior N(0, I) at {mean('vae', 'N'):.1f}, of a mixture on the codes at {mean('vae-iop', 'gmm'):.1f} (MNIST, {boxes.name_seeds(runs, 'vae-iop')})."
if mean("vae-iop", "N") == mean("vae-iop", "N"):
    details[text] = 1.3 * mean("vae-iop", "gmm") < mean("vae-iop", "N") < 0.8 * mean("vae", "N")
said = boxes.Means(select(table3, dataset="mnist", metric="frechet", system="injective-flow"), "set")
ours_of = {kind: mean("injective-flow", kind) for kind in ("N", "gmm")}
text = f"**A mixture repairs the injective flow, as published.** On MNIST it takes the distance of samples from {ours_of['N']:.1f} to {ours_of['gmm']:.1f} here ({boxes.name_seeds(runs, 'injective-flow')}), and from {said('N'):.1f} to {said('gmm'):.1f} in the slides."
statements |= {text: True} if ours_of["gmm"] < 0.5 * ours_of["N"] and said("gmm") < 0.5 * said("N") else {}

# %% tags=["remove-input"]
weight = 2 * boxes.Means(select(ours, dataset="mnist", metric="gamma"), "system")("vae-learned") ** 2
text = f"**A variance that is learned makes the KL term light.** Against the squared error it weighs {weight:.3f} where the variance is learned, and 2 where it is 1. Reconstructions with a learned variance are at {mean('vae-learned', 'rec'):.2f}, with a variance of 1 at {mean('vae-fixed', 'rec'):.1f}."
details |= {text: True} if weight < 0.1 and mean("vae-learned", "rec") < 0.1 * mean("vae-fixed", "rec") else {}
wide = select_distances(ours, dataset="mnist", protocol=["clean", "stretched"], set="N")
wide = wide.pivot_table(index=["system", "seed"], columns="protocol", values="value").dropna().groupby("system").mean()
if {"clean", "stretched"} <= set(wide) and len(wide) > 1:
    less, (plain, flat) = (
        boxes.find_span(100 - 100 * wide["stretched"] / wide["clean"]),
        (wide[k].idxmin() for k in wide),
    )
    text = f"**Stretched images are nearer, and in another order.** The released code stretches every generated image to the whole range of grey. On MNIST that lowers the distance of samples by {less:.0f} %, and {titles.titled('system', flat)} ({wide['stretched'].min():.2f}) passes {titles.titled('system', plain)} ({wide['stretched'][plain]:.2f}; unstretched {wide['clean'].min():.2f})."
    statements[text] = less.low > 0 and plain != flat
boxes.findings(*statements.items())

# %% tags=["remove-input"]
boxes.rerun("41_slides_tables", runs)

# %% [markdown]
# ## How it was measured
#
# The slides give no settings. The objectives, latent sizes and ratios of rates of MaskAAE and FlexAE are those of their released code; of the baselines,
# those of the papers that the slides name. Networks, length, batch and rate are this book's, and where no setting is known it is chosen
# ({doc}`../book/deviations_others`, {doc}`../book/flexae_theory`). The weights are the last ones of the systems with a critic and of Dai and Wipf's
# two-stage VAE, the best by validation loss of the others.
#
# A distance is that of as many samples as there are test images to the test images. Published ones are in Inception features, ours in those of a small
# classifier, so that orders and ratios compare and values do not. On synthetic data it is taken on the vectors; the size of these runs is ours, and was not tested by
# doubling.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Which of our runs are stored"}
show.table(
    slides.list_stored(["mnist", "cifar10", "celeba64", "fashion_mnist", "digits", "synth8", "synth16"]),
    caption="The systems of the slides: profile and seeds of the stored runs",
    name="tbl-slides-stored",
    note="A dash: not run yet.",
)

# %% tags=["remove-input"]
if set(mine) & {"mnist"}:
    show.table(
        notes.sizes(runs),
        caption="The runs of this page, and the size of the published ones. Compare updates and filters",
        name="tbl-slides-sizes",
        note="Updates of the slides: where the released code has them.",
    )
else:
    boxes.report_missing("the systems of the slides on MNIST", slides.name_command("mnist", "--document slides"))

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Coefficients of the systems"}
show.table(
    notes.coefficients("mnist", "overnight", "slides"),
    caption="Coefficients of the systems of the slides on MNIST, profile overnight",
    name="tbl-slides-coefficients",
    note="β: weight of the divergence, in the sum convention; systems with a critic have no weight, their optimisers have rates.",
)

# %% [markdown]
# ## Table 1: samples
#
# Eight models, each with its own sampler. The VAEs differ by their likelihood. A two-stage VAE on a learned variance is Dai and
# Wipf's, which the slides cite; the other one is that of the RAE papers.

# %% tags=["remove-input"]
wanted = [*table1["system"].unique(), "two-stage-vae"]
show.records(
    pd.concat([sampled(table1), clean[clean["system"].isin(wanted) & (clean["set"] == "N")]]),
    cols=["document"],
    better="min",
    floor=real,
    caption="Fréchet distances of samples: Table 1 of the slides, and ours. Compare MaskAAE here with its place in the next table",
    name="tbl-slides-one",
)

# %% [markdown]
# ## Table 3: reconstructions and samples
#
# Mixtures are fitted to the training codes of the same model, so that reconstructions do not change with them.

# %% tags=["remove-input"]
wanted = [*table3["system"].unique(), "two-stage-vae", "vae-learned", "vae-bce"]
own = clean[clean["system"].isin(wanted) & clean["set"].isin(["rec", "N", "gmm"])]
show.records(
    pd.concat([table3[table3["set"].isin(["rec", "N", "gmm"])], own]),
    cols=["set", "document"],
    better="min",
    floor=real,
    caption="Fréchet distances of reconstructions and samples: Table 3 of the slides, and ours. Compare samples with reconstructions of the same row. Where samples are nearer, as of the VAE with fixed variance in the slides, the gap is not the price of the prior",
    name="tbl-slides-three",
    note="Reconstructions are compared with the very images that they reconstruct, so that they can be nearer than other real images are.",
)

# %% tags=["remove-input"]
if details:
    boxes.findings(*details.items(), title="What the samplers and the likelihoods do")

# %% [markdown]
# ## Table 4: precision and recall
#
# The first published number is read as precision, $F_{1/8}$ ({ref}`prd`).

# %% tags=["remove-input"]
scores = select(ours, metric=["prd_f8", "prd_f1_8"], set=["N", "gmm"], protocol="clean")
scores = scores[scores["system"].isin(table4["system"])]
show.records(
    pd.concat([table4[table4["set"].isin(["N", "gmm"])], scores]),
    cols=["set", "metric", "document"],
    better="max",
    caption="Precision and recall of samples: Table 4 of the slides, and ours. Compare FlexAE with RAE-L2: does it lead here as in distance?",
    name="tbl-slides-four",
)

# %% [markdown]
# ## Two habits of the released code
#
# The released code reports the lowest distance over its checkpoints, chosen on the test images that it is reported on, and
# reconstructions and samples may come from different checkpoints. Each run of ours is compared with 2,000 test images ten times
# during training. The ratio of the last to the lowest of these distances is what the choice gains.

# %% tags=["remove-input"]
over = select(ours, metric=["lowest_checkpoint", "last_checkpoint", "optimism"], set=["rec", "N"])
if len(over):
    show.records(
        over,
        cols=["set", "metric"],
        caption="Fréchet distances of 2,000 images at ten checkpoints: the lowest, the last, and their ratio. The further the ratio is above 1, the more the choice of a checkpoint gains",
        name="tbl-slides-checkpoints",
        note="Of the first 2,000 test images, which on MNIST differ from the rest (page on what the distance measures): compare within this table alone.",
    )

# %% tags=["remove-cell"]
gains, others = (over[(over["metric"] == "optimism") & (over["set"] == kind)]["value"] for kind in ("N", "rec"))
words = "Our stored runs have no such checkpoints yet, so we cannot say how much the choice gains."
if len(gains):
    words = (
        f"Over {len(gains)} runs the median ratio for samples is {gains.median():.3g}, the largest {gains.max():.3g}: "
    )
    words += "by this much a baseline that is reported from its last weights is at a disadvantage. "
    words += f"For reconstructions it is {others.median():.3g} and {others.max():.3g}."
show.value("slides-optimism", words)

# %% [markdown]
# {glue:text}`slides-optimism`
#
# The code also stretches each generated and each reconstructed image to the whole range by its own least and greatest pixel,
# and leaves real images as they are.

# %% tags=["remove-input"]
wide = select_distances(ours, protocol=["clean", "stretched"], set=["rec", "N"])
wide = wide.merge(wide[wide["protocol"] == "stretched"][["dataset", "system"]].drop_duplicates())
if len(wide):
    show.records(
        wide,
        cols=["set", "protocol"],
        caption="Fréchet distances of images as decoded, and stretched by their own minimum and maximum. Where the second is lower, stretching flatters",
        name="tbl-slides-stretched",
        note="Seed 0.",
    )

# %% [markdown]
# ## What was reproduced and what was not

# %% tags=["remove-input"]
_ = show.claims("41_slides_tables", runs, name="tbl-slides-verdicts", profile=profile, datasets=["mnist"])

# %% tags=["remove-input"]
boxes.findings(
    (
        f"The published ranking has an error that it does not state: its two versions differ by more than a tenth in {sum(apart)} of {len(both)} shared cells. "
        "A difference between two models below a tenth means nothing there. In this book every model is measured in the same way, and an order counts where it is larger than the scatter over seeds.",
        len(both) / 2 < sum(apart) <= len(both),
    ),
    title=boxes.MEANING,
)
