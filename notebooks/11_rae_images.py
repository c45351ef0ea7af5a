# %% [markdown]
# # The image table: ten systems, four ways of making images
#
# **Claim under test.** Sampling a mixture fitted after training makes a plain regularised autoencoder as good a
# generator as a variational or Wasserstein one, or better (RAE, arXiv v1 sections 7.1–7.3 and Table 1; ICLR
# submission sections 6.1, Tables 1 and 2). {cite:p}`ghosh2019,ghosh2020`
#
# Every number below comes from a stored run; nothing on this page is typed in. What a column measures, and by which
# protocol, is told in {doc}`../book/protocol`; how to make the page anew with other parameters in
# {doc}`../book/reading`.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything anew (needs one data set by name)

# %%
from rae_lib.campaign import command
from rae_lib.pages import charts, show, studies, tables

command.check_parameters(
    globals(), {"dataset": str, "profile": str, "seeds": list, "recompute": bool}
)
charts.style()

# %% [markdown]
# ## The runs
#
# Each system is one configuration of one catalogue. A notebook does not train by hand: it names the runs it wants,
# and they are found in the store or made.

# %%
shown = tables.shown(dataset, profile, recompute)
results = {name: tables.systems(name, profile, seeds, recompute) for name in shown}
records = {name: command.table(found) for name, found in results.items()}

# %% [markdown]
# The coefficients are in one convention, the sum over pixels of one image averaged over the batch, with the source of
# each; an absent one is zero by definition of the system.

# %% tags=["hide-input"]
show.table(
    tables.coefficients(shown[0], profile),
    caption=f"Coefficients of the ten systems on {tables.TITLES[shown[0]]}",
    name="tbl-rae-coefficients",
    note="‘code N’ is entry N of the official configuration list; a small profile has one learning rate for all.",
)

# %% [markdown]
# ## Table 1: Fréchet distances
#
# REC are reconstructions of test images, N samples from the system's own prior (the autoencoders, which have none:
# from one Gaussian fitted to the training codes), GMM samples from a ten-component mixture fitted to the training
# codes, Interp decoded mid-points between pairs of test codes. Lower is better. The features are those of a small
# classifier trained on the data set's own training labels, standardised by the test images: such a distance does
# not compare with a published one, so beside ours stand the published numbers for their *order* and their *ratios*.

# %% tags=["hide-input"]
for name in shown:
    kind = tables.features_of(name)
    frame = tables.measured(records[name], "frechet", tables.SETS, kind)
    show.table(
        tables.beside(frame, name),
        caption=f"Fréchet distance in {kind} features, {tables.TITLES[name]}, clean protocol",
        name=f"tbl-rae-fid-{name.replace('_', '-')}",
        note=f"{tables.scale(results[name])} {tables.floor(records[name], kind)} In print: ICLR Table 1, Inception.",
        best={title: "min" for title in tables.SETS.values()},
    )

# %% [markdown]
# ### The order of the systems, in print and here
#
# Where the data set is one of the papers', the mixture column can be compared by rank.

# %% tags=["hide-input"]
printed = [name for name in ("mnist", "cifar10", "celeba64") if name in shown] or shown[:1]
known = {name: {r.config.system for r in results[name]} for name in printed}
ranked = max(printed, key=lambda name: len(known[name]))  # the first of those with most systems
print_column, our_column = tables.rank_columns(records[ranked], ranked, "gmm")
show.figure(
    charts.ranks(print_column, our_column),
    caption=f"Rank of each system by the Fréchet distance of its mixture samples (in print, in Inception features: MNIST unless {tables.TITLES[ranked]} was printed)",
    name="fig-rae-ranks",
    alt="Two columns of system names ordered by Fréchet distance, published on the left and measured on the right, joined by lines that cross where the order differs.",
)

# %% [markdown]
# ### What the mixture buys
#
# The arrows lead from the system's own sampler to the mixture; the claim is that every arrow points to the left.

# %% tags=["hide-input"]
show.figure(
    charts.dumbbell(
        tables.pair(records[ranked], ranked, "N", "gmm"),
        "N",
        "GMM",
        xlabel="Fréchet distance",
        log=True,
    ),
    caption=f"From the own sampler (N) to the fitted mixture (GMM), {tables.TITLES[ranked]}",
    name="fig-rae-gain",
    alt="One horizontal arrow per system from the Fréchet distance of its own sampler to that of the fitted mixture, on a logarithmic axis.",
)

# %% [markdown]
# The same as a ratio, which does not depend on the scale of the features: the distance of the mixture's samples over
# that of the system's own sampler.

# %% tags=["hide-input"]
for name in shown:
    show.table(
        tables.ratios(records[name], name),
        caption=f"Fréchet distance of GMM samples over that of N samples, {tables.TITLES[name]}",
        name=f"tbl-rae-ratios-{name.replace('_', '-')}",
        note=f"Features here: {tables.features_of(name)}; in print: Inception. {tables.scale(results[name])}",
        best={"here": "min"},
    )

# %% [markdown]
# ### By the papers' protocol
#
# What the official code measured: reconstructions and mid-points of images that were seen in training, through a
# sampled code where the system samples one (and through the second stage of the two-stage VAE), images truncated to
# eight bits.

# %% tags=["hide-input"]
for name in shown:
    kind = tables.features_of(name)
    show.table(
        tables.measured(records[name], "frechet", tables.SETS, kind, "paper"),
        caption=f"Fréchet distance in {kind} features, {tables.TITLES[name]}, paper protocol",
        name=f"tbl-rae-fid-paper-{name.replace('_', '-')}",
        note=f"REC: images seen in training, decoded as the official code decoded them; reference: the test images; {tables.accuracy(results[name])}.",
        best={title: "min" for title in tables.SETS.values()},
    )

# %% [markdown]
# ### In Inception features
#
# Measured where the Inception weights were at hand, on the sets named in the table; an absent column was not
# measured. FID-768 uses an earlier layer of the same network than the papers' 2048 features, so it has another
# scale: compare orders and ratios. KID, unlike FID, has no bias from the number of images.

# %% tags=["hide-input"]
measured = [name for name in shown if tables.inception(records[name]) is not None]
for name in measured:
    frame, note = tables.inception(records[name])
    show.table(
        frame,
        caption=f"Inception distances, {tables.TITLES[name]}",
        name=f"tbl-rae-inception-{name.replace('_', '-')}",
        note=note,
        best={c: "min" for c in frame.columns if c.startswith(("FID", "KID"))},
    )

# %% [markdown]
# ### With and without batch norm
#
# The preprint adds, in words only, that batch normalisation improves all models (arXiv v1, section 7.1). The same systems and
# coefficients, trained without it:

# %%
ask = (profile, seeds, recompute)
without = {name: studies.runs_of("no-bn", name, *ask, needed=False) for name in shown}

# %% tags=["hide-input"]
for name in (n for n in shown if without[n]):
    show.table(
        studies.batch_norm(results[name], without[name], tables.features_of(name)),
        caption=f"Fréchet distance with and without batch norm, {tables.TITLES[name]}",
        name=f"tbl-rae-batch-norm-{name.replace('_', '-')}",
        note=tables.scale(without[name]),
    )

# %% [markdown]
# ### What the pieces cost
#
# The papers call their pieces cheap: the gradient penalty against the penalty of a contractive autoencoder {cite:p}`rifai2011`, which
# needs a backward pass for every latent dimension, and a mixture against a second VAE on the codes.

# %%
costly = {n: studies.runs_of("contractive", n, *ask, needed=False) for n in shown}

# %% tags=["hide-input"]
for name in (n for n in shown if costly[n]):
    show.table(
        studies.pieces(results[name], costly[name]),
        caption=f"What the pieces cost, {tables.TITLES[name]}",
        name=f"tbl-rae-pieces-{name.replace('_', '-')}",
        note=f"Measured on {costly[name][0].raw['device']}, several runs side by side; the ratios say more than the times.",
    )

# %% [markdown]
# ## Table 2: precision and recall
#
# Precision and recall for distributions {cite:p}`sajjadi2018`: $F_8$ weighs recall, $F_{1/8}$ precision. The papers
# print two numbers under the heading "precision / recall", while the authors' script returns $F_8$ first. Below, the first
# printed number is read as $F_{1/8}$, as the heading says; if the table has the script's order, the two are interchanged
# ({ref}`prd`).

# %% tags=["hide-input"]
for name in shown:
    kind = tables.features_of(name)
    frame = tables.scores(records[name], name, kind)
    show.table(
        frame,
        caption=f"Precision and recall scores in {kind} features, {tables.TITLES[name]}, clean protocol",
        name=f"tbl-rae-prd-{name.replace('_', '-')}",
        note=tables.score_floor(records[name], kind)
        + f" Here: {tables.accuracy(results[name])}; in print: ICLR Table 2, Inception, F1/8 read as precision.",
        best={c: "max" for c in frame if c != "system" and "print" not in c},
    )

# %% [markdown]
# The official code took training images as the reference; by that protocol:

# %% tags=["hide-input"]
for name in shown:
    kind = tables.features_of(name)
    frame = tables.scores(records[name], name, kind, "paper")
    show.table(
        frame[[c for c in frame if "print" not in c]],
        caption=f"Precision and recall scores in {kind} features, {tables.TITLES[name]}, paper protocol",
        name=f"tbl-rae-prd-paper-{name.replace('_', '-')}",
        note="Reference: as many training images. " + tables.scale(results[name]),
    )

# %% [markdown]
# ## How the training went
#
# The objectives differ, so their values do not compare; the reconstruction term does.

# %% tags=["hide-input"]
first = {
    r.config.system: r.history
    for r in results[shown[0]]
    if r.config.seed == results[shown[0]][0].config.seed
}
show.figure(
    charts.curves(
        studies.reconstruction_curves(first), "reconstruction", ylabel="squared error", log=True
    ),
    caption=f"Reconstruction term during training, {tables.TITLES[shown[0]]}",
    name="fig-rae-curves",
    alt="Squared reconstruction error per image against the epoch, one line per system, falling and flattening.",
)

# %% [markdown]
# ## What reproduced, what did not
#
# Each claim is one or more comparisons of stored runs, decided by draws from the error of each mean ({doc}`01_claims` has the rules,
# and every comparison). A claim *agrees*, is *mixed*, *disagrees* or is *open*; it is open too if more than a quarter of its
# comparisons is untested, because a run is missing or was not trained enough, and where no system has two seeds. ‘In print’ is the
# same rule on the documents' own numbers. A claim is tested on the data sets that it names. Digits alone stand in for MNIST, which is evidence
# about the method, not about the paper's table.

# %% tags=["hide-input"]
claims = (
    "RAE-01 RAE-02 RAE-03 RAE-04 RAE-05 RAE-06 RAE-07 RAE-08 RAE-09 RAE-10 RAE-11 RAE-18 RAE-19"
)
claims = f"{claims} RAE-20 RAE-21 RAE-23 X-03 X-06 X-08 X-14 X-16"
found = {}
for name in shown:
    every = [*results[name], *without[name], *costly[name]]
    found[name] = tables.decided(claims, name, every)

# %% tags=["hide-input"]
for name in shown:
    show.verdict_table(
        found[name],
        caption=f"Claims about the image table, decided on {tables.TITLES[name]}",
        name=f"tbl-rae-verdicts-{name.replace('_', '-')}",
        note=tables.scale(results[name]),
    )

# %% tags=["remove-cell"]
for name in ("mnist", "cifar10", "digits"):  # quoted below; a dash for what is not shown
    for outcome in ("agrees", "mixed", "disagrees", "open"):
        count = sum(v.outcome == outcome for v in found[name]) if name in found else None
        show.value(f"rae-images-{name}-{outcome}", count)
show.value("rae-images-claims", len(claims.split()))

# %% [markdown]
# This chapter has {glue:text}`rae-images-claims` claims. On MNIST {glue:text}`rae-images-mnist-agrees` agree,
# {glue:text}`rae-images-mnist-mixed` are mixed, {glue:text}`rae-images-mnist-disagrees` disagree and
# {glue:text}`rae-images-mnist-open` are open. On CIFAR-10 it is {glue:text}`rae-images-cifar10-agrees`,
# {glue:text}`rae-images-cifar10-mixed`, {glue:text}`rae-images-cifar10-disagrees` and
# {glue:text}`rae-images-cifar10-open`; on digits, which stand in for MNIST, {glue:text}`rae-images-digits-agrees`,
# {glue:text}`rae-images-digits-mixed`, {glue:text}`rae-images-digits-disagrees` and
# {glue:text}`rae-images-digits-open`. A dash: no runs yet. The tables above say how many comparisons of each claim hold.
