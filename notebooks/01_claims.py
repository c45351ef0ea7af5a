# %% [markdown]
# # Every claim at a glance
#
# This page has every claim that we can check by rule: did it hold in our runs, on which data, and in the published numbers?

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "celeba64", "digits", "synth8", "synth16"]  # those without runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.claims import rules, verdicts
from rae_lib.pages import boxes, claims_matrix, claims_table, show

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
show.value("glance-free", int((found["place"] == claims_matrix.WITHOUT).sum()))
show.value("glance-sizes", sizes)
show.value("glance-tested", len(tests))
show.value("glance-passed", sum(test["passed"] for test in tests.values()))
show.value("glance-expected", expected, ".1f")
show.value("glance-rewritten", sum("was" in one for one in rules.claims().values()))

# %% tags=["remove-cell"]
runs = found[found["place"] != claims_matrix.WITHOUT]
fails = [v.id for v in runs["verdict"] if v.passed and v.count("fails")]
reasons, free = claims_matrix.count_reasons(found), found[found["place"] == claims_matrix.WITHOUT]
lacking = {key: reasons[key] for key in ("missing", "short", "unknown", "other")}
of = sum(reasons.values())
decided = sum(v.outcome != "open" for v in runs["verdict"])
published = {i: verdicts.decide_print(i) for i in claims_matrix.ids() if claims_matrix.ruled(i)}
judged = sum(bool(v.comparisons) for v in published.values())
printed = claims_matrix.list_failing(published)
computed = claims_matrix.list_failing({v.id: v for v in free["verdict"]})

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**Few claims are decided by our runs{'' if fails else ', and none of them fails'}.** {claims_matrix.count_words(found)}.",
        0 < decided < 0.5 * len(runs),
    ),
    (
        f"**Most are open because runs are missing or too short, not because runs contradict one another.** Of {of} comparisons on these data sets {reasons['holds']} hold, {reasons['fails']} fail and {reasons['open']} lie within the scatter of seeds. For {lacking['missing']} there is no run. {lacking['short']} rest on runs that were not trained enough, {lacking['unknown']} on runs for which that was not tested, and {lacking['other']} can be decided only by runs of the papers' size.",
        sum(lacking.values()) > 0.4 * of and reasons["fails"] < 0.1 * of,
    ),
    (
        f"**The papers' own numbers do not bear out every claim.** Of {judged} rules that can be applied to published numbers, {printed}.",
        bool(published),
    ),
    (
        f"**Claims that need no run are decided now.** Of {len(free)} claims about formulas, counts and tables, {computed}.",
        len(free) > 0,
    ),
)

# %% tags=["remove-input"]
boxes.rerun("01_claims")

# %% [markdown]
# ## The claims in words
#
# A row for each claim and data set. Choose a document, a data set, an outcome or a size of the runs, search for a word, sort by any
# head. A name leads to the entry of the claim, with its rule and every comparison.

# %% tags=["remove-input"]
show.table(
    claims_table.list_outcomes(found),
    caption="Every claim that has a rule about runs, on every data set with runs of its systems: outcome, and the size of the runs",
    name="tbl-glance-outcomes",
    note="Counts: comparisons that hold · are open · fail · are untested. Runs: the profile of the stored runs.",
)

# %% tags=["remove-input"]
claims_table.scripts()

# %% [markdown]
# ## All claims in one picture
#
# The letters of a name say whose claim it is: RAE for the two versions of *From Variational to Deterministic Autoencoders*, EAE for
# *Batch Norm with Entropic Regularization*, DAE for *Variational Autoencoders Without the Variation*, MASK and FLEX for the slides on MaskAAE and
# FlexAE. X-claims are points on which the papers contradict each other or themselves; the rule tests one side.
#
# *Published* is the same rule on the published numbers, which have no error here: most of them come from a single training run.

# %% tags=["remove-input"]
claims_table.matrix(
    found,
    caption=f"Every claim with a rule, in the published numbers and in our runs ({sizes}). Runs on digits are shown for claims about MNIST and about the grid of DAE. A square says in words what it means when the pointer rests on it; a name leads to the claim",
    name="tbl-glance-matrix",
)

# %% [markdown]
# ## How an outcome is decided
#
# A rule is one or more comparisons between measured quantities, written as an expression and run as it is shown. Each quantity is
# a mean over seeds with an error, and is drawn thousands of times from that error. A comparison *holds* if it is true in at least
# 95 % of the draws. It *fails* if its opposite is true in at least 1 − 0.05 / m of them, where m is the number of comparisons of the
# claim. It is *untested* if a run is missing or was not trained enough, and *open* otherwise.
#
# A claim *agrees* if none of its comparisons fails and more than half hold. It *disagrees* if more fail than hold, and at least a
# quarter fail. It is *mixed* if some fail. It is *open* otherwise, and also if more than a quarter is untested. {doc}`../book/verdicts`
# has the details. The words *reproduced* and *contradicted* are kept for runs at the papers' size; the sizes of these runs are in
# {numref}`tbl-sizes`, and {doc}`94_campaign` tests whether they were trained enough.
#
# The papers and the slides make {glue:text}`glance-all` claims that a measurement could decide. {glue:text}`glance-claims` of them have a
# rule; without one ({glue:text}`glance-rest`): what is needed is not published, or not computed yet. {glue:text}`glance-free` need no run: a
# simulation, a count of parameters or the published tables decide them. Every other claim is tested on the data sets that it names, and
# on no other, with one exception: claims about MNIST, and those about the grid of DAE on CIFAR-10, are tested on digits too. That outcome
# is evidence about the method, not about the claim.
#
# ### The rules are tested too
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
# An entry has the claim, its place, its rule and every comparison: {doc}`06_claims_rae`, {doc}`07_claims_eae`, {doc}`08_claims_dae`,
# {doc}`09_claims_slides`, {doc}`10_claims_between`.

# %% tags=["remove-input"]
boxes.findings(
    (
        "An open claim is not a failed one. It says which runs are worth making next; the entry of the claim names what its comparisons lack.",
        sum(lacking.values()) > reasons["fails"],
    ),
    (
        "Judging the published numbers by the same rules needs no training at all, and it already finds claims that a paper's own table does not support.",
        any(v.comparisons and v.outcome in ("mixed", "disagrees") for v in published.values()),
    ),
    title=boxes.MEANING,
)
