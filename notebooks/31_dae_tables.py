# %% [markdown]
# # DAE: tables
#
# *How little an autoencoder needs.* The paper claims that codes of a plain autoencoder need a fitted density: N(0, I) will not do, one
# Gaussian of full covariance will. It also claims that the widest network no longer gains on CIFAR-10, and that the trained networks come
# close to a bound for smooth interpolation (sections 4 and 5, Tables 1 to 3) {cite:p}`daly2022`.
#
# {doc}`../book/dae_theory` derives the objective, the hypotheses and the bound. The figures follow in {doc}`32_dae_figures`, the
# hypotheses in {doc}`33_dae_hypotheses`.

# %% tags=["parameters", "hide-input"]
dataset: str = "all"  # digits, cifar10 or celeba64, or "all" that are stored
profile: str = "largest"  # or smoke, laptop, overnight, paper
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything again (needs one data set by name)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import DOCUMENTS, check_choice
from rae_lib.pages import boxes, costs, dae, figures, notes, show, titles
from rae_lib.pages.looks import PALE
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances
from rae_lib.results.printed import printed

notebooks.check_parameters("31_dae_tables", globals())
check_choice("dataset", dataset, ("all", *dae.UNITS))
figures.use_style()

runs = request.find_runs("dae", studies=["grid"], dataset=dataset, profile=profile, seeds=seeds, recompute=recompute)
others = dae.rivals(list(dict.fromkeys(r.config.dataset for r in runs)), profile, seeds)
long = pd.concat([frame.of_results([*runs, *others]), printed("dae")])
grid = dae.cells(long)
plain = dae.plain(grid)
real = select_distances(long, set="real")
profiles = {r.config.dataset: r.config.profile for r in runs if r.config.dataset in dae.UNITS}
note = dae.scales(grid)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
own = boxes.Means(select_distances(long, document="here"), "dataset", "system", "set")
ae, vae = (
    {d: [own(d, s, kind) for kind in ("N01", "mvg", "gmm")] for d in ("mnist", "digits")} for s in ("dae", "vae-dae")
)
hard = {s: [own("cifar10", s, kind) for kind in ("N01", "mvg", "gmm")] for s in ("dae", "ae")}
near = select_distances(long, document="here", dataset="mnist", set="gmm")
near = [boxes.Means(near, "system", "seed").span(s, None) for s in ("dae", "vae-dae", "rae-sn")]
rivals = own.span("mnist", [s for s in (*DOCUMENTS["rae"], *DOCUMENTS["eae"]) if s != "rae-sn"], "gmm")
published = boxes.Means(select(printed("dae"), dataset="cifar10", system="dae", metric="frechet"), "set")
said, said_mvg = published("N01"), published("mvg")
sharp = boxes.Means(
    select(long, dataset="cifar10", system="dae", metric="sharpness", protocol="clean", document="here"), "set"
)
vae_said = boxes.Means(select(printed("dae"), dataset="cifar10", system="vae-dae", metric="frechet", table="2"), "set")
batch_norm = own("digits", "dae-bn", "N01")
colour = [own("cifar10", "dae", kind) for kind in ("rec", "gmm")]
by_size = boxes.Means(plain[plain["document"] == "here"], "dataset", "system", "set", "paper_latent", "paper_width")
wider = [by_size("digits", "dae", "gmm", 128, width) for width in (64, 128, 256)]
wide = boxes.find_span(wider)
slip = dae.plain(printed("dae"), dataset="celeba64", system="dae", paper_width=128)
slip = slip[slip["set"].isin(["rec", "N01", "mvg", "gmm"])]
slip = slip[(slip["table"] == "2") | slip["paper_latent"].isin([96, 128])]
cells = slip.pivot(index=["table", "paper_latent"], columns="set", values="text")
equal, quoted = int((cells.loc["2", 64] == cells.loc["3", 128]).sum()), costs.quoted()
met = int(quoted["counted / published"].between(1 / 1.5, 1.5).sum())

# %% tags=["remove-input"]
statements = [
    (
        f"**On MNIST and digits one fitted Gaussian makes the plain autoencoder usable; N(0, I) does not.** The Fréchet distance of its samples is {ae['digits'][0]:.0f} from N(0, I), {ae['digits'][1]:.1f} from one Gaussian and {ae['digits'][2]:.1f} from the mixture on digits (16 times narrower than the paper's), and {ae['mnist'][0]:.0f}, {ae['mnist'][1]:.1f} and {ae['mnist'][2]:.1f} on MNIST.",
        all(v[0] > 10 * v[1] > 10 * v[2] for v in ae.values()),
    ),
    (
        f"**On CIFAR-10, the paper's own set, it is the other way at our size.** Samples from N(0, I) are at {hard['dae'][0]:.1f}, from one Gaussian at {hard['dae'][1]:.1f} and from the mixture at {hard['dae'][2]:.1f} (seed 0). For AE N(0, I) ({hard['ae'][0]:.1f}) is nearer than one Gaussian ({hard['ae'][1]:.1f}), but not than the mixture ({hard['ae'][2]:.1f}). The paper has {said:.0f} from N(0, I) against {said_mvg:.0f} from one Gaussian. Here samples from N(0, I) are too sharp ({sharp('N01'):,.0f}; test images {sharp('real'):,.0f}), the others as blurred as reconstructions ({sharp('mvg'):,.0f} to {sharp('rec'):,.0f}), so the distance tells little about the codes.",
        hard["dae"][0] < 0.95 * min(hard["dae"][1:])
        and hard["ae"][2] < hard["ae"][0] < hard["ae"][1]
        and said > 1.5 * said_mvg
        and sharp("mvg") < sharp("gmm") < sharp("rec") < 0.5 * sharp("real") < 0.7 * sharp("N01"),
    ),
    (
        f"**DAE, its VAE and RAE-SN have the nearest mixture samples on MNIST:** {ae['mnist'][2]:.2f}, {vae['mnist'][2]:.2f} † and {own('mnist', 'rae-sn', 'gmm'):.2f}, within the spread over seeds. The other systems of the RAE and EAE papers have {rivals:.2f}.",
        max(ae["mnist"][2], vae["mnist"][2], own("mnist", "rae-sn", "gmm")) < 0.9 * rivals.low
        and max(part.low for part in near) < min(part.high for part in near),
    ),
    (
        f"**With a fitted density VAE and plain autoencoder are close.** The VAE of the study has {vae['digits'][1]:.1f} and {vae['digits'][2]:.1f} on digits, {vae['mnist'][1]:.1f} and {vae['mnist'][2]:.1f} on MNIST. From N(0, I), which is its prior, it has {vae['digits'][0]:.0f} and {vae['mnist'][0]:.0f}: its KL weight, as we read it, is too small to shape the codes. The paper's VAE has nearly the same distance from both ({vae_said('N01'):.0f} and {vae_said('mvg'):.0f} on CIFAR-10), so its loss may be scaled otherwise; we have no such VAE on CIFAR-10.",
        all(0.6 < vae[d][i] / ae[d][i] < 1.6 for d in ae for i in (1, 2))
        and all(v[0] > 10 * v[1] for v in vae.values())
        and abs(vae_said("N01") / vae_said("mvg") - 1) < 0.1,
    ),
]

# %% tags=["remove-input"]
boxes.findings(
    *statements,
    (
        f"**Batch norm of the code is a remedy for N(0, I):** it brings the distance on digits from {ae['digits'][0]:.0f} to {batch_norm:.1f}.",
        batch_norm < 0.2 * ae["digits"][0],
    ),
    (
        f"**Width hardly matters on digits.** At 64, 128 and 256 filters of the paper the mixture samples of the plain autoencoder have distances of {wide:.2f}, in no order. On CIFAR-10 one size is stored; there reconstructions ({colour[0]:.0f}) are hardly nearer to the test images than samples ({colour[1]:.0f}).",
        wide.count == 3
        and wide.high < 1.6 * wide.low
        and wider not in (sorted(wider), sorted(wider)[::-1])
        and colour[0] > 0.6 * colour[1],
    ),
    (
        f"**A slip in the published tables, and sizes that we cannot match.** The {equal} numbers of the headline on CelebA are given for 64 latent units in one table and for 128 in another. And only {met} of the {len(quoted)} network sizes that the paper quotes are within a factor of 1.5 of a count of the parameters.",
        equal == cells.shape[1] and met < len(quoted),
    ),
)

# %% tags=["remove-input"]
boxes.rerun("31_dae_tables", runs)

# %% [markdown]
# ## The runs
#
# Published numbers are compared with ours on the same data set only: CIFAR-10 and CelebA. Where we have no runs on one of
# these, its tab has the published numbers alone; digits have ours alone. A dash: a run that is still to be made.

# %% tags=["remove-input"]
show.table(
    notes.sizes(runs),
    caption="The systems' own runs on this page, and the size of the paper's. Compare updates and filters: ours are far smaller",
    name="tbl-dae-sizes",
)

# %% [markdown]
# ## Table 1: the experiments
#
# The study varies width and depth of both networks, the number of latent units, and
# what is changed about the code. The paper does not list its latent sizes; ours are the ones that appear in its
# tables and claims. Digits have the grid of CIFAR-10.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "For developers: every experiment, and how many of its runs are stored"}
experiments = dae.experiments(profiles, grid) if profiles else pd.DataFrame()
if profiles:
    show.table(
        experiments,
        caption="The experiments of the study",
        name="tbl-dae-experiments",
        note="Filters: of the first stage. ‘Stored’ counts runs of all seeds.",
    )

# %% tags=["remove-cell"]
show.value("dae-planned", int(experiments["runs a seed"].sum()) if profiles else 0)
show.value("dae-stored", int(experiments["stored"].sum()) if profiles else 0)

# %% [markdown]
# Of {glue:text}`dae-planned` runs a seed, {glue:text}`dae-stored` are stored, over all seeds. The systems' own runs, which are
# compared with other papers, have another length:

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The systems, how they are trained, and the sources"}
show.table(
    dae.systems(runs),
    caption="The systems of the study, how their own runs are trained, and the sources",
    name="tbl-dae-systems",
    note="β: weight of the KL term; the cross-entropy, summed over the pixels, has weight one.",
)

# %% [markdown]
# ## Table 2: samples at the sizes of comparison
#
# All models with the same number of latent units, 128 for the paper's CIFAR-10 and 64 for its CelebA, sampled from N(0, I), from one
# Gaussian with the mean and full covariance of the training codes, and from a mixture of ten. Published distances are in Inception features,
# ours in those of our classifier: compare orders and ratios, not values.

# %% tags=["remove-input"]
MODELS = ["dae", "dae-bn", "vae-dae"]
compared = dae.at_comparison(plain)
compared = compared[compared["system"].isin(MODELS)]
show.records(
    compared[compared["set"].isin(["N01", "mvg", "gmm"])],
    rows=["paper_width", "system"],
    cols=["set", "document"],
    better="min",
    floor=real,
    caption="Fréchet distances of samples by width, ours and those of Table 2 of the paper. Compare N(0, I) with one Gaussian, then read down the widths",
    name="tbl-dae-samples",
    note=note,
)

# %% [markdown]
# ### Compared with systems of other papers
#
# The systems' own runs, and the models that the paper compares with.

# %% tags=["remove-input"]
those = select(long, metric="frechet", system=dae.COMPARED)
those = those[(those["protocol"] == "clean") | (those["document"] == "dae")]
show.records(
    those[those["set"].isin(["rec_train", "rec", "N01", "mvg", "gmm"])],
    cols=["set", "document"],
    better="min",
    floor=real,
    caption="Fréchet distances of the systems' own runs, ours and those of Table 2 of the paper. Compare DAE with the regularised systems, under one Gaussian and under the mixture",
    name="tbl-dae-rivals",
)

# %% [markdown]
# ## Reconstructions of training and of test images
#
# Both columns are distances to the test images. Test reconstructions are compared with their own originals; training
# reconstructions are not: they can hardly fall below the distance of training images themselves from test images. The last row has
# validation images.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Reconstructions of training and of test images, by width"}
show.records(
    compared[compared["set"].isin(["rec_train", "rec"])],
    rows=["paper_width", "system"],
    cols=["set", "document"],
    better="min",
    floor=real,
    caption="Fréchet distances of reconstructions by width, ours and those of Table 2 of the paper",
    name="tbl-dae-reconstructions",
    note=note,
)

# %% [markdown]
# Memorised training images show as a positive difference; in the paper it grows with the width of the plain
# autoencoder. With few images in a set, comparing test reconstructions with their own originals outweighs any memorisation, and the
# difference is negative.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The difference, by width"}
show.records(
    frame.difference(compared, "set", "rec", "rec_train"),
    rows=["paper_width", "system"],
    cols=["document"],
    caption="Distance of test reconstructions minus that of training reconstructions. Positive: training images are reconstructed better than new ones",
    name="tbl-dae-memory",
    note=note,
)

# %% tags=["remove-cell"]
published = printed("dae", "rae")
published = published[(published["dataset"] == "cifar10") & (published["study"] == "")]
published = published[published["metric"] == "frechet"].set_index(["document", "system", "set"])
for system in ("dae", "wae-mmd", "rae-l2", "eae"):
    show.value(f"dae-print-{system}-rec", published["text"]["dae", system, "rec"])
show.value("dae-print-dae-rec-train", published["text"]["dae", "dae", "rec_train"])
for system in ("vae", "wae-mmd"):
    show.value(f"dae-print-{system}-rec-rae", published["text"]["rae", system, "rec"])

# %% [markdown]
# Three published cells of Table 2 do not compare with their neighbours. RAE's reconstruction on CIFAR-10,
# {glue:text}`dae-print-rae-l2-rec`, is compared with the plain autoencoder's {glue:text}`dae-print-dae-rec` on test images; but the released
# RAE code reconstructs images that were seen in training ({doc}`../book/deviations`), for which the plain autoencoder's number is
# {glue:text}`dae-print-dae-rec-train`. EAE's {glue:text}`dae-print-eae-rec` is not in the EAE paper. And WAE's
# {glue:text}`dae-print-wae-mmd-rec` is what the RAE papers have for the VAE ({glue:text}`dae-print-vae-rec-rae`); for the WAE they have
# {glue:text}`dae-print-wae-mmd-rec-rae`.

# %% [markdown]
# ## Table 3: each model at its best number of latent units
#
# A comparison at equal size favours the model whose optimum is near that size. First the best size of each sampler, then the
# published table with our runs of the same sizes; on digits, all our sizes.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The best latent size of each sampler"}
show.records(
    dae.best_sizes(plain[plain["system"].isin(dae.SYSTEMS) & plain["set"].isin(dae.FITTED)]),
    rows=["paper_width", "system"],
    cols=["set", "metric", "document"],
    caption="Lowest Fréchet distance over the latent sizes, and the size at which it was found, by model and width",
    name="tbl-dae-best",
    note=f"{note} The paper's best are the best of the published ones. A size at an end of our grid is no optimum found, but where the grid stops.",
)

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "The whole table, by width and latent size"}
key = ["dataset", "system", "paper_width", "paper_latent"]
table3 = plain[plain["table"] == "3"]
ours = plain[plain["document"] == "here"]
same = ours.merge(table3[key].drop_duplicates())
alone = ours[~ours["dataset"].isin(table3["dataset"])]
table3 = pd.concat([table3, same, alone])
show.records(
    table3[table3["system"].isin(MODELS) & table3["set"].isin(["rec", "N01", "mvg", "gmm"])],
    rows=["paper_width", "system", "paper_latent"],
    cols=["set", "document"],
    floor=real,
    caption="Fréchet distances by width and latent size, ours and those of Table 3 of the paper",
    name="tbl-dae-table3",
    note=note,
)

# %% [markdown]
# ### A row that is in both tables
#
# The paper's headline on CelebA is the plain autoencoder with 128 filters. Table 2 is captioned with 64 latent units; Table 3
# has the same four numbers for 128.

# %% tags=["remove-input"]
show.records(
    slip,
    rows=["table", "paper_latent"],
    cols=["set"],
    by="",
    caption="The plain autoencoder with 128 filters on CelebA, as published in two tables. Compare the first row with the last",
    name="tbl-dae-slip",
)

# %% tags=["remove-cell"]
show.value("dae-slip-equal", equal)
show.value("dae-slip-of", cells.shape[1])
show.value("dae-slip-between", cells["rec"]["3", 96])
show.value("dae-slip-rec", cells["rec"]["3", 128])

# %% [markdown]
# {glue:text}`dae-slip-equal` of {glue:text}`dae-slip-of` cells agree to the last digit, while the row between them, at 96 units,
# reconstructs test images at {glue:text}`dae-slip-between` and not at {glue:text}`dae-slip-rec`. One label is wrong, most likely that
# of Table 2. If so, the comparison with VAE, RAE and EAE at 64 units compares different sizes (claim X-13).

# %% [markdown]
# ## How large the networks are
#
# Counted layer by layer from the configurations of the paper's size, without training. The decoder starts from an 8 × 8 map
# with eight times the base filters, as in the RAE papers; the study does not say. Its first layer makes the decoder
# grow with the number of latent units.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Parameters and arithmetic by width"}
show.table(
    costs.table(),
    caption="Parameters of encoder and decoder in millions, and arithmetic of one image forward and backward. They grow with the square of the width",
    name="tbl-dae-parameters",
    note="At the latent size of Table 2 (128 on CIFAR-10, 64 on CelebA); ‘over the grid’: from its smallest to its largest latent size.",
    decimals={"encoder, M": 2, "decoder, M": 2},
)

# %% tags=["remove-input"]
networks = costs.networks().melt(["dataset", "width"], ["encoder", "decoder"], var_name="part")
networks["value"] /= 1e6
chart = figures.lines(
    networks,
    "width",
    hue="part",
    col="dataset",
    style=figures.style_others("part", ["encoder", "decoder"]),
    logx=True,
    logy=True,
    ylabel="parameters, millions",
)
for ax, (low, high) in zip(chart.axes, costs.BOUND.values(), strict=True):
    ax.axhspan(low / 1e6, high / 1e6, color=PALE, zorder=0)
show.figure(
    chart,
    caption="Parameters against width: mean over the networks of the study, in a band from the smallest to the largest; grey: the range that the paper quotes for the bound. Look where the curves enter it",
    name="fig-dae-parameters",
    alt="Two panels, CIFAR-10 and CelebA: parameters of encoder and decoder against the width on logarithmic axes, and a grey band, the quoted bound.",
)

# %% [markdown]
# The paper quotes the ends of these ranges. With another first layer some of them would come nearer and others move away, so no
# reading of the described layers meets all (claim DAE-18).

# %% tags=["remove-input"]
show.table(
    quoted,
    caption="The smallest and the largest trained network, as quoted and as counted. The last column should be near 1",
    name="tbl-dae-quoted",
    note="Claim DAE-18 counts a ratio between 1 / 1.5 and 1.5 as near.",
)

# %% tags=["remove-cell"]
show.value("dae-ends-met", met)
show.value("dae-ends", len(quoted))
largest = costs.networks().groupby("dataset")[["encoder", "decoder"]].max().stack()
for (name, part), count in largest.items():
    show.value(f"dae-{name}-{part}", costs.power(count, 1))

# %% [markdown]
# {glue:text}`dae-ends-met` of {glue:text}`dae-ends` ends are met. The bound (section 5 of the paper) is on the parameters of a smooth
# interpolator of $n$ points in an effective dimension; the range that the paper quotes for it, divided by $n$, implies this dimension.
#
# | | CIFAR-10 | CelebA |
# |:--|--:|--:|
# | points $n$, as the paper rounds them | 5 × 10⁴ | 2 × 10⁵ |
# | dimension $d$, as the paper rounds it | 3 × 10³ | 10⁴ |
# | $n d$ | 1.5 × 10⁸ | 2 × 10⁹ |
# | bound, published | 10⁷ to 10⁸ | 10⁷ to 10⁹ |
# | effective dimension that it implies | 200 to 2,000 | 50 to 5,000 |
# | largest encoder, counted | {glue:text}`dae-cifar10-encoder` | {glue:text}`dae-celeba64-encoder` |
# | largest decoder, counted | {glue:text}`dae-cifar10-decoder` | {glue:text}`dae-celeba64-decoder` |

# %% [markdown]
# ## What the study costs
#
# The operations of one run are those of one image forward and backward, times training images, times epochs. No GPU has been measured
# here; hours are those at 100 TFLOP/s *achieved*, a round number to be replaced by your own.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "For developers: cost of every experiment at the paper's size"}
seconds = select(grid, study="grid", document="here", metric="train_seconds")
first = seconds["dataset"].value_counts().index[0] if len(seconds) else ""
paper = "celeba64" if first == "celeba64" else "cifar10"
devices = ", ".join(sorted({r.raw["device"] for r in runs if r.config.dataset == first}))
measured = f" Seconds: {titles.titled('dataset', first)}, {devices}, shared with other work." if first else ""
show.table(
    costs.experiments(paper, seconds[seconds["dataset"] == first]),
    caption=f"Cost of every experiment at paper scale on {titles.titled('dataset', paper)}, one seed, and seconds of training here",
    name="tbl-dae-costs",
    note="Hours at 100 TFLOP/s achieved, evaluation not counted." + measured,
)

# %% tags=["remove-cell"]
for name in ("cifar10", "celeba64"):
    whole = costs.total(name)
    show.value(f"dae-{name}-runs", whole["runs"])
    show.value(f"dae-{name}-eflop", whole["EFLOP"], ".1f")
    show.value(f"dae-{name}-hours", whole["hours"], ".0f")
times = frame.of_results(runs).query("metric == 'train_seconds'")["value"]
show.value("dae-here-time", boxes.name_time(float(times.sum()) / 60))

# %% [markdown]
# One seed of the whole grid takes {glue:text}`dae-cifar10-runs` runs and {glue:text}`dae-cifar10-eflop` EFLOP on CIFAR-10, about
# {glue:text}`dae-cifar10-hours` hours at that rate, and {glue:text}`dae-celeba64-runs` runs and {glue:text}`dae-celeba64-eflop` EFLOP
# on CelebA, about {glue:text}`dae-celeba64-hours` hours. Our runs on this page, those of other papers' systems not
# counted, trained for {glue:text}`dae-here-time`.

# %% [markdown]
# ## What was reproduced and what was not
#
# Claims about the grid on CIFAR-10 are tested on digits too: that outcome is evidence about the method, not about the paper's table. What a claim says of
# CelebA is not tested on digits.

# %% tags=["remove-input", "hide-output"] mystnb={"code_prompt_show": "Every claim of this page with its outcome"}
_ = show.claims("31_dae_tables", runs, name="tbl-dae-tables-verdicts", profile=profile)

# %% tags=["remove-input"]
boxes.findings(
    (
        "On digits and MNIST the central observation of the paper holds in small networks: a plain autoencoder with one fitted Gaussian is a generator, and the VAE of the study has no advantage over it once both have a fitted density. On CIFAR-10, the paper's own set, N(0, I) is nearer than both fitted densities at our size. What the paper says about width and latent size cannot be judged from these runs: they are too few, and on digits.",
        all(v[0] > 10 * v[1] for v in ae.values())
        and all(0.9 < vae[d][i] / ae[d][i] < 1.6 for d in ae for i in (1, 2))
        and hard["dae"][0] < min(hard["dae"][1:]),
    ),
    title=boxes.MEANING,
)
