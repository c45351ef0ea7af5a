# %% [markdown]
# # Every claim at a glance
#
# **Under test.** All that the documents claim and a rule of this book can decide: does it hold up when the models are trained
# again, on which data, and did it hold on the documents' own numbers?
#
# Each claim is one or more inequalities between measured quantities. If all hold it is *reproduced*, if one fails it is
# *contradicted*. It is *untested* where a run is missing or was not trained enough, and *undecided* where the runs are there and do
# not decide. {doc}`../book/verdicts` has the rules, with the margin that a comparison needs, and says
# what such an outcome does not mean. The outcomes are about models of the size that the profile has, in {numref}`tbl-sizes`.
#
# This page trains nothing. It reads the runs that are stored, as the chapters and `python -m rae_lib run` make them
# ({doc}`../book/reading`), and puts every claim to all of them at once.

# %% tags=["parameters"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "digits"]  # those without stored runs are left out

# %%
from rae_lib import notebooks
from rae_lib.claims import verdicts
from rae_lib.pages import charts, claims_matrix, show

notebooks.check_parameters("01_claims", globals())
charts.style()

# %%
found = claims_matrix.outcomes(profile, datasets)
names = [claims_matrix.titled(place) for place in claims_matrix.places(found)]
sizes = claims_matrix.sizes(found)

# %% tags=["remove-cell"]
every, ruled = len(verdicts.claims()), len(verdicts.decidable())
show.value("glance-all", every)
show.value("glance-claims", ruled)
show.value("glance-rest", every - ruled)
show.value("glance-free", claims_matrix.count(found, place=claims_matrix.WITHOUT))
show.value("glance-sizes", sizes)

# %% [markdown]
# ## All claims
#
# The documents make {glue:text}`glance-all` claims that a measurement could decide. {glue:text}`glance-claims` of them have a rule
# here. The other {glue:text}`glance-rest` are about what is not built yet: the slides' masked and adversarial autoencoders and
# learned priors, and the grammar models with which the conference version of RAE ends.
#
# A name such as RAE-01 says whose claim it is: RAE for the two versions of *From Variational to Deterministic Autoencoders*, EAE for
# *Batch Norm with Entropic Regularization*, DAE for *Variational Autoencoders Without the Variation*, MASK and FLEX for the slides. X
# marks a question on which documents contradict one another, or themselves; its rule takes up one side.
#
# {glue:text}`glance-free` claims need no run: a simulation, a count of parameters or the printed tables decide them. Their outcome
# is the same whatever the data, and has a column of its own. Every other claim is tested on the data sets that it names, and
# on no other. There is one exception: digits stand in for MNIST, and for CIFAR-10 in the grid of DAE, and the tables below say so
# beside each outcome. The outcome on digits is evidence about the
# method, not about the claim. A dash means that a claim has nothing to test on a data set.
#
# The results of a data set are those of the largest profile at which runs are stored: {glue:text}`glance-sizes`. Whether these runs
# were trained enough is tested in {doc}`94_campaign`.

# %% tags=["hide-input"]
show.figure(
    claims_matrix.matrix(found),
    caption=f"Every claim with a rule, in print and here ({sizes}). Digits stand in for MNIST and for the grid of DAE. Grey: the runs are there and do not decide. A circle: a run is missing or was not trained enough",
    name="fig-glance-matrix",
    alt=f"A panel for each document with a row for each of its claims and columns for print, {', '.join(names)}: squares with a check mark for reproduced, a cross for contradicted, a question mark for undecided, a circle for untested. The table below counts them.",
)

# %% [markdown]
# *In print* is the same rule on the document's own numbers, without a margin. It is no outcome: most numbers in print come from a
# single training run.

# %% [markdown]
# ## How many

# %% tags=["hide-input"]
show.table(
    claims_matrix.counts(found),
    caption=f"Claims by document and what became of them: reproduced (✓), contradicted (✗), undecided (?), untested (○); {sizes}",
    name="tbl-glance-counts",
    note="A dash: nothing to test there, or no rule.",
)

# %% tags=["remove-cell"]
for place in (claims_matrix.WITHOUT, *datasets):
    for outcome in show.OUTCOMES:
        name = f"glance-{place.replace(' ', '-')}-{outcome}"
        count = claims_matrix.count(found, place=place, outcome=outcome)
        show.value(name, count if place in claims_matrix.places(found) else None)
both, differ = claims_matrix.twice(found)
show.value("glance-both", both)
show.value("glance-differ", differ)

# %% [markdown]
# On MNIST {glue:text}`glance-mnist-reproduced` claims are reproduced, {glue:text}`glance-mnist-contradicted` contradicted,
# {glue:text}`glance-mnist-undecided` undecided and {glue:text}`glance-mnist-untested` untested; on CIFAR-10
# {glue:text}`glance-cifar10-reproduced`, {glue:text}`glance-cifar10-contradicted`, {glue:text}`glance-cifar10-undecided` and
# {glue:text}`glance-cifar10-untested`; on the digits {glue:text}`glance-digits-reproduced`, {glue:text}`glance-digits-contradicted`,
# {glue:text}`glance-digits-undecided` and {glue:text}`glance-digits-untested`. A dash: no runs yet.
# Without runs it is {glue:text}`glance-without-runs-reproduced`, {glue:text}`glance-without-runs-contradicted` and
# {glue:text}`glance-without-runs-undecided`. {glue:text}`glance-both` claims are decided on more than one data set; for
# {glue:text}`glance-differ` of these the outcome depends on the data.
#
# The rule is strict. A claim about many cells is contradicted by one of them, so the number of comparisons that hold, in the
# last section, often tells more than the sign.

# %% [markdown]
# ## Where print and runs part
#
# Two kinds of claims deserve a second look: those that hold on their documents' own numbers and are contradicted here, and those that
# do not, or only partly, and are reproduced here. All rest on smaller models, and some on digits in place of the document's data: a
# difference is a place to look, not an error found.

# %% tags=["remove-cell"]
lost = claims_matrix.parted(found, ("yes",), "contradicted")
won = claims_matrix.parted(found, ("no", "partly"), "reproduced")
show.value("glance-lost", len(lost))
show.value("glance-won", len(won))

# %% [markdown]
# {glue:text}`glance-lost` claims hold in print and are contradicted on at least one data set here.

# %% tags=["hide-input"]
if len(lost):
    show.table(
        lost,
        caption=f"Claims that hold in print and are contradicted by runs ({sizes})",
        name="tbl-glance-lost",
        note="Where: the data sets on which the claim is contradicted, and comparisons that hold / all that the rule makes there.",
    )

# %% [markdown]
# {glue:text}`glance-won` claims do not hold in print, or not everywhere, and are reproduced on at least one data set here.

# %% tags=["hide-input"]
if len(won):
    show.table(
        won,
        caption=f"Claims that do not, or only partly, hold in print and are reproduced by runs ({sizes})",
        name="tbl-glance-won",
        note="Where: the data sets on which the claim is reproduced, and comparisons that hold / all that the rule makes there.",
    )

# %% [markdown]
# ## What the undecided and the untested lack
#
# A claim without a decision lacks evidence, of one kind or another. A run that is not stored, or a second seed, can be added. So can
# Inception's features, for the few claims that are about the papers' own numbers. Runs that were not trained enough can be made
# longer. Where every run is there and the difference is smaller than twice the spread over seeds, the answer may be that there is
# no difference to speak of.

# %% tags=["remove-cell"]
lacking = claims_matrix.lacking(found)
show.value("glance-undecided", claims_matrix.count(found, outcome="undecided"))
show.value("glance-untested", claims_matrix.count(found, outcome="untested"))
show.value("glance-spread", claims_matrix.count(found, lacks=claims_matrix.SPREAD))

# %% tags=["hide-input"]
if len(lacking):
    show.table(
        lacking,
        caption=f"What undecided and untested claims lack: how many on each data set ({sizes})",
        name="tbl-glance-lacking",
        note="Each claim is counted once, under the first row that applies.",
    )

# %% [markdown]
# Over all data sets {glue:text}`glance-untested` outcomes are untested and {glue:text}`glance-undecided` undecided; of the latter
# {glue:text}`glance-spread` have their runs and seeds and stay undecided. The chapters name what is missing, for the data sets that they show.

# %% [markdown]
# ## What reproduced, what did not
#
# Each cell has the sign of the outcome and how many comparisons hold. The numbers themselves, the reason of an outcome that decides nothing, and
# where in its document a claim stands, are in the chapters that are named above each table.

# %% [markdown]
# ### From Variational to Deterministic Autoencoders
#
# The image table and its claims are in {doc}`11_rae_images`, the pictures in {doc}`12_rae_figures`, the number of samples, the
# weight of the divergence and noise alone in {doc}`13_rae_tradeoff`, the mixtures in {doc}`14_rae_density`.

# %% tags=["hide-input"]
claims_matrix.verdict_table(
    found,
    "RAE",
    caption=f"The claims of RAE and RAE v1 ({sizes})",
    name="tbl-glance-rae",
)

# %% [markdown]
# ### Batch Norm with Entropic Regularization
#
# The table and the codes are in {doc}`21_eae_table`, weight and bottleneck in {doc}`22_eae_figures`, the estimate of the entropy in
# {doc}`23_eae_estimator`.

# %% tags=["hide-input"]
claims_matrix.verdict_table(
    found,
    "EAE",
    caption=f"The claims of EAE ({sizes})",
    name="tbl-glance-eae",
)

# %% [markdown]
# ### Variational Autoencoders Without the Variation
#
# Widths, sizes and counts are in {doc}`31_dae_tables`, depth, norms, noise and the frozen layer in {doc}`32_dae_figures`, the three
# hypotheses in {doc}`33_dae_hypotheses`.

# %% tags=["hide-input"]
claims_matrix.verdict_table(
    found,
    "DAE",
    caption=f"The claims of DAE ({sizes})",
    name="tbl-glance-dae",
)

# %% [markdown]
# ### Where documents contradict one another
#
# These are spread over the chapters: in {doc}`11_rae_images`, X-09 in {doc}`13_rae_tradeoff`, X-12 in
# {doc}`21_eae_table`, X-05, X-07 and X-13 in {doc}`31_dae_tables`, X-10 in {doc}`33_dae_hypotheses`.

# %% tags=["hide-input"]
claims_matrix.verdict_table(
    found,
    "X",
    caption=f"Contradictions between documents ({sizes})",
    name="tbl-glance-x",
)
