# %% [markdown]
# # DAE: figures
#
# *Frozen codes, norms, noise, depth.* The paper claims that freezing the latent layer hardly matters, nor does normalising the code,
# except that batch norm makes N(0, I) usable as a prior; that noise at the decoder's input only harms; and that VAEs, unlike plain
# autoencoders, become unstable with very many latent units (section 4, Figures 1 to 5, A.1, A.2) {cite:p}`daly2022`.
#
# Lines are means over the stored seeds, in a band where there are several. Networks are named by the filters that they have in the paper; the axes
# have the latent units of our runs. A line or a table without runs is left out: its runs are still to be made.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # digits, cifar10 or celeba64, or "all" that are stored
profile: str = "largest"  # or smoke, laptop, overnight, paper
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import DOCUMENTS, check_choice
from rae_lib.pages import boxes, dae, figures, galleries, show, titles
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances
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
GRID = "python -m rae_lib run --profile laptop --dataset digits --study grid"

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
own = select_distances(ours)
own = own[own["system"].isin([*DOCUMENTS["dae"]])]
mean = boxes.Means(own, "dataset", "set", "system")
prior = {s: mean("digits", "N01", s) for s in ("dae", "dae-bn", "dae-ln", "dae-sn")}
changed = ["dae-bn", "dae-ln", "dae-sn"]
plain, fixed, noised = ([mean("digits", kind, s) for kind in dae.FITTED] for s in ("dae", "dae-frozen", "dae-noise"))
normed = [mean.span("digits", kind, changed) for kind in dae.FITTED]
size = boxes.name_seeds([r for r in runs if r.config.dataset == "digits"])

# %% tags=["remove-input"]
boxes.findings(
    (
        f"**Freezing the latent layer hardly matters, as claimed.** On digits (16 times narrower than the paper's, {size}) samples have a Fréchet distance of {fixed[0]:.2f} from one Gaussian and {fixed[1]:.2f} from the mixture with the layer frozen, and {plain[0]:.2f} and {plain[1]:.2f} with it trained.",
        all(abs(a / b - 1) < 0.2 for a, b in zip(fixed, plain, strict=True)),
    ),
    (
        f"**A norm on the code matters for N(0, I), and batch norm most.** From N(0, I) the distance is {prior['dae']:.0f} without a norm, {prior['dae-sn']:.0f} with spectral, {prior['dae-ln']:.0f} with layer and {prior['dae-bn']:.1f} with batch norm.",
        prior["dae-bn"] < prior["dae-ln"] < prior["dae"] and prior["dae-bn"] < prior["dae-sn"] < prior["dae"],
    ),
    (
        f"**Under the mixture no norm helps:** {normed[1]:.2f} with the three norms, {plain[1]:.2f} without. Under one Gaussian batch norm harms: {mean('digits', 'mvg', 'dae-bn'):.1f} against {plain[0]:.1f}; the two others change nothing.",
        normed[1].low > plain[1] and mean("digits", "mvg", "dae-bn") > 1.3 * plain[0],
    ),
    (
        f"**Noise at the decoder's input does not help, and hardly harms at its small level:** {noised[0]:.2f} from one Gaussian and {noised[1]:.2f} from the mixture, {plain[0]:.2f} and {plain[1]:.2f} without noise. Larger levels are not stored yet.",
        all(0.95 < a / b < 1.3 for a, b in zip(noised, plain, strict=True)),
    ),
)

# %% tags=["remove-input"]
boxes.rerun("32_dae_figures", runs)

# %% [markdown]
# ## The changes of the code, side by side

# %% tags=["remove-input"]
show.records(
    own[own["set"].isin(["rec", "N01", "mvg", "gmm"])],
    cols=["set"],
    better="min",
    caption="Fréchet distances of the systems of the study, own runs. Compare each row with the first, the plain autoencoder",
    name="tbl-dae-changes",
)

# %% [markdown]
# ## Figure 1: latent size and width
#
# One Gaussian of full covariance on the left, the mixture of ten on the right. Single marks are the systems' own runs, which
# were trained for another number of epochs.

# %% tags=["remove-input"]
apart = ours[ours["system"].isin(["dae", "rae-l2", "rae-sn", "eae"])].assign(paper_width=0)
apart = select(apart, metric="frechet", protocol="clean", set=dae.FITTED)
curves = mine[mine["system"].isin(dae.SYSTEMS) & mine["set"].isin(dae.FITTED)]
drawn = dae.several(curves)
if len(drawn):
    show.figure(
        dae.draw_latent(
            pd.concat([drawn, apart[apart["dataset"].isin(drawn["dataset"])]]), ["system", "paper_width"], dae.by_width
        ),
        caption="Fréchet distance of samples against the number of latent units, by width (band, where there are several seeds: lowest to highest). Look for the lowest point of each line, and whether it moves with the width",
        name="fig-dae-latent",
        alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units on logarithmic axes, blue lines for plain autoencoders and dashed orange ones for VAEs, darker for wider networks; single marks for the systems' own runs.",
    )

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The numbers of this figure"}
if len(curves):
    show.records(
        curves[curves["set"] == "gmm"],
        rows=["paper_latent"],
        cols=["system", "paper_width"],
        caption="Fréchet distance of mixture samples by latent size and width",
        name="tbl-dae-latent",
        note=note,
    )

# %% [markdown]
# ## Figures 2 and 5: depth
#
# Depth $n$ repeats every convolution $n$ times, the strided one last; $[3,3,2,1]$ gives each encoder stage its own number, and
# the decoder, about which the paper says nothing, takes the first ones. The paper draws the same curves twice, for the
# quality (Figure 2) and for the sensitivity to the number of latent units (Figure 5). The sensitivity is a number in the
# table: the range of the distances over the latent sizes, relative to the lowest.

# %% tags=["remove-input"]
depths = dae.plain(grid, set=dae.FITTED, depth=list(dae.DEPTHS))
depths = depths[depths["system"].isin(dae.SYSTEMS)]
drawn = dae.several(depths[depths["paper_width"] >= 64])
drawn = drawn[(drawn["system"] == "dae") | (drawn["paper_width"] == dae.WIDTH)]
if drawn["depth"].nunique() > 1:
    show.figure(
        dae.draw_latent(drawn, ["system", "paper_width", "depth"], dae.by_depth),
        caption="Fréchet distance of samples against the number of latent units, by depth (band, where there are several seeds: lowest to highest). The claim is that deeper networks have flatter lines",
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
        caption="Lowest distance over the latent sizes, the best size, and the relative range over the sizes, by width and depth. A small range: the size hardly matters",
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
        dae.draw_latent(frozen, ["system", "depth"], dae.by_freezing),
        caption="The code layer trained and frozen, at two depths: Fréchet distance of samples against the number of latent units, 128 filters (band, where there are several seeds: lowest to highest). The claim is that the two colours agree",
        name="fig-dae-frozen",
        alt="Two panels, one Gaussian and mixture: Fréchet distance of samples against latent units, blue with the code layer trained and brown with it frozen, solid at depth 1 and dashed at depth 2.",
    )

# %% [markdown]
# The paper does not say whether the decoder's first layer was frozen too. Both readings are runs of the study, at the size of Table 2.

# %% tags=["remove-input"]
FREEZING = ["none", "encoder", "both"]
readings = dae.plain(grid, system=["dae", "dae-frozen"], paper_width=dae.WIDTH, frozen=FREEZING)
readings = dae.several(dae.at_comparison(readings), "frozen")
if len(readings):
    show.records(
        readings[readings["set"].isin(["rec", "mvg", "gmm"])],
        rows=["frozen"],
        cols=["set"],
        better="min",
        caption="Fréchet distances with the code layer trained, frozen, and frozen together with the decoder's first. The claim is that the rows agree",
        name="tbl-dae-frozen",
        note=note,
    )
else:
    boxes.report_missing("the code layer frozen, at several latent sizes and in both readings", GRID)

# %% [markdown]
# ## Figure 4: norms of the code
#
# Batch norm, spectral norm of the code layer, and layer norm, with the plain autoencoder and the VAE, against the number of latent
# units.

# %% tags=["remove-input"]
NORMS = ["dae", "vae-dae", "dae-bn", "dae-sn", "dae-ln"]
norms = dae.several(mine[mine["system"].isin(NORMS) & (mine["paper_width"] == dae.WIDTH)])
norms = norms[norms["set"].isin(["N01", *dae.FITTED])]
if norms["system"].nunique() > 1:
    show.figure(
        dae.draw_latent(norms, sharey=False),
        caption="Norms of the code: Fréchet distance of samples by three samplers, 128 filters, depth 1 (band, where there are several seeds: lowest to highest). A norm should matter in the first panel only",
        name="fig-dae-norms",
        alt="Three panels, N(0, I), one Gaussian and mixture: Fréchet distance of samples against latent units, a line each for the plain autoencoder, the VAE, and the autoencoder with batch, spectral and layer norm of the code.",
    )
else:
    boxes.report_missing("norms of the code at several latent sizes", GRID)

# %% [markdown]
# ## Noise
#
# Gaussian noise of three levels at the decoder's input (section 4 of the paper) or on the image (section 3), in training only. At
# the decoder's input a level means little alone, since the code may grow to escape it: the table has the standard
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
        caption="Reconstructions and samples against the level of the noise, 128 filters; dashed: the VAE, without added noise (band, where there are several seeds: lowest to highest). The claim is that the lines rise",
        name="fig-dae-noise",
        alt="Two panels, noise at the decoder's input and on the image: Fréchet distances of reconstructions and samples against the standard deviation of the noise, with level dashed lines for the VAE.",
    )
else:
    boxes.report_missing("noise of several levels", GRID)

# %% tags=["remove-input"]
if len(distances):
    vae = vae.assign(place="nowhere: VAE", level=0)
    show.records(
        pd.concat([distances, dae.spreads(noisy), vae]),
        rows=["place", "level"],
        cols=["metric", "set"],
        caption="Noise, what it costs, and the spread of the code. Compare level 0 with the others",
        name="tbl-dae-noise",
        note=f"{note} S.d. of the code: root of the mean variance over dimensions of the training codes.",
    )

# %% [markdown]
# ## Very many latent units
#
# The paper found VAEs hard to train above 512 units and has usable results at 768. The error over the variance of the pixels is near
# one for a collapsed decoder. {glue:text}`dae-large`

# %% tags=["remove-input"]
large = select(grid, study="grid", system=dae.SYSTEMS, **dae.PLAIN)
large = large[(large["paper_width"] == dae.WIDTH) & (large["paper_latent"] >= 256)]
left = large[large["metric"].isin(["mse", "pixel_variance"])].assign(set="rec")
left = frame.ratio(left, "metric", "mse", "pixel_variance").assign(metric="error / variance")
large = pd.concat([left, select(large, study="grid", metric="frechet", set=KINDS)])
collapse = left.groupby("system")["value"].max()
show.value(
    "dae-large",
    ("" if "vae-dae" in collapse else "No VAE of this size is stored, so the claim about VAEs cannot be tested yet. ")
    + (
        f"The plain autoencoder does not collapse: its error is at most {collapse['dae']:.2f} of the variance."
        if "dae" in collapse
        else ""
    ),
)
if len(large):
    show.records(
        large,
        rows=["system", "paper_latent"],
        cols=["metric", "set"],
        caption="The largest codes: distances, and error of test reconstructions over the variance of the pixels. Near 1: collapsed",
        name="tbl-dae-large",
        note=note,
    )

# %% [markdown]
# ## Figures A.1 and A.2: what a code looks like
#
# Two random dimensions of the codes of training images, above as they are, below with mean zero and variance one in each dimension. The
# circles hold half and 95 % of N(0, I).

# %% tags=["remove-input"]
counts = ours[ours["system"].isin(dae.COMPARED[:3])].groupby("dataset")["training"].nunique()
first = counts.idxmax() if len(counts) else ""  # the data set with the most runs
own = [r for r in request.of_study(runs) if r.config.dataset == first]
drawn = [r for s, n in (("dae", 2), ("vae-dae", 1)) for r in [o for o in own if o.config.system == s][:n]]
if drawn:
    show.figure(
        figures.code_pairs(drawn, standardised=True),
        caption=f"Codes of training images in two random dimensions, own runs of plain autoencoder and VAE, {titles.titled('dataset', first)}. Nothing ties the codes of the plain autoencoder to a centre or a scale; in the lower row only the shape is left",
        name="fig-dae-codes",
        alt="Scatter plots of code pairs over two circles of N(0, I), a column for each run of the plain autoencoder and the VAE: above as they are, below standardised in each dimension.",
    )

# %% [markdown]
# ## Pictures

# %% tags=["remove-input"]
pictured = {
    title: sorted(part, key=lambda r: titles.SYSTEMS.index(r.config.system))
    for title, part in galleries.by_dataset([r for r in request.of_study(runs) if r.config.seed == seeds[0]]).items()
}
pictured = dict(sorted(pictured.items(), key=lambda item: -len(item[1])))  # the most systems first
if pictured:
    galleries.gallery(
        {title: galleries.list_reconstructions(part, columns=8) for title, part in pictured.items()},
        caption="Test images and their reconstructions. Compare each line with the first: do the changes of the code cost detail?",
        name="fig-dae-reconstructions",
        alt="eight small images",
    )

# %% tags=["remove-input"]
if pictured:
    galleries.gallery(
        {title: galleries.list_samples(part) for title, part in pictured.items()},
        heads=["own sampler", "mixture"],
        caption="Samples of each system's own sampler (N(0, I) for the VAE, else one Gaussian) and of the mixture. Look at the VAE's own samples",
        name="fig-dae-samples",
        alt="five small images",
    )

# %% [markdown]
# ## What was reproduced and what was not

# %% tags=["remove-input"]
_ = show.claims("32_dae_figures", runs, name="tbl-dae-figures-verdicts", profile=profile)

# %% tags=["remove-input"]
boxes.findings(
    (
        "Plain training is enough in these runs: no change of the code improves samples from a fitted density, and a random latent layer serves as well as a trained one. Only samples from N(0, I) gain from a norm, most from batch norm. The figures against depth and latent size need runs that are not stored yet.",
        normed[1].low > plain[1]
        and prior["dae-bn"] == min(prior.values()) < 0.2 * prior["dae"]
        and abs(fixed[1] / plain[1] - 1) < 0.2,
    ),
    title=boxes.MEANING,
)
