# %% [markdown]
# # Which one to use
#
# *One table of all systems, and what it advises.* The chapters compare the systems of one paper at a time. Here all of them stand side by side, by
# what one may want of an autoencoder: samples, reconstructions, paths between images, a known prior, or little time.

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports, and the runs of this page"}
import pandas as pd

from rae_lib import notebooks
from rae_lib.config import DOCUMENTS, own_set
from rae_lib.pages import boxes, show
from rae_lib.pages.first import DETERMINISTIC
from rae_lib.pages.titles import titled
from rae_lib.results import frame, request
from rae_lib.results.frame import select, select_distances

notebooks.check_parameters("04_which", globals())

runs = [r for r in request.find_runs("rae", "eae", "dae", "slides", profile=profile) if not r.config.variant]
runs = [r for r in runs if r.config.dataset in ("mnist", "cifar10")]
long = frame.of_results(runs)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The numbers of the findings"}
own = select_distances(long)
mean = boxes.Means(select(own, dataset="mnist"), "set", "system")
colour = boxes.Means(select(own, dataset="cifar10"), "set", "system")
many = select(long, study="components", components=100, metric="frechet").assign(study="", set="gmm, 100")
rich = boxes.Means(select(many, dataset="mnist"), "system")
seconds = select(long, dataset="mnist", metric="train_seconds").groupby("system")["value"].min()  # the least disturbed
minutes = seconds / 60
three = [s for name in ("rae", "eae", "dae") for s in DOCUMENTS[name] if s != "rae-gp"]
quick = boxes.find_span(minutes[minutes.index.isin(three)])


def name_first(count: int = 3) -> str:
    """The systems with the lowest distances of a hundred components: "RAE-SN (1.29), ..."."""
    part = rich.values.sort_values().head(count)
    return ", ".join(f"{titled('system', s)} ({v:.2f})" for s, v in part.items())


counted = select(many, dataset="mnist").groupby("system")["seed"].nunique()
counted = counted.reindex(rich.values.sort_values().head(3).index)
seeds = "one seed each" if counted.eq(1).all() else f"{counted.min():.0f} to {counted.max():.0f} seeds each"
low = boxes.find_span(rich(s) for s in (*DETERMINISTIC, "dae"))
prior = {s: mean("N01", s) for s in ("wae-mmd", "rae", "eae", "vae")}
learned, flex = mean("N", "flexae"), [r for r in runs if (r.config.system, r.config.dataset) == ("flexae", "mnist")]
smooth = mean.span("interp", ["rae-l2", "rae-gp"])
step = select(long, dataset="mnist", metric="step_time").groupby("system")["value"].min()  # the least disturbed
slow = step.get("rae-gp", float("nan")) / step.get("rae-l2", float("nan"))
mnist = [r for r in runs if r.config.dataset == "mnist"]
size = boxes.name_size(mnist)

# %% tags=["remove-input"]
statements = [
    (
        f"**For samples: an autoencoder with little or no noise, and a mixture with many components.** On MNIST ({size}) the nearest samples of a hundred components are those of {name_first()}, {seeds}. The deterministic systems of the RAE papers and DAE have {low:.2f}, far less than the best samples from N(0, I) ({min(prior.values()):.1f}).",
        low.count >= 6 and 5 * low.high < min(prior.values()),
    ),
    (
        f"**For paths between images: RAE-L2.** Mid-points of RAE-L2 and RAE-GP have {smooth:.2f}, those of AE {mean('interp', 'ae'):.2f}, of AE-L2, with the same decay and no penalty on the code, {mean('interp', 'ae-l2'):.2f}. RAE-L2 costs next to no time; a step of RAE-GP takes {slow:.1f} times as long (fastest run of each).",
        smooth.high < 0.7 * min(mean("interp", "ae"), mean("interp", "ae-l2")) and slow > 3,
    ),
    (
        f"**Time hardly tells them apart.** 6,000 updates take {quick:.0f} minutes of one core, in the fastest run, for {quick.count} systems of the three papers, but RAE-GP takes {minutes.get('rae-gp', float('nan')):.0f}.",
        quick.high < 1.5 * quick.low and minutes.get("rae-gp", float("nan")) > 3 * quick.high,
    ),
    (
        f"**For samples without a fit: a learned prior.** Samples of FlexAE are at {learned:.2f} ({boxes.name_seeds(flex)}, {flex[0].config.latent if flex else 0} latent dimensions where AE has 16), between AE's mixtures of ten ({mean('gmm', 'ae'):.2f}) and of a hundred ({rich('ae'):.2f}). Other learned priors follow: VampPrior VAE {mean('N', 'vae-vamp'):.1f}, VAE with flow {mean('N', 'vae-flow'):.1f}, the second stage on a learned variance {mean('N', 'two-stage-dw'):.1f} ({boxes.name_seeds(mnist, 'vae-vamp', 'vae-flow', 'two-stage-dw')} each). Two do not: the implicit prior has {mean('N', 'vae-iop'):.1f}, the second stage of the RAE papers {mean('N', 'two-stage-vae'):.1f}. From N(0, I) expect less: WAE-MMD has {prior['wae-mmd']:.1f}, RAE {prior['rae']:.1f}, EAE {prior['eae']:.1f} and VAE {prior['vae']:.1f}.",
        rich("ae") < learned < mean("gmm", "ae")
        and max(mean("N", s) for s in ("vae-vamp", "vae-flow", "two-stage-dw")) < 0.6 * prior["wae-mmd"]
        and min(mean("N", s) for s in ("vae-iop", "two-stage-vae")) > 0.8 * prior["wae-mmd"]
        and prior["wae-mmd"] == min(prior.values()),
    ),
]

# %% tags=["remove-input"]
boxes.findings(
    *statements,
    (
        f"**For reconstructions: the cross-entropy.** DAE and the VAE of its paper have {mean('rec', 'dae'):.2f} and {mean('rec', 'vae-dae'):.2f}, AE with the squared error {mean('rec', 'ae'):.2f}. More latent dimensions help more: WAE-GAN (64) has {mean('rec', 'wae-gan'):.2f}, FlexAE (32, squared error) {mean('rec', 'flexae'):.2f}; most others have 16. All of these still fall with longer training.",
        mean("rec", "wae-gan")
        < mean("rec", "flexae")
        < max(mean("rec", "dae"), mean("rec", "vae-dae"))
        < 0.8 * mean("rec", "ae"),
    ),
    (
        f"**Not the KL weight of the RAE papers.** Mixture samples of VAE and CV-VAE are at {mean('gmm', 'vae'):.1f} and {mean('gmm', 'cv-vae'):.1f}, behind every deterministic system of the three papers. At a third of the weight (β-VAE) it is {mean('gmm', 'beta-vae'):.1f}; the VAE of the DAE paper, with a weight near zero and the cross-entropy, is among the first ({mean('gmm', 'vae-dae'):.2f}; DAE {mean('gmm', 'dae'):.2f}).",
        mean("gmm", "vae-dae") == mean.span("gmm", None).low
        and mean("gmm", "beta-vae") < 0.8 * mean("gmm", "vae")
        and min(mean("gmm", "vae"), mean("gmm", "cv-vae")) > mean.span("gmm", [*DETERMINISTIC, "eae", "ae-bn"]).high,
    ),
    (
        f"**On CIFAR-10 nothing here is good.** Reconstructions are at {colour.span('rec', None):.0f} and samples at {colour.span('gmm', None):.0f} under the mixture; real images score {colour('real', 'ae'):.1f}. Our networks are too small for this data set, so do not choose a system by it.",
        colour.span("rec", None).low > 20 * colour("real", "ae"),
    ),
    title="What it advises",
)

# %% tags=["remove-input"]
boxes.rerun("04_which", runs)

# %% [markdown]
# ## All systems in one table
#
# Each column is one use. N(0, I), one Gaussian and the mixtures of ten and of a hundred are four samplers of the same codes; some systems have
# a prior that was learned for them. Mid-points lie between two test images.

# %% tags=["remove-input"]
USES = {
    "rec": "reconstructions",
    "N01": "N(0, I)",
    "N": "another prior",
    "mvg": "one Gaussian",
    "gmm": "mixture of 10",
    "interp": "mid-points",
}
used = own[own["set"].isin(USES) & ((own["set"] != "N") | own["system"].map(own_set).eq("N"))]
used = used.assign(use=lambda rows: rows["set"].map(USES))
used = pd.concat([used, many.assign(use="mixture of 100")])
order = [*list(USES.values())[:5], "mixture of 100", "mid-points"]
show.records(
    used.sort_values("use", key=lambda uses: uses.map(order.index)),
    cols=["use"],
    better="min",
    caption="Every system by use: Fréchet distances, clean protocol. Choose a column, then look down it",
    name="tbl-which",
    note="Another prior: one that is learned with the system, or its second stage. A mixture of 100 was fitted to the weights that the runs left. A dash: not measured.",
)

# %% [markdown]
# The distance punishes what it sees: blur, missing kinds of images, wrong proportions. It does not see copies; {numref}`tbl-rae-copies` has the test for
# these. {doc}`02_new` has what else the table may hide. No system here has the papers' size.
