# %% [markdown]
# # Speed
#
# **Under test.** The papers' experiments took days. How near does the training step come to what the chip can do, how long does the
# rest of a run take, and are the goals met that were set for one GPU?
#
# Everything on this page comes from one command, `python benchmarks/run.py --profile paper`, which stores each row under
# `results/benchmarks` as it is measured. On the machine of a reader it measures that machine; how to read it is in
# {doc}`../book/reading`.

# %% tags=["parameters"]
profile: str = "laptop"  # smoke, laptop, overnight or paper; where not stored, the largest

# %%
from rae_lib import notebooks
from rae_lib.pages import figures, show, speed
from rae_lib.results import other
from rae_lib.results.frame import select

notebooks.check_parameters("92_speed", globals())
figures.use_style()

# %%
raws = other.find_benchmarks(profile)
long = other.read_benchmarks(raws)
card = next((raw for raw in raws if raw["kind"] == "cuda"), None)

# %% tags=["remove-cell"]
show.value("speed-card", card["device"] if card else "none yet")
show.value("speed-devices", " and ".join(raw["device"] for raw in raws))

# %% [markdown]
# ## What was measured on what
#
# Devices: {glue:text}`speed-devices`. GPU: {glue:text}`speed-card`. Machines are shared and noisy, so that what counts are ratios of
# things measured in one call. The first thing that every call measures is therefore the device itself: the rate of a dense matrix
# product on random data, in bf16 on a GPU and in fp32 on a CPU. A training step's arithmetic over its time, divided by this
# rate, is its *share*.

# %% tags=["hide-input"]
show.table(
    speed.list_conditions(raws, long),
    caption="Devices, sizes and the measured rate of a dense matrix product",
    name="tbl-speed-conditions",
    note="Calls: a measurement may be interrupted and go on in a later call, which measures the matrix rate again. Width, latent size and batch: of the training steps.",
    decimals={"TFLOP/s": 3},
)

# %% [markdown]
# ## The training step
#
# Every system of this book on CIFAR-10's shape, played by the loop that trains the stored runs, on random images that lie on the
# device. The arithmetic is counted, not estimated: matrix products and convolutions, forward and backward, a multiply-add
# as two; for RAE-GP with the second backward of its penalty. Normalisation, losses and the optimiser cost time, and their
# arithmetic is not counted.

# %% tags=["hide-input"]
show.records(
    select(speed.find_fastest(long), metric=["images_per_second", "gflop", "share", "memory"]),
    rows=["system"],
    cols=["device", "metric"],
    caption="Images a second of the training step, its arithmetic, its share of the matrix rate, and memory at its highest",
    name="tbl-speed-systems",
    note=f"{speed.list_skipped(raws, 'systems')} The fastest way of running the step on each device; median of several epochs. Memory on a GPU: allocated; on a CPU: resident, with the program. A dash: not measured.",
)

# %% [markdown]
# On a GPU the same step can run as it is written, as one recorded graph (which is what the loop does there), or compiled as well.

# %% tags=["hide-input"]
if card:
    show.records(
        select(long, kind="systems", metric="images_per_second", device=other.name_device(card)),
        rows=["system"],
        cols=["mode"],
        caption=f"Images a second by the way of running the step, {card['device']}",
        name="tbl-speed-modes",
        note="Plain: operation by operation. Captured: recorded once as a CUDA graph, then replayed. Compiled: captured, with the loss through torch.compile.",
    )

# %% [markdown]
# ### Side by side
#
# Several trainings can share the cores of a CPU: `python -m rae_lib run --jobs 4` trains four runs at once, each in a process of
# one thread. What counts then is their sum. On a GPU runs are made one after another.

# %% tags=["hide-input"]
show.records(
    select(speed.compare_single(long), metric=["images_per_second", "share", "memory", "ratio"]),
    rows=["many"],
    cols=["device", "metric"],
    caption="Several trainings of RAE at once: their summed rate",
    name="tbl-speed-side",
    note="On a CPU; each has a thread of its own. Times one: the sum over the rate of one training alone.",
)

# %% [markdown]
# ### Growth
#
# The RAE step against its three sizes, all others fixed. The arithmetic grows with the square of the width and hardly with the latent
# size. It does not depend on the number of images, on which only the cost of beginning and ending an epoch depends.

# %% tags=["hide-input"]
show.figure(
    speed.draw_growth(long, "images_per_second"),
    caption="Images a second of the RAE step against width, latent size and images an epoch",
    name="fig-speed-growth",
    alt="Three panels, a line for each device: images a second against filters of the first stage, latent units and images an epoch.",
)

# %% tags=["hide-input"]
show.figure(
    speed.draw_growth(long, "share"),
    caption="The same for its share of the matrix rate",
    name="fig-speed-growth-share",
    alt="Three panels, a line for each device: share of the matrix rate against filters of the first stage, latent units and images an epoch.",
)

# %% tags=["hide-input"]
show.figure(
    speed.draw_growth(long, "memory"),
    caption="The same for memory at its highest",
    name="fig-speed-growth-memory",
    alt="Three panels, a line for each device: memory against filters of the first stage, latent units and images an epoch.",
)

# %% [markdown]
# ## Compared with pythae
#
# pythae {cite:p}`chadebec2022` is the common library of these models. Its trainer gets exactly our networks and images, and the two play one epoch in
# turns, validation included; the ratio is taken turn by turn. Its objectives are those of the papers up to coefficients.

# %% tags=["hide-input"]
peers = speed.list_peers(long)
if len(peers):
    show.records(
        peers.rename(columns={"mode": "peer"}),
        rows=["system", "peer"],
        cols=["device", "metric"],
        caption="Images a second of our loop and of pythae's trainer on the same networks",
        name="tbl-speed-peers",
        note="Ratio: our rate over pythae's, median over the turns, with its range. A ratio above one: ours is faster.",
    )

# %% [markdown]
# ## The rest of a run
#
# After training come codes, densities, images, features and distances. The number of rows differs between the devices, so that
# times compare neither down a column nor across without it.

# %% tags=["hide-input"]
show.records(
    select(long, kind="stages", metric=["count", "seconds"]).rename(columns={"name": "stage"}),
    rows=["stage"],
    cols=["device", "metric"],
    caption="Seconds of every stage besides the training step",
    name="tbl-speed-stages",
    note=f"{speed.list_skipped(raws, 'stages')} Of: images, codes, or rows of each of two sets. Features and codes are drawn at random from ten overlapping Gaussians.",
)

# %% [markdown]
# ## The goals, met or not
#
# They were set for one GPU at the published sizes, before anything was measured. What has not been measured on one is untested. The
# runs are those stored at profile `paper`, with all that evaluation computes.

# %% tags=["hide-input"]
found = show.claims("92_speed", name="tbl-speed-verdicts", datasets=["mnist", "cifar10"])

# %% tags=["remove-cell"]
for name in ("holds", "fails", "untested"):
    show.value(f"speed-{name}", sum(v.count(name) for v in found))
show.value("speed-comparisons", sum(len(v.comparisons) for v in found))

# %% [markdown]
# Of {glue:text}`speed-comparisons` comparisons {glue:text}`speed-holds` hold, {glue:text}`speed-fails` fail, and
# {glue:text}`speed-untested` have not been measured.
