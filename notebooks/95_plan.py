# %% [markdown]
# # What the papers' size would take
#
# **Under test.** How many jobs, hours, bytes and dollars is the rest of the campaign `paper`, and how is it run on many machines?
#
# This book was made on two CPU cores. The papers' own sizes need GPUs. This page plans them from what is known: which runs are missing,
# and how many operations each of them takes. It reads what is stored and trains nothing.

# %% tags=["parameters"]
rate: float = 1.0e14  # operations a second that a training gets out of a card
minutes: float = 3.0  # of a run without its training: densities, images, distances
price: float = 2.5  # US dollars for an hour of a rented card

# %%
from rae_lib import notebooks
from rae_lib.pages import plan, show

notebooks.check_parameters("95_plan", globals())
pending = plan.list_pending("paper")
steps = plan.table_plan(pending, rate=rate, minutes=minutes, price=price)

# %% tags=["remove-cell"]
whole = steps.iloc[-1]
for name, column, spec in (
    ("jobs", "jobs", ",.0f"),
    ("uncounted", "not counted", ",.0f"),
    ("hours", "hours", ",.0f"),
    ("dollars", "US dollars", ",.0f"),
    ("results", "results, MB", ",.0f"),
    ("weights", "weights, GB", ",.0f"),
):
    show.value(f"plan-{name}", float(whole[column]), spec)
show.value("plan-days", float(whole["hours"]) / 24 / 8, ",.0f")
show.value("plan-rate", rate / 1e12, ",.0f")
show.value("plan-minutes", minutes, ".3g")
show.value("plan-price", price, ".3g")

# %% [markdown]
# {glue:text}`plan-jobs` runs of the campaign `paper` are pending. They would take about {glue:text}`plan-hours` hours of one card, or
# {glue:text}`plan-days` days of eight cards, and {glue:text}`plan-dollars` US dollars. Their results would add
# {glue:text}`plan-results` MB to the repository; their weights, {glue:text}`plan-weights` GB, stay outside it.
#
# ## Step by step
#
# Three numbers are assumed, and are parameters of this page. A training gets {glue:text}`plan-rate` TFLOP/s out of the card: a part of
# what a present card multiplies in bfloat16, since these networks are small. All else of a run takes {glue:text}`plan-minutes` minutes.
# An hour of a rented card costs {glue:text}`plan-price` dollars. None of them was measured here: no GPU was used for this page. The
# operations are counted, run by run (`python -m rae_lib compute parameters`).

# %% tags=["hide-input"]
show.table(
    steps,
    caption="The pending runs of the campaign paper, in order of value, and what they would take on one card",
    name="tbl-plan",
    note="A run that several steps name is counted in the first. Not counted: runs whose operations are not in the stored counts; their training is missing in EFLOP, hours, dollars and weights. Results: the mean size of the runs that are stored. Weights: single precision, outside the repository.",
    decimals={"EFLOP": 1, "hours": 1, "US dollars": 0, "results, MB": 1, "weights, GB": 1},
)

# %% [markdown]
# The steps are in order of value: whoever stops after a step has the most that could be had for the money until then. Runs whose
# operations are not counted ({glue:text}`plan-uncounted`) add to the sums.
#
# ## How it is run
#
# `snakemake --executor slurm --jobs 24 --nolock --keep-going --config profile=paper` makes all of it on a cluster, and
# `--cores 8 --resources gpu=8 --config profile=paper gpus=8` on one machine with eight cards; {doc}`../book/rerunning` has the
# details. A job is a run with its measurements. What is killed goes on, and what is stored is not repeated ({doc}`../book/faults`).

# %% tags=["hide-input"]
workers = plan.table_workers()
if len(workers):
    show.table(
        workers,
        caption="A small campaign with one worker and with several, on one machine with two cores",
        name="tbl-plan-workers",
        note="Systems of profile smoke on digits. Most of a job here is the start of Python; a job of the papers' size takes hours.",
        decimals={"seconds": 0, "jobs a minute": 1, "against one": 2},
    )
