# %% [markdown]
# # The deterministic study in figures
#
# **Claims under test.** Keeping the layer that makes the code untrained hardly matters; neither does a norm on the code, save
# that batch norm makes a standard normal usable; noise at the decoder's input only harms; and VAEs, unlike plain
# autoencoders, become unstable with very many latent units (DAE, section 4, Figures 1–5, A.1, A.2). {cite:p}`daly2022`
#
# Lines are means over seeds in a band from the lowest to the highest; with one seed there is no band. Networks are named by the
# filters that they have in the paper; the axes have the latent units of our runs. The paper's numbers, which are in Inception
# features and so on another scale, are in {doc}`31_dae_tables`. A line or a table without runs is left out: its runs are still to be
# made.

# %% tags=["parameters"]
dataset: str = "all"  # digits, cifar10 or celeba64, or "all" that are stored
profile: str = "largest"  # or smoke, laptop, overnight, paper
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"]
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import check_choice
from rae_lib.pages import dae, figures, plates, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select
from rae_lib.results.printed import printed

notebooks.check_parameters("32_dae_figures", globals())
check_choice("dataset", dataset, ("all", *dae.UNITS))
figures.use_style()

runs = request.find_runs("dae", studies=["grid"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute)
runs = [r for r in runs if r.config.dataset in dae.UNITS]
shown = list(dict.fromkeys(r.config.dataset for r in runs))
others = dae.rivals(shown, profile, seeds)
ours = frame.of_results([*runs, *others])
grid = dae.cells(ours)
mine = dae.plain(grid)
note = dae.scales(grid)

# %% [markdown]
# ## Figure 1: latent size and width
#
# One Gaussian of full covariance on the left, a mixture of ten on the right. The single marks are the systems' own runs, which
# may have been trained for a different number of epochs: the plain autoencoder among them, so that like is compared with like.

# %% tags=["remove-input"]
apart = ours[ours["system"].isin(["dae", "rae-l2", "rae-sn", "eae"])].assign(paper_width=0)
apart = select(apart, metric="frechet", protocol="clean", set=dae.FITTED)
curves = mine[mine["system"].isin(dae.SYSTEMS) & mine["set"].isin(dae.FITTED)]
drawn = dae.several(curves)
if len(drawn):
    show.figure(
        figures.lines(
            pd.concat([drawn, apart[apart["dataset"].isin(drawn["dataset"])]]),
            "latent",
            hue=["system", "paper_width"],
            row="dataset",
            col="set",
            style=dae.by_width,
            logx=True,
            logy=True,
            xlabel="latent units",
            ylabel="Fréchet distance",
        ),
        caption="Fréchet distance of samples against the number of latent units, by width",
        name="fig-dae-latent",
        alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units on logarithmic axes, blue lines for plain autoencoders and dashed orange ones for VAEs, darker for wider networks; single marks for the systems' own runs.",
    )

# %% [markdown]
# The values at the best size of every line are in {doc}`31_dae_tables`.

# %% tags=["remove-input"]
if len(curves):
    show.records(
        curves[curves["set"] == "gmm"],
        rows=["paper_latent"],
        cols=["system", "paper_width"],
        by="dataset",
        caption="Fréchet distance of mixture samples by latent size and width",
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

# %% tags=["remove-input"]
depths = dae.plain(grid, set=dae.FITTED, depth=list(dae.DEPTHS))
depths = depths[depths["system"].isin(dae.SYSTEMS)]
drawn = dae.several(depths[depths["paper_width"] >= 64])
drawn = drawn[(drawn["system"] == "dae") | (drawn["paper_width"] == dae.WIDTH)]
if drawn["depth"].nunique() > 1:
    show.figure(
        figures.lines(
            drawn,
            "latent",
            hue=["system", "paper_width", "depth"],
            row="dataset",
            col="set",
            style=dae.by_depth,
            logx=True,
            logy=True,
            xlabel="latent units",
            ylabel="Fréchet distance",
        ),
        caption="Fréchet distance of samples against the number of latent units, by depth",
        name="fig-dae-depth",
        alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units, lines by width in shades of blue and by depth in line style, and one dashed orange line for the VAE.",
    )

# %% tags=["remove-input"]
depth_table = pd.concat([dae.best_sizes(depths), dae.ranges(depths)])
if len(depth_table):
    show.records(
        depth_table,
        rows=["system", "paper_width", "depth"],
        cols=["set", "metric"],
        by="dataset",
        caption="Lowest distance over the latent sizes, the best size, and the relative range over the sizes, by width and depth",
        name="tbl-dae-depth",
        note=f"{note} Range: (largest − smallest) / smallest over the sizes up to {dae.COMMON} units of the paper.",
    )

# %% tags=["remove-cell"]
deep = dae.plain(printed("dae"), dataset="cifar10", system="dae", depth="3,3,2,1", set=dae.FITTED)
deep = frame.best(deep).set_index("set")
for name in dae.FITTED:
    show.value(f"dae-deepest-{name}", deep["text"][name])
show.value("dae-deepest-size", int(deep["paper_latent"]["gmm"]))

# %% [markdown]
# The best published values on CIFAR-10 are those of the deepest network: {glue:text}`dae-deepest-mvg` under one Gaussian and
# {glue:text}`dae-deepest-gmm` under the mixture, at {glue:text}`dae-deepest-size` latent units, 128 filters and depth $[3,3,2,1]$.

# %% [markdown]
# ## Figure 3: a code layer that is never trained
#
# The encoder's last linear layer keeps its random initialisation. Everything before and after it learns around it.

# %% tags=["remove-input"]
where = {"system": ["dae", "dae-frozen"], "depth": ["1", "2"], "frozen": ["none", "encoder"]}
frozen = dae.plain(dae.several(grid), paper_width=dae.WIDTH, set=dae.FITTED, **where)
if "dae-frozen" in set(frozen["system"]):
    show.figure(
        figures.lines(
            frozen,
            "latent",
            hue=["system", "depth"],
            row="dataset",
            col="set",
            style=dae.by_freezing,
            logx=True,
            logy=True,
            xlabel="latent units",
            ylabel="Fréchet distance",
        ),
        caption="The code layer trained and frozen, at two depths: Fréchet distance of samples against the number of latent units, 128 filters",
        name="fig-dae-frozen",
        alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units, blue with the code layer trained and brown with it frozen, solid at depth 1 and dashed at depth 2.",
    )

# %% [markdown]
# The paper does not say which layer beside the code was frozen. The two readings, at the size of comparison:

# %% tags=["remove-input"]
FREEZING = ["none", "encoder", "both"]
readings = dae.plain(grid, system=["dae", "dae-frozen"], paper_width=dae.WIDTH, frozen=FREEZING)
readings = dae.several(dae.at_comparison(readings), "frozen")
if len(readings):
    show.records(
        readings[readings["set"].isin(["rec", "mvg", "gmm"])],
        rows=["frozen"],
        cols=["set"],
        by="dataset",
        better="min",
        caption="Fréchet distances with the code layer trained, frozen, and frozen together with the decoder's first",
        name="tbl-dae-frozen",
        note=note,
    )

# %% [markdown]
# ## Figure 4: norms of the code
#
# Batch norm, spectral norm of the code layer, and layer norm, with the plain autoencoder and the VAE. The first panel is the one
# where a norm could matter: samples from a standard normal.

# %% tags=["remove-input"]
NORMS = ["dae", "vae-dae", "dae-bn", "dae-sn", "dae-ln"]
norms = dae.several(mine[mine["system"].isin(NORMS) & (mine["paper_width"] == dae.WIDTH)])
norms = norms[norms["set"].isin(["N01", *dae.FITTED])]
if norms["system"].nunique() > 1:
    show.figure(
        figures.lines(
            norms,
            "latent",
            row="dataset",
            col="set",
            logx=True,
            logy=True,
            sharey=False,
            xlabel="latent units",
            ylabel="Fréchet distance",
        ),
        caption="Norms of the code: Fréchet distance of samples by three samplers, 128 filters, depth 1",
        name="fig-dae-norms",
        alt="Three panels, standard normal, one Gaussian and mixture: Fréchet distance of samples against latent units, a line each for the plain autoencoder, the VAE, and the autoencoder with batch, spectral and layer norm of the code.",
    )

# %% [markdown]
# ## Noise
#
# Gaussian noise of three levels at the decoder's input (section 4 of the paper) or on the image (section 3), in training only. At
# the decoder's input a level means little by itself, since the code may grow to escape it: the table has the standard
# deviation of the code and the ratio.

# %% tags=["remove-input"]
KINDS = ["rec", "mvg", "gmm"]
noisy = dae.noises(grid)
distances = select(noisy, study="grid", metric="frechet", set=KINDS)
places = distances[["dataset", "place", "level"]].drop_duplicates()
vae = dae.at_comparison(mine[(mine["system"] == "vae-dae") & mine["set"].isin(KINDS)])
vae = vae[(vae["paper_width"] == dae.WIDTH) & vae["dataset"].isin(places["dataset"])]
if len(distances):
    show.figure(
        figures.lines(
            pd.concat([distances.assign(system="dae"), vae.merge(places, on="dataset")]),
            "level",
            hue=["system", "set"],
            row="dataset",
            col="place",
            style=dae.by_set,
            logy=True,
            ylabel="Fréchet distance",
        ),
        caption="Reconstructions and samples against the level of the noise, 128 filters; dashed: the VAE, without added noise",
        name="fig-dae-noise",
        alt="Two panels, noise at the decoder's input and on the image: Fréchet distances of reconstructions and samples against the standard deviation of the noise, with level dashed lines for the VAE.",
    )

# %% tags=["remove-input"]
if len(distances):
    vae = vae.assign(place="nowhere: VAE", level=0)
    show.records(
        pd.concat([distances, dae.spreads(noisy), vae]),
        rows=["place", "level"],
        cols=["metric", "set"],
        by="dataset",
        caption="Noise, what it costs, and the spread of the code",
        name="tbl-dae-noise",
        note=f"{note} S.d. of the code: root of the mean variance over dimensions of the training codes.",
    )

# %% [markdown]
# ## Very many latent units
#
# The paper found VAEs hard to train above 512 units and prints usable results at 768. What is left of the pixels' variance tells a
# collapsed decoder (near one) from a working one.

# %% tags=["remove-input"]
large = select(grid, study="grid", system=dae.SYSTEMS, **dae.PLAIN)
large = large[(large["paper_width"] == dae.WIDTH) & (large["paper_latent"] >= 256)]
left = large[large["metric"].isin(["mse", "pixel_variance"])].assign(set="rec")
left = frame.ratio(left, "metric", "mse", "pixel_variance").assign(metric="error / variance")
large = pd.concat([left, select(large, study="grid", metric="frechet", set=KINDS)])
if len(large):
    show.records(
        large,
        rows=["system", "paper_latent"],
        cols=["metric", "set"],
        by="dataset",
        caption="The largest codes: distances, and error of test reconstructions over the variance of the pixels",
        name="tbl-dae-large",
        note=note,
    )

# %% [markdown]
# ## Figures A.1 and A.2: what a code looks like
#
# Two random dimensions of the codes of 150 training images. On the left as they are: nothing ties those of the plain autoencoder to a
# centre or a scale. On the right each dimension with mean zero and variance one, so that the shape is left. The circles are one and
# two standard deviations of a standard normal.

# %% tags=["remove-input"]
counts = ours[ours["system"].isin(dae.COMPARED[:3])].groupby("dataset")["training"].nunique()
first = counts.idxmax() if len(counts) else ""  # the data set with the most runs
own = [r for r in request.of_study(runs) if r.config.dataset == first]
pair = [r for s, n in (("dae", 2), ("vae-dae", 1)) for r in own if r.config.system == s][:3]
if pair:
    show.figure(
        dae.code_pairs(pair),
        caption=f"Codes of training images in two random dimensions, own runs of plain autoencoder and VAE, {titles.titled('dataset', first)}",
        name="fig-dae-codes",
        alt="Two scatter plots of code pairs, blue points of plain autoencoders and orange triangles of a VAE, over two circles of a standard normal: on the left as they are, on the right standardised in each dimension.",
    )

# %% [markdown]
# ## What it looks like
#
# Test images in the first line; below, what the systems make of them. None was chosen.

# %% tags=["remove-input"]
own = [r for r in own if r.config.seed == own[0].config.seed]
if own:
    show.figure(
        plates.systems(own, "reconstructions", [1], head="test images", columns=8),
        caption=f"Test images and their reconstructions, {titles.titled('dataset', first)}",
        name="fig-dae-reconstructions",
        alt="Rows of eight small images: test images on top, then the reconstructions of the systems of the study.",
    )

# %% tags=["remove-input"]
if own:
    show.figure(
        plates.samples(own, columns=5),
        caption=f"Samples by each system's own sampler (N: the VAE's prior, else one fitted Gaussian) and by the mixture (GMM), {titles.titled('dataset', first)}",
        name="fig-dae-samples",
        alt="One row per system with five samples from its own sampler on the left and five from the fitted mixture on the right.",
    )

# %% [markdown]
# ## What reproduced, what did not

# %% tags=["remove-input"]
_ = show.claims(
    "32_dae_figures", name="tbl-dae-figures-verdicts", profile=profile, datasets=[r.config.dataset for r in runs]
)
