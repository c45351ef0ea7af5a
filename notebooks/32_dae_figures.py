# %% [markdown]
# # The deterministic study in figures
#
# **Claims under test.** Keeping the layer that makes the code untrained hardly matters; neither does a norm on the code, save
# that batch norm makes a standard normal usable; noise at the decoder's input only harms; and VAEs, unlike plain
# autoencoders, become unstable with very many latent units (DAE, section 4, Figures 1–5, A.1, A.2). {cite:p}`daly2022`
#
# Sizes are the paper's throughout; what they are at this profile is said below the first table. Lines are means over seeds in
# a band from the lowest to the highest; with one seed there is no band.

# %% tags=["parameters"]
dataset: str = "digits"  # digits, cifar10 or celeba64 (the paper's: the last two)
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything anew

# %%
from rae_lib import notebooks
from rae_lib.pages import charts, grid, grid_charts, grid_tables, plates, show, tables
from rae_lib.results import store

notebooks.check_parameters("32_dae_figures", globals())
profile = store.largest(dataset, profile)
charts.style()

# %%
kind = tables.features_of(dataset)
shown = ("dae", "vae-dae", "dae-bn", "dae-noise", "dae-frozen")
results = grid.runs_of(dataset, profile, seeds, recompute, shown)
others = grid.rivals(dataset, profile, seeds)
rows, beside = grid.frame(results, kind), grid.frame(others, kind)
note = grid.reductions(results, rows)
title = tables.TITLES[dataset]
own = [r for r in results if not r.config.variant and r.config.seed == results[0].config.seed]

# %% [markdown]
# ## Figure 1: latent size and width
#
# One Gaussian of full covariance on the left, a mixture of ten on the right. The crosses are systems measured beside the grid
# at the size of comparison, with the epochs they were given: the plain autoencoder among them, so that like is compared
# with like.

# %% tags=["hide-input"]
widths = sorted(set(grid.planned(dataset, profile)["width"]))
show.figure(
    grid_charts.panels(
        rows,
        grid_charts.by_width(grid.SYSTEMS, widths),
        grid.FITTED,
        marks=grid_charts.marks(rows, beside, dataset),
    ),
    caption=f"Fréchet distance of samples against the number of latent units, by width, {title}",
    name="fig-dae-latent",
    alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units on logarithmic axes, blue lines for plain autoencoders and dashed orange ones for VAEs, darker for wider networks; crosses for other systems.",
)

# %% [markdown]
# The values at the ends and at the best size of every line are in {doc}`31_dae_tables`.

# %% tags=["hide-input"]
latents = grid_tables.latents(rows)
if len(latents):
    show.table(
        latents,
        caption=f"Mixture samples by latent size and width, Fréchet distance in {kind} features, {title}",
        name="tbl-dae-latent",
        note=note,
    )

# %% [markdown]
# ## Figures 2 and 5: depth
#
# Depth $n$ repeats every convolution $n$ times, the strided one last; $[3,3,2,1]$ gives each encoder stage its own number, and
# the decoder, of which the paper says nothing, takes the first ones. The paper draws the same curves twice, once for the
# quality (Figure 2) and once for the sensitivity to the number of latent units (Figure 5); the sensitivity is a number in the
# table: the range of the distances over the latent sizes, relative to the lowest.

# %% tags=["hide-input"]
plan = grid.planned(dataset, profile)
pairs = plan[plan["system"] == "dae"][["width", "depth"]].drop_duplicates()
pairs = [p for p in pairs.itertuples(index=False, name=None) if p[0] >= 64]
show.figure(
    grid_charts.panels(rows, grid_charts.by_depth(sorted(pairs)), grid.FITTED),
    caption=f"Fréchet distance of samples against the number of latent units, by depth, {title}",
    name="fig-dae-depth",
    alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units, lines by width in shades of blue and by depth in line style, and one dashed orange line for the VAE.",
)

# %% tags=["hide-input"]
show.table(
    grid_tables.depths(rows, dataset, profile),
    caption=f"Best size, distance there, and relative range over the sizes, by width and depth, {title}",
    name="tbl-dae-depth",
    note=f"{note} Range: (largest − smallest) / smallest over the sizes up to 512.",
)

# %% tags=["remove-cell"]
for name, value in grid_tables.deepest().items():
    show.value(f"dae-deepest-{name}", value)

# %% [markdown]
# The best values in print on CIFAR-10 are those of the deepest network: {glue:text}`dae-deepest-mvg` under one Gaussian and
# {glue:text}`dae-deepest-gmm` under the mixture, at {glue:text}`dae-deepest-size` latent units, 128 filters and depth $[3,3,2,1]$.

# %% [markdown]
# ## Figure 3: a code layer that is never trained
#
# The encoder's last linear layer keeps its random initialisation. Everything before and after it learns around it.

# %% tags=["hide-input"]
if "dae-frozen" in set(rows[rows["study"]]["system"]):
    show.figure(
        grid_charts.panels(rows, grid_charts.by_freezing(), grid.FITTED),
        caption=f"Trained and frozen code layer: Fréchet distance of samples against the number of latent units, {title}",
        name="fig-dae-frozen",
        alt="Two panels, one Gaussian and mixture: four lines over the latent units, blue with the code layer trained and orange with it frozen, solid at depth 1 and dashed at depth 2.",
    )

# %% [markdown]
# The paper does not say which layer beside the code was frozen. The two readings, at the size of comparison:

# %% tags=["hide-input"]
frozen = grid_tables.frozen(rows, dataset)
if len(frozen) > 1:
    show.table(
        frozen,
        caption=f"The code layer trained, frozen, and frozen together with the decoder's first, {title}",
        name="tbl-dae-frozen",
        note=note,
    )

# %% [markdown]
# ## Figure 4: norms of the code
#
# Batch norm, spectral norm of the code layer, and layer norm, with the plain autoencoder and the VAE. The third panel is the one
# where a norm could matter: samples from a standard normal.

# %% tags=["hide-input"]
show.figure(
    grid_charts.panels(
        rows,
        grid_charts.by_system(["dae", "vae-dae", "dae-bn", "dae-sn", "dae-ln"]),
        grid.FITTED | {"N01": "N(0,I)"},
        share=False,
    ),
    caption=f"Norms of the code: Fréchet distance of samples by three samplers, 128 filters, depth 1, {title}",
    name="fig-dae-norms",
    alt="Three panels, one Gaussian, mixture and standard normal: Fréchet distance of samples against latent units, a line each for the plain autoencoder, the VAE, and the autoencoder with batch, spectral and layer norm of the code.",
)

# %% [markdown]
# ## Noise
#
# Gaussian noise of three levels at the decoder's input (section 4 of the paper) or on the image (section 3), in training only. At
# the decoder's input a level means little by itself, since the code may grow to escape it: the table has the standard
# deviation of the code and the ratio.

# %% tags=["hide-input"]
noises = grid_tables.noises(rows, dataset)
if "dae-noise" in set(rows[rows["study"]]["system"]):
    show.figure(
        grid_charts.noise(rows, dataset),
        caption=f"Reconstructions and samples against the level of the noise, 128 filters, {title}",
        name="fig-dae-noise",
        alt="Two panels, noise at the decoder's input and on the image: Fréchet distances of reconstructions and samples against the standard deviation of the noise, with dashed horizontal lines for the VAE.",
    )

# %% tags=["hide-input"]
if len(noises) > 2:
    show.table(
        noises,
        caption=f"Noise, the code's own spread, and what the noise costs, {title}",
        name="tbl-dae-noise",
        note=f"{note} S.d. of the code: root of the mean variance over dimensions of the training codes.",
    )

# %% [markdown]
# ## Very many latent units
#
# The paper found VAEs hard to train above 512 units and prints usable results at 768. What is left of the pixels' variance tells a
# collapsed decoder (near one) from a working one.

# %% tags=["hide-input"]
large = grid_tables.large(rows)
if len(large):
    show.table(
        large,
        caption=f"The largest codes: error of test reconstructions over the variance of the pixels, and distances, {title}",
        name="tbl-dae-large",
        note=note,
    )

# %% [markdown]
# ## Figures A.1 and A.2: what a code looks like
#
# Two random dimensions of the codes of 150 training images. On the left as they are: nothing ties those of the plain autoencoder to a
# centre or a scale. On the right each dimension with mean zero and variance one, so that the shape is left. The circles are one and
# two standard deviations of a standard normal.

# %% tags=["hide-input"]
show.figure(
    grid_charts.code_pairs(results),
    caption=f"Codes of training images in two random dimensions, plain autoencoder and VAE at their own sizes, {title}",
    name="fig-dae-codes",
    alt="Two scatter plots of code pairs, blue points of plain autoencoders and orange triangles of a VAE, over two circles of a standard normal: on the left as they are, on the right standardised in each dimension.",
)

# %% [markdown]
# ## What it looks like
#
# Test images in the first line; below, what the systems make of them. None was chosen.

# %% tags=["hide-input"]
show.figure(
    plates.systems(own, "reconstructions", [1], head="test images", columns=8),
    caption=f"Test images and their reconstructions, {title}",
    name="fig-dae-reconstructions",
    alt="Rows of eight small images: test images on top, then the reconstructions of the systems of the study.",
)

# %% tags=["hide-input"]
show.figure(
    plates.samples(own, columns=5),
    caption=f"Samples by each system's own sampler (N: the VAE's prior, else one fitted Gaussian) and by the mixture (GMM), {title}",
    name="fig-dae-samples",
    alt="One row per system with five samples from its own sampler on the left and five from the fitted mixture on the right.",
)

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["hide-input"]
show.verdict_table(
    tables.decided("DAE-06 DAE-07 DAE-09 DAE-10 DAE-11", dataset, results + others),
    caption=f"Claims about the figures, decided on {title}",
    name="tbl-dae-figures-verdicts",
    note=note,
)
