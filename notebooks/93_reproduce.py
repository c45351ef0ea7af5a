# %% [markdown]
# # Your own runs compared with the stored ones
#
# *Does a second training, on another machine, give the same?* `make reproduce` trains the systems again, in a copy of this book, and
# fills this page there. In the book of the repository the page has the stored numbers alone.
#
# Two trainings of one configuration and seed give the same numbers only on the same kind of processor, with the same versions
# and the same number of threads. Elsewhere sums are rounded in another order, and after some thousand steps the weights differ. Expect
# therefore no equality, but a difference that is no larger than what another seed makes.

# %% tags=["parameters", "hide-input"]
dataset: str = "digits"  # whose runs are compared
profile: str = "laptop"  # smoke, laptop, overnight or paper
seed: int = 0  # of the runs that are compared

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
from rae_lib import notebooks
from rae_lib.pages import boxes, notes, show
from rae_lib.pages import reproduction as pages
from rae_lib.pages.titles import titled
from rae_lib.results import reproduction

notebooks.check_parameters("93_reproduce", globals())

rows = reproduction.compare(reproduction.list_runs(dataset, profile, seed))
outside = pages.list_outside(rows)
spreads = rows["spread"].notna().any()

# %% tags=["remove-input"]
boxes.findings(*pages.list_findings(rows))

# %% tags=["remove-input"]
boxes.rerun("93_reproduce")

# %% [markdown]
# ## Which of your numbers lie outside
#
# A number lies outside if it differs from the stored one by more than two standard deviations of the stored seeds. Where
# one seed alone is stored, nothing is judged. A deviation of three seeds is coarse. If your training were as far from the stored one as
# another seed is, about one number in four would lie outside by chance. Many more, or a number that is ten deviations away, is a sign of
# other versions or of a fault.

# %% tags=["remove-input"]
if len(outside):
    show.table(
        outside.set_index(["system", "number"]),
        caption="Your numbers that lie outside the stored spread, the furthest first",
        name="tbl-reproduction-outside",
        note=f"{titled('dataset', dataset)}, profile {profile}, seed {seed}. Behind ±: standard deviation over the stored seeds.",
    )

# %% [markdown]
# ## The stored numbers
#
# The spread over seeds is the measure of every difference below. Where one seed alone is stored, there is no ±.

# %% tags=["remove-input"]
features = f"{notes.features(dataset)} features, clean protocol"
if rows["stored"].notna().any():
    show.records(
        pages.list_stored(rows),
        cols=["number"],
        by="",
        caption=f"Stored numbers, {titled('dataset', dataset)}, profile {profile}, seed {seed}{', with their spread over the stored seeds. The spread is what to expect of a second training' if spreads else ''}",
        name="tbl-reproduction-stored",
        note=f"All but the squared error: Fréchet distances in {features}. Squared error: of reconstructed test images, mean over pixels.{f' Behind ±: standard deviation over the seeds; the number before it is that of seed {seed}, not the mean.' if spreads else ''}",
    )

# %% [markdown]
# ## The stored numbers and yours
#
# Systems appear here once they were reproduced. A distance is compared only where both runs were measured by the same weights of the
# classifier; the findings say how many numbers are left out, and why.

# %% tags=["remove-input"]
if (rows["own"].notna() & rows["stored"].notna()).any():
    show.records(
        pages.list_both(rows),
        cols=["number"],
        by="",
        caption=f"Stored number → your number, {titled('dataset', dataset)}, profile {profile}, seed {seed}",
        name="tbl-reproduction-both",
        note=f"All but the squared error: Fréchet distances in {features}.",
    )

# %% tags=["remove-input"]
boxes.findings(
    (
        "Numbers inside the spread say that your machine, versions and data do what ours did. They do not say that a claim holds: for that the runs have to be large enough, and {doc}`94_campaign` tests it.",
        True,
    ),
    title=boxes.MEANING,
)
