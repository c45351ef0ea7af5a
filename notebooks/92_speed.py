# %% [markdown]
# # Speed
#
# *For developers and for those who plan runs.* How near does the training step come to what the chip can do, how long does the
# rest of a run take, and are the goals met that were set for one GPU?
#
# `python benchmarks/run.py` stores each row under `results/benchmarks` as it is measured; with profile
# `paper` it measures the published sizes. On your machine it measures your machine ({doc}`../book/reading`).

# %% tags=["parameters", "hide-input"]
profile: str = "laptop"  # smoke, laptop, overnight or paper; where not stored, the largest

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
from rae_lib import notebooks
from rae_lib.pages import boxes, figures, show, speed
from rae_lib.results import other
from rae_lib.results.frame import select

notebooks.check_parameters("92_speed", globals())
figures.use_style()

raws = other.find_benchmarks(profile)
long = other.read_benchmarks(raws)
card = next((raw for raw in raws if raw["kind"] == "cuda"), None)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
steps = speed.find_fastest(long)
shares = boxes.Means(steps[steps["metric"] == "share"], "name").span(None)
peer = speed.list_peers(long)
ratios = boxes.Means(peer[(peer["metric"] == "ratio") & (peer["mode"] == "pythae")], "system")

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**The training step uses {shares.low:.0f} to {shares.high:.0f} % of the rate of a dense matrix product** on the same processor, by system. The arithmetic of normalisation, losses and the optimiser is not counted.",
        shares.low > 10,
    ),
    (
        f"**Compared with pythae, our loop is as fast on AE and VAE and faster on RAE-L2 and WAE-MMD:** {ratios('ae'):.2f}, {ratios('vae'):.2f}, {ratios('rae-l2'):.2f} and {ratios('wae-mmd'):.2f} times its images a second, on the same networks and images.",
        min(ratios("ae"), ratios("vae")) > 0.9 and min(ratios("rae-l2"), ratios("wae-mmd")) > 1.2,
    ),
    (
        "**Nothing has been measured on a GPU yet,** so the goals that were set for one are untested.",
        not card,
    ),
)

# %% tags=["remove-input"]
boxes.rerun("92_speed")

# %% tags=["remove-cell"]
show.value("speed-card", card["device"] if card else "none yet")
show.value("speed-devices", " and ".join(raw["device"] for raw in raws))

# %% [markdown]
# ## What was measured on what
#
# Devices: {glue:text}`speed-devices`. GPU: {glue:text}`speed-card`. Machines are shared and noisy, so ratios of things measured in one call count.
# Every call first measures the device: the rate of a dense matrix product on random data, in bf16 on a GPU and in fp32 on a
# CPU. The *share* of a training step is its arithmetic over its time, divided by this rate.

# %% tags=["remove-input"]
show.table(
    speed.list_conditions(raws, long),
    caption="Devices, sizes and the measured rate of a dense matrix product, to which shares refer",
    name="tbl-speed-conditions",
    note="Calls: a measurement may be interrupted and go on in a later call, which measures the matrix rate again. Width, latent size and batch: of the training steps.",
    decimals={"TFLOP/s": 3},
)

# %% [markdown]
# ## The training step
#
# Every system of this book on images of CIFAR-10's shape, trained by the same loop as the stored runs, on random images that are on the
# device. The arithmetic is counted, not estimated: matrix products and convolutions, forward and backward, a multiply-add
# as two; for RAE-GP with the second backward of its penalty.

# %% tags=["remove-input"]
show.records(
    select(speed.find_fastest(long), metric=["images_per_second", "gflop", "share", "memory"]),
    cols=["device", "metric"],
    by="",
    caption="Images a second of the training step, its arithmetic, its share of the matrix rate, and memory at its highest. Compare the shares: a low one means time that is not spent on matrix products",
    name="tbl-speed-systems",
    note=f"{speed.list_skipped(raws, 'systems')} The fastest way of running the step on each device; median of several epochs. Memory on a GPU: allocated; on a CPU: resident, with the program. A dash: not measured.",
)

# %% [markdown]
# On a GPU the same step can run operation by operation or as one recorded graph. {glue:text}`speed-modes`

# %% tags=["remove-input"]
show.value("speed-modes", "" if card else "This has not been measured yet.")
if card:
    show.records(
        select(long, kind="systems", metric="images_per_second", device=other.name_device(card)),
        cols=["mode"],
        by="",
        caption=f"Images a second by the way of running the step, {card['device']}",
        name="tbl-speed-modes",
        note="Plain: operation by operation. Captured: recorded once as a CUDA graph, then replayed.",
    )

# %% [markdown]
# ### Side by side
#
# Several trainings can share the cores of a CPU: `python -m rae_lib run --jobs 4` trains four runs at once, each in a process of
# one thread. Their summed rate counts. On a GPU runs are made one after another.

# %% tags=["remove-input"]
show.records(
    select(speed.compare_single(long), metric=["images_per_second", "share", "memory", "ratio"]),
    rows=["many"],
    cols=["device", "metric"],
    by="",
    caption="Several trainings of RAE at once: their summed rate. Compare the last column with the number of trainings",
    name="tbl-speed-side",
    note="On a CPU; each has one thread. Times one: the sum over the rate of one training alone.",
)

# %% [markdown]
# ### Growth
#
# The RAE step against its three sizes, all others fixed. The arithmetic grows with the square of the width and hardly with the latent
# size. It does not depend on the number of images, which only affects the fixed cost per epoch.

# %% tags=["remove-input"]
show.figure(
    speed.draw_growth(long, "images_per_second"),
    caption="Images a second of the RAE step against width, latent size and images an epoch. The width alone matters if the other two lines are level",
    name="fig-speed-growth",
    alt="Three panels, a line for each device: images a second against filters of the first stage, latent units and images an epoch.",
)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The same for the share of the matrix rate"}
show.figure(
    speed.draw_growth(long, "share"),
    caption="Share of the matrix rate of the RAE step against width, latent size and images an epoch",
    name="fig-speed-growth-share",
    alt="Three panels, a line for each device: share of the matrix rate against filters of the first stage, latent units and images an epoch.",
)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The same for memory"}
show.figure(
    speed.draw_growth(long, "memory"),
    caption="Memory at its highest of the RAE step against width, latent size and images an epoch",
    name="fig-speed-growth-memory",
    alt="Three panels, a line for each device: memory against filters of the first stage, latent units and images an epoch.",
)

# %% [markdown]
# ## Compared with pythae
#
# pythae {cite:p}`chadebec2022` is the common library of these models. Its trainer gets our networks and images, and the two train for one epoch in
# turns, validation included; the ratio is taken turn by turn. Its objectives are those of the papers up to coefficients.

# %% tags=["remove-input"]
peers = speed.list_peers(long)
if len(peers):
    show.records(
        peers.rename(columns={"mode": "peer"}),
        rows=["system", "peer"],
        cols=["device", "metric"],
        by="",
        caption="Images a second of our loop and of pythae's trainer on the same networks. A ratio above 1: ours is faster",
        name="tbl-speed-peers",
        note="Ratio: our rate over pythae's, median over the turns, with its range.",
    )

# %% [markdown]
# ## The rest of a run
#
# After training come codes, densities, images, features and distances. Problem sizes differ between rows and devices: see the column
# "of" before comparing.

# %% tags=["remove-input"]
show.records(
    select(long, kind="stages", metric=["count", "seconds"]).rename(columns={"name": "stage"}),
    rows=["stage"],
    cols=["device", "metric"],
    by="",
    caption="Seconds of every stage but the training step. Which stage takes longest?",
    name="tbl-speed-stages",
    note=f"{speed.list_skipped(raws, 'stages')} Of: images, codes, or rows of each of two sets. Features and codes are drawn at random from ten overlapping Gaussians.",
)

# %% [markdown]
# ## Decoding strings
#
# GrammarVAE {cite:p}`kusner2017` samples every production among those of the symbol on top of a stack ({doc}`16_grammar`). The code of its authors
# runs the network on 50 codes at a time and keeps a Python list as stack for each string. Here a batch is decoded at once by look-ups in tables.
# The goal was 50 times as many strings a second as by Python stacks one at a time. {glue:text}`speed-decoding`

# %% tags=["remove-input"]
decoded, processor = speed.read_decoding(profile)
if len(decoded):
    show.records(
        select(decoded, metric=["strings_per_second", *speed.DECODING]).rename(columns={"set": "decoding"}),
        rows=["dataset", "decoding"],
        cols=["metric"],
        by="",
        caption=f"Strings a second by grammatical decoding: a batch, and Python stacks with the productions of NLTK, on {processor}",
        name="tbl-speed-decoding",
        note=f"{speed.DECODERS} Not in the table: not measured.",
    )

# %% tags=["remove-cell"]
show.value("speed-decoding", speed.judge_decoding(decoded))

# %% [markdown]
# ## Goals for one GPU
#
# They were set at the published sizes, before anything was measured. What has not been measured is untested. The runs are those stored at
# profile `paper`, with all that evaluation computes.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "For developers: the goals"}
found = show.claims("92_speed", name="tbl-speed-verdicts", datasets=["mnist", "cifar10"])

# %% tags=["remove-cell"]
for name in ("holds", "fails", "untested"):
    show.value(f"speed-{name}", sum(v.count(name) for v in found))
show.value("speed-comparisons", sum(len(v.comparisons) for v in found))

# %% [markdown]
# Of {glue:text}`speed-comparisons` comparisons {glue:text}`speed-holds` hold, {glue:text}`speed-fails` fail, and
# {glue:text}`speed-untested` have not been measured.

# %% tags=["remove-input"]
boxes.findings(
    (
        "On a CPU the step is limited by arithmetic, so narrower networks are the way to shorter runs. What the papers' sizes take on a GPU is not known yet.",
        shares.low > 10 and not card,
    ),
    title=boxes.MEANING,
)
