# %% [markdown]
# # Every claim at a glance
#
# This page lists every claim that we can check by rule: did it hold in our runs, on which data, and in the paper's own numbers?
#
# A rule is one or more comparisons between measured quantities, written as an expression and run as it is shown below. Each quantity is
# a mean over seeds with an error, and is drawn thousands of times from that error. A comparison *holds* if it is true in at least
# 95 % of the draws. It *fails* if its opposite is true in at least 1 − 0.05 / m of them, where m is the number of comparisons of the
# claim. It is *untested* if a run is missing or was not trained enough, and *open* otherwise. A claim *agrees* if none of its
# comparisons fails and more than half hold. It *disagrees* if more fail than hold, and at least a quarter fail. It is *mixed* if some fail, and
# *open* otherwise, so also if more than a quarter is untested. {doc}`../book/verdicts` has the details. The words *reproduced* and
# *contradicted* are kept for runs at the papers' size; the sizes of these runs are in {numref}`tbl-sizes`.

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "digits"]  # those without stored runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.claims import rules, verdicts
from rae_lib.pages import claims_matrix, claims_table, show

notebooks.check_parameters("01_claims", globals())

found = claims_matrix.outcomes(profile, datasets)
sizes = claims_matrix.sizes(found)

# %% tags=["remove-cell"]
every, ruled = len(claims_matrix.ids()), sum(map(claims_matrix.ruled, claims_matrix.ids()))
tests = verdicts.tests()
expected = sum(test["disagrees or mixed at the boundary"] for test in tests.values())
show.value("glance-all", every)
show.value("glance-claims", ruled)
show.value("glance-rest", every - ruled)
show.value("glance-free", claims_matrix.count(found, place=claims_matrix.WITHOUT))
show.value("glance-sizes", sizes)
show.value("glance-tested", len(tests))
show.value("glance-passed", sum(test["passed"] for test in tests.values()))
show.value("glance-expected", expected, ".1f")
show.value("glance-rewritten", sum("was" in one for one in rules.claims().values()))

# %% [markdown]
# ## All claims
#
# The papers and the slides make {glue:text}`glance-all` claims that a measurement could decide. {glue:text}`glance-claims` of them have a rule,
# {glue:text}`glance-rest` have none: what they need is not published, or not computed yet. Claims about systems that are not
# built yet have their rule as well; they are untested.
#
# A name such as RAE-01 says whose claim it is: RAE for the two versions of *From Variational to Deterministic Autoencoders*, EAE for
# *Batch Norm with Entropic Regularization*, DAE for *Variational Autoencoders Without the Variation*, MASK and FLEX for the slides on MaskAAE and
# FlexAE. X-claims are points on which the papers contradict each other or themselves; the rule tests one side.
#
# {glue:text}`glance-free` claims need no run: a simulation, a count of parameters or the published tables decide them. Every other claim
# is tested on the data sets that it names, and on no other. There is one exception: digits stand in for MNIST, and for CIFAR-10
# in the grid of DAE. The outcome on digits is evidence about the method, not about the claim.
#
# Stored runs: {glue:text}`glance-sizes`. Whether they were trained enough is tested in {doc}`94_campaign`.

# %% tags=["remove-input"]
claims_table.matrix(
    found,
    caption=f"Every claim with a rule, in the published numbers and in our runs ({sizes}). Digits stand in for MNIST and for the grid of DAE. A square says in words what it means when the pointer rests on it; a name leads to the claim",
    name="tbl-glance-matrix",
)

# %% [markdown]
# *Published* is the same rule on the paper's own numbers, which have no error here. Most of them come from a single training run.

# %% tags=["remove-input"]
show.table(
    claims_matrix.counts(found),
    caption=f"Claims by document and their outcomes: agrees (✓), mixed (½), disagrees (✗), open (?), open because no run decides (○); {sizes}",
    name="tbl-glance-counts",
    note="A dash: nothing to test there, or no rule.",
)

# %% [markdown]
# ## The claims in words
#
# A row for each claim and data set. Choose a document, a data set, an outcome or a size of the runs, search for a word, sort by any
# head; a name leads to the entry of the claim below.

# %% tags=["remove-input"]
show.table(
    claims_table.list_outcomes(found),
    caption="Every claim on every data set: outcome, and the size of the runs behind it",
    name="tbl-glance-outcomes",
    note="Counts: comparisons that hold · are open · fail · are untested. Runs: the profile of the stored runs.",
)

# %% tags=["remove-input"]
claims_table.scripts()

# %% [markdown]
# ## The rules are tested too
#
# A rule can be wrong: noise alone may break it, or no data could satisfy it. So each of the {glue:text}`glance-tested` rules about
# runs is tested on made-up data. At its own boundary, where all sides are equal up to the factors of the rule, with 10 % noise and
# three seeds, at most 7 % of 1,000 simulations may come out as *disagrees* or *mixed*; on data made to satisfy it clearly it
# has to agree. {glue:text}`glance-passed` rules pass, and no outcome is shown of a rule that does not. {glue:text}`glance-rewritten` rules
# were rewritten for this; their entries have the rule before and the reason. If every claim lay exactly at its
# boundary, {glue:text}`glance-expected` of the outcomes would be expected to be false.

# %% [markdown]
# ## Claim by claim
#
# Each entry has the claim, its place and its outcomes. It unfolds to the rule as it is run, and to every comparison with its values,
# the support of the comparison and of its opposite, and the number of seeds behind it.
#
# ### From Variational to Deterministic Autoencoders

# %% tags=["remove-input"]
claims_matrix.entries(found, "RAE")

# %% [markdown]
# ### Batch Norm with Entropic Regularization

# %% tags=["remove-input"]
claims_matrix.entries(found, "EAE")

# %% [markdown]
# ### Variational Autoencoders Without the Variation

# %% tags=["remove-input"]
claims_matrix.entries(found, "DAE")

# %% [markdown]
# ### The slides: masks

# %% tags=["remove-input"]
claims_matrix.entries(found, "MASK")

# %% [markdown]
# ### The slides: learned priors

# %% tags=["remove-input"]
claims_matrix.entries(found, "FLEX")

# %% [markdown]
# ### Where the papers contradict one another

# %% tags=["remove-input"]
claims_matrix.entries(found, "X")
