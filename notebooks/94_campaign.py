# %% [markdown]
# # What was run, and what is still to be run
#
# **Under test.** Are the stored runs complete, and were they trained enough that their numbers say something about the methods?
#
# Two campaigns make the runs of this book. `overnight` takes the real data sets to a size that two CPU cores can train in a night,
# `laptop` takes the embedded digits. Each is a list of steps in order of value, in `rae_lib/catalogue.toml`. This page reads what is
# stored and trains nothing.

# %% tags=["parameters"]
profiles: list = [
    "overnight",
    "laptop",
]  # of which the campaigns are shown: smoke, laptop, overnight or paper

# %%
from rae_lib import notebooks
from rae_lib.config import PROFILES, check_choice
from rae_lib.pages import campaign, show

notebooks.check_parameters("94_campaign", globals())
for profile in profiles:
    check_choice("profiles", profile, PROFILES)

# %% tags=["remove-cell"]
found = {profile: campaign.steps(profile) for profile in profiles}
for profile in ("overnight", "laptop"):  # quoted below; a dash for what is not shown
    counts = campaign.totals(found[profile]) if profile in found else {}
    for name, spec in (("planned", ",d"), ("stored", ",d"), ("pending", ",d"), ("hours", ".1f")):
        show.value(f"campaign-{profile}-{name}", counts.get(name), spec if counts else "")

# %% [markdown]
# ## Step by step
#
# Of the campaign `overnight` {glue:text}`campaign-overnight-stored` of {glue:text}`campaign-overnight-planned` runs are stored and
# {glue:text}`campaign-overnight-pending` pending; the stored ones took {glue:text}`campaign-overnight-hours` hours of computing. Of
# `laptop` it is {glue:text}`campaign-laptop-stored` of {glue:text}`campaign-laptop-planned`, with
# {glue:text}`campaign-laptop-pending` pending, in {glue:text}`campaign-laptop-hours` hours. `python -m rae_lib run --profile
# overnight --pending` names every run that is pending; without `--pending` the command makes them.

# %% tags=["hide-input"]
for profile in profiles:
    show.table(
        campaign.step_table(found[profile]),
        caption=f"The steps of the campaign {profile}, in order of value",
        name=f"tbl-campaign-{profile}",
        note="A run that several steps name is counted in the first. Updates: gradient steps of a run. Minutes a run: the median, with evaluation; runs were made side by side on shared cores. Not training: the share of densities, images, distances and preparation. Minutes: all stored runs together.",
        decimals={"minutes a run": 1, "minutes": 0},
    )

# %% [markdown]
# ## The doubling test
#
# One cannot see from a single run whether it was trained long enough. So an autoencoder and a VAE are trained once more with twice the
# updates, from the same seed and with the same schedule stretched to the new length. If the Fréchet distances of their
# reconstructions, samples and mid-points change by a fifth or more, the shorter run was not trained enough, and claims
# about the runs of that data set and profile are untested. The test is about the length of training alone. It does not ask
# whether the numbers are good, and a longer training could still change them slowly. It has one seed, so part of a change may be chance.

# %% tags=["hide-input"]
tests = campaign.test_table(profiles)
if len(tests):
    show.table(
        tests,
        caption="Fréchet distances at a profile's own length and at twice its updates, seed 0",
        name="tbl-campaign-doubling",
        note="Clean protocol, the data set's own features. A dash: the run is not stored yet.",
    )

# %% [markdown]
# A study may train its runs for fewer or more updates than the systems' own runs, on which the test is made; the first tables
# have the updates of every step.

# %% [markdown]
# ## What was trained enough
#
# A single run fails if a number is not finite, or if it collapsed: its error on test images is above half of the variance of
# their pixels. In the grid of the deterministic study on digits the bound is a fifth. The studies of the weight of a penalty (the
# KL term, the entropic term) ask for runs that collapse, so there a collapse counts as a result. What does not pass has a
# dagger in the tables of this book, and claims about it are untested.

# %% tags=["hide-input"]
gates = campaign.verdict_table(profiles)
show.table(
    gates,
    caption="Length and size of the runs beside the papers', and whether they were trained enough",
    name="tbl-campaign-gate",
    note="Updates and width: of the autoencoder's own run. A dash: the papers did not train on these data, or nothing is stored. Doubling test: the largest change of a distance at twice the updates; it passes below a fifth. Runs that pass: of all stored ones, those that did not collapse.",
    decimals={"minutes a run": 1},
)

# %% tags=["hide-input"]
failed = campaign.failures(profiles)
if len(failed):
    show.table(
        failed,
        caption="Runs that were not trained enough by themselves",
        name="tbl-campaign-failed",
        note="Setting: the name under which a study files the run; a dash: the system's own run.",
    )

# %% tags=["remove-cell"]
show.value("campaign-gates", len(gates))
show.value("campaign-passed", int(gates["doubling test"].str.startswith("✓").sum()))
show.value("campaign-failed", len(failed))

# %% [markdown]
# {glue:text}`campaign-passed` of {glue:text}`campaign-gates` pairs of a data set and a profile pass the doubling test, and
# {glue:text}`campaign-failed` stored runs fail by themselves. What else is smaller here than in the papers is listed in {doc}`../book/deviations`.
