# %% [markdown]
# # What the papers' size would take
#
# *How many jobs, hours, bytes and dollars is the rest of the campaign `paper`, and how is it run on many machines?* This book was made
# on two CPU cores. On images the papers' own sizes need GPUs. This page plans them from what is known: which runs are missing, and how many
# operations each of them takes.

# %% tags=["parameters", "hide-input"]
rate: float = 1.0e14  # operations a second that a training gets out of a card
minutes: float = 3.0  # of a run without its training: densities, images, distances
price: float = 2.5  # US dollars for an hour of a rented card

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
from rae_lib import notebooks
from rae_lib.pages import boxes, plan, show

notebooks.check_parameters("95_plan", globals())
pending = plan.list_pending("paper")
steps = plan.table_plan(pending, rate=rate, minutes=minutes, price=price)
datasets, workers = plan.sum_datasets(steps), plan.table_workers()

# %% tags=["remove-cell"]
whole = steps.iloc[-1]
most = datasets.loc[datasets["hours"].idxmax()]
show.value("plan-uncounted", int(whole["not counted"]), ",d")
show.value("plan-rate", rate / 1e12, ",.0f")
show.value("plan-minutes", minutes, ".3g")
show.value("plan-price", price, ".3g")

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**{whole['jobs']:,} runs at the papers' size are missing.** They would take about {whole['hours']:,.0f} hours of one card, {whole['hours'] / 24 / 8:,.0f} days of eight cards, and {whole['US dollars']:,.0f} US dollars, at an assumed rate and price.",
        whole["jobs"] > 0,
    ),
    (
        f"**{most['data set']} is the largest part:** {100 * most['hours'] / whole['hours']:.0f} % of the hours for {100 * most['jobs'] / whole['jobs']:.0f} % of the runs.",
        most["hours"] > whole["hours"] / len(datasets),
    ),
    (
        f"**Storage is no obstacle.** The results would add {whole['results, MB']:,.0f} MB to the repository. The weights, {whole['weights, GB']:,.0f} GB, stay outside it.",
        whole["results, MB"] < 1000,
    ),
    (
        "**Nothing of this was measured on a GPU:** the operations are counted, the rate and the price are assumed.",
        True,
    ),
)

# %% tags=["remove-input"]
boxes.rerun("95_plan", parameters="-p price 2.5")

# %% [markdown]
# ## By data set and step by step
#
# Three numbers are assumed, and are parameters of this page. A training gets {glue:text}`plan-rate` TFLOP/s out of the card: a part of
# what a present card multiplies in bfloat16, since these networks are small. All else of a run takes {glue:text}`plan-minutes` minutes.
# An hour of a rented card costs {glue:text}`plan-price` dollars. The operations are counted, run by run (`python -m rae_lib compute
# parameters`); an EFLOP is $10^{18}$ operations. Not counted are {glue:text}`plan-uncounted` runs: their training is missing in the sums.

# %% tags=["remove-input"]
show.table(
    datasets,
    caption="The pending runs of the campaign paper by data set, and what they would take on one card. Compare hours with jobs",
    name="tbl-plan-datasets",
    decimals={"EFLOP": 1, "hours": 1, "US dollars": 0, "results, MB": 1, "weights, GB": 1},
)

# %% [markdown]
# The steps below are in order of value: who stops after any of them has got the most for the money.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The same step by step"}
show.table(
    steps,
    caption="The pending runs of the campaign paper, in order of value, and what they would take on one card",
    name="tbl-plan",
    note="A run that several steps name is counted in the first. Not counted: runs whose operations are not in the stored counts; their training is missing in EFLOP, hours, dollars and weights. Results: the mean size of the runs that are stored. Weights: single precision, outside the repository.",
    decimals={"EFLOP": 1, "hours": 1, "US dollars": 0, "results, MB": 1, "weights, GB": 1},
)

# %% [markdown]
# ## How it is run
#
# `snakemake --executor slurm --jobs 24 --nolock --keep-going --config profile=paper` makes all of it on a cluster, and
# `--cores 8 --resources gpu=8 --config profile=paper gpus=8` on one machine with eight cards; {doc}`../book/rerunning` has the
# details. A job is a run with its measurements. What is killed goes on, and what is stored is not repeated ({doc}`../book/faults`).

# %% tags=["remove-input"]
if len(workers):
    show.table(
        workers,
        caption="A small campaign with one worker and with several, on one machine with two cores. Compare the last column with the number of workers",
        name="tbl-plan-workers",
        note="Systems of profile smoke on digits. Most of a job here is the start of Python; a job of the papers' size takes hours.",
        decimals={"seconds": 0, "jobs a minute": 1, "against one": 2},
    )

# %% tags=["remove-input"]
boxes.findings(
    (
        f"The papers' sizes are a matter of {whole['hours'] / 24 / 8:,.0f} days and {whole['US dollars']:,.0f} dollars with eight rented cards, not of months. The steps are in order of value: for one answer, begin at the top.",
        0 < whole["hours"] / 24 / 8 < 30,
    ),
    title=boxes.MEANING,
)
