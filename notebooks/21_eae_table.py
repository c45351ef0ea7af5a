# %% [markdown]
# # The entropic autoencoder: its table, and how normal its codes are
#
# **Claim under test.** An autoencoder whose batch-normalised codes are pushed to high entropy can be sampled straight
# from a standard normal, far better than other models sampled that way, and is ahead of regularised autoencoders under
# fitted densities too (EAE, section 5.1 and Table 1). {cite:p}`ghose2020`
#
# The objective is derived in {doc}`../book/eae_theory`. The paper infers from its images that the codes are nearly
# normal; here that is measured, on codes of test images, with and without the entropic term.

# %% tags=["parameters"]
dataset: str = "all"  # one data set by name, or "all" that are stored
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
seeds: list = [0, 1, 2]  # those without a stored run are left out
recompute: bool = False  # train everything anew (needs one data set by name)

# %%
from rae_lib.campaign import command
from rae_lib.pages import charts, code_charts, code_tables, costs, show, tables
from rae_lib.results import store

command.check_parameters(
    globals(), {"dataset": str, "profile": str, "seeds": list, "recompute": bool}
)
charts.style()

# %% [markdown]
# ## The runs
#
# Four systems belong to this chapter: the EAE, the same without its entropic term (AE + BN), and both with L1
# normalisation in the place of batch norm. The ten of the RAE study stand beside them, from the runs of
# {doc}`11_rae_images`, where these are stored.

# %%
shown = tables.shown(dataset, profile, recompute, "eae")
both = {name: code_tables.company(name, profile, seeds, recompute) for name in shown}
own = {name: found[0] for name, found in both.items()}
results = {name: found[1] for name, found in both.items()}
records = {name: command.table(found) for name, found in results.items()}

# %% [markdown]
# The weight $\beta$ multiplies the entropy in nats, beside a squared error summed over the pixels. The paper shows
# pictures for several weights and does not say which of them made its table.

# %% tags=["hide-input"]
for name in shown:
    show.table(
        tables.coefficients(name, profile, "eae"),
        caption=f"Coefficients of the entropic autoencoders on {tables.TITLES[name]}",
        name=f"tbl-eae-coefficients-{name.replace('_', '-')}",
        note="β: weight of the entropy; λ: weight of the decoder's L2 penalty. An absent one is zero.",
    )

# %% [markdown]
# ## Table 1 as printed
#
# Three ways of drawing codes: from $\mathcal N(0, I)$ (Iso), from one Gaussian fitted to the training codes (MVG), from
# a ten-component mixture fitted to them (GMM). Two of the numbers under Iso were carried over from the RAE study, where
# they mean something else: CV-VAE was sampled from a *fitted* Gaussian there, and the two-stage VAE from its second
# stage (claim X-12).

# %% tags=["hide-input"]
printed = code_tables.printed_table()
show.table(
    printed,
    caption="Table 1 as printed: Fréchet Inception distances",
    name="tbl-eae-printed",
    note="Dash: printed as N/A. CIFAR-10 Iso of EAE has a second value in parentheses, for ‘a regularization on a linear map’ that is not explained: "
    + f"{code_tables.linear_map():g}.",
    best={c: "min" for c in printed.columns if c != "system"},
    decimals={c: 2 for c in printed.columns if c != "system"},
)

# %% [markdown]
# ## Table 1 measured
#
# Every system is drawn from all three here, save the two-stage VAE, of which the second stage is the density. The
# column ‘own’ holds what a system samples from by itself where that is none of the three: that second stage, and a
# Laplace law for the L1 variants. CV-VAE's own sampler, the one behind its printed Iso, is its MVG column. Domain features do not compare
# with Inception's: compare orders and ratios.

# %% tags=["hide-input"]
for name in shown:
    kind = tables.features_of(name)
    frame = code_tables.table1(records[name], name, kind)
    show.table(
        frame,
        caption=f"Table 1 measured: Fréchet distance in {kind} features, {tables.TITLES[name]}, clean protocol",
        name=f"tbl-eae-fid-{name.replace('_', '-')}",
        note=f"{tables.scale(own[name])} {tables.floor(records[name], kind)}",
        best={"Iso": "min", "MVG": "min", "GMM": "min"},
        decimals={c: 2 for c in frame if "in print" in c},
    )

# %% [markdown]
# ### From the standard normal to the mixture
#
# If codes were standard normal, a fitted mixture would have nothing to add: the arrow of such a system is short, and
# begins on the left.

# %% tags=["hide-input"]
drawn = max(shown, key=lambda name: records[name]["system"].nunique())  # the fullest table
show.figure(
    charts.dumbbell(
        code_tables.gains(records[drawn], tables.features_of(drawn)),
        "N(0,I)",
        "GMM",
        xlabel="Fréchet distance",
        log=True,
    ),
    caption=f"From samples of N(0, I) to samples of the fitted mixture, {tables.TITLES[drawn]}",
    name="fig-eae-gain",
    alt="One horizontal arrow per system from the Fréchet distance of its samples from a standard normal to that of samples from the fitted mixture, on a logarithmic axis.",
)

# %% [markdown]
# ### In Inception features
#
# Where the Inception weights were at hand, on the sets named in the table.

# %% tags=["hide-input"]
for name in shown:
    found = tables.inception(command.table(own[name]))
    if found is not None:
        show.table(
            found[0],
            caption=f"Inception distances of the entropic autoencoders, {tables.TITLES[name]}",
            name=f"tbl-eae-inception-{name.replace('_', '-')}",
            note=found[1],
            best={c: "min" for c in found[0].columns if c.startswith(("FID", "KID"))},
        )

# %% [markdown]
# ## Are the codes closer to a standard normal with the term than with batch norm alone?
#
# This goes beyond the paper. All numbers are of the codes of *test* images, which batch norm standardises by the
# running averages of training. First the moments: the mean and the variance of the worst coordinate, then the mean over
# pairs of coordinates of their absolute correlation, and the mean over coordinates of the absolute excess kurtosis. The
# last row has as many draws from $\mathcal N(0, I)$, three times: so much of each number is owed to the finite number of
# codes alone.

# %% tags=["hide-input"]
normal = [name for name in shown if {"eae", "ae-bn"} & set(records[name]["system"])]
statistics = {
    name: code_tables.with_draws(
        code_tables.statistics(records[name], ("eae", "ae-bn")), own[name]
    )
    for name in normal
}
for name, frame in statistics.items():
    show.table(
        frame[["system", *code_tables.MOMENTS.values()]],
        caption=f"Moments of test codes with and without the entropic term, batch norm, {tables.TITLES[name]}",
        name=f"tbl-eae-moments-{name.replace('_', '-')}",
        note=tables.scale(own[name]),
        decimals=dict.fromkeys(code_tables.MOMENTS.values(), 3),
    )

# %% [markdown]
# Then three distances to $\mathcal N(0, I)$: the energy coefficient of the standardised codes (0 to 1, and a little below
# 0 by chance), the sliced 2-Wasserstein distance of the codes as they are, and the divergence of {eq}`eq-eae-kl` with
# the nearest-neighbour estimate of the entropy. The last is the very quantity that the term lowers, biased as it is: it
# may be negative, and it is no independent witness. What the other two can see is tried out in {doc}`23_eae_estimator`.

# %% tags=["hide-input"]
for name, frame in statistics.items():
    show.table(
        frame[["system", *code_tables.DISTANCES.values()]],
        caption=f"Distance of test codes to N(0, I) with and without the entropic term, batch norm, {tables.TITLES[name]}",
        name=f"tbl-eae-distances-{name.replace('_', '-')}",
        note=f"{tables.scale(own[name])} k-NN KL in nats.",
    )

# %% [markdown]
# Two of the code's dimensions, taken at random, for 300 training images: what a standard normal would have to look like
# in every such pair.

# %% tags=["hide-input"]
first = {r.config.system: r for r in reversed(own[drawn])}
show.figure(
    code_charts.scatter([first[s] for s in ("ae-bn", "eae") if s in first]),
    caption=f"Two random code dimensions of training images without and with the entropic term, {tables.TITLES[drawn]} (circles hold 50 % and 95 % of a standard normal)",
    name="fig-eae-codes",
    alt="Two scatter plots of codes, batch norm alone on the left and the entropic autoencoder on the right, each with two circles around the origin.",
)

# %% [markdown]
# The estimate of the entropy itself, at three sizes of the set. True entropies do not depend on how many codes one
# takes; the estimate's bias does. A gain that is there at the batch size and gone at a larger one is a gain in
# regularity of the batch ({doc}`23_eae_estimator`).

# %% tags=["hide-input"]
for name in normal:
    frame = code_tables.statistics(
        records[name], ("eae", "ae-bn"), code_tables.ENTROPIES, "rec_train"
    )
    show.table(
        frame.assign(**{"N(0, I)": code_tables.normal_entropy(own[name])}),
        caption=f"Estimated entropy of training codes in nats, {tables.TITLES[name]}",
        name=f"tbl-eae-entropy-{name.replace('_', '-')}",
        note="N(0, I): the true entropy of a standard normal, the most that codes of variance 1 can have.",
        decimals={"N(0, I)": 1},
    )

# %% [markdown]
# ### The Laplace variant
#
# With the mean absolute value fixed in place of the variance, the law of largest entropy is Laplace's. The
# Kolmogorov–Smirnov distances, means over coordinates, are to $\mathrm{Laplace}(0, 1)$ and to the normal law of the
# same mean absolute value; Laplace's excess kurtosis is 3, the normal law's 0.

# %% tags=["hide-input"]
laplace = [name for name in shown if {"eae-l1", "ae-l1"} & set(records[name]["system"])]
for name in laplace:
    show.table(
        code_tables.statistics(records[name], ("eae-l1", "ae-l1"), code_tables.SHAPES),
        caption=f"Test codes with and without the entropic term, L1 normalisation, {tables.TITLES[name]}",
        name=f"tbl-eae-laplace-{name.replace('_', '-')}",
        note=tables.scale(own[name]),
        best={"KS to Laplace": "min", "KS to normal": "min"},
    )

# %% [markdown]
# ## What the term costs
#
# Does the entropic term cost quality of the reconstructions, and how much time does it cost? Its estimate takes all pairwise
# distances of a batch.

# %% tags=["hide-input"]
for name in shown:
    show.table(
        code_tables.cost(records[name], tables.features_of(name)),
        caption=f"Reconstruction of test images and time of a training step, {tables.TITLES[name]}",
        name=f"tbl-eae-cost-{name.replace('_', '-')}",
        note=f"Squared error: mean over pixels. Step times on {own[name][0].raw['device']}; compare them within the table. {tables.scale(own[name])}",
        best={"REC": "min", "squared error": "min"},
    )

# %% [markdown]
# And what the paper's own experiments cost: operations of one run are those of one image forward and backward, times training
# images, times epochs. The hours are those of one seed at 100 TFLOP/s *achieved*, a round number to be replaced by the
# reader's own ({doc}`../book/reading` says how to run them). The last column is the training time of the reduced runs
# of these chapters.

# %% tags=["hide-input"]
reduced = store.load_all(store.largest(drawn, profile), drawn)
show.table(
    costs.campaign(("eae",), reduced),
    caption=f"Cost of the EAE experiments at paper scale, one seed each, in the order of the campaign, and seconds of training here, at profile {store.largest(drawn, profile)}",
    name="tbl-eae-campaign",
    note=f"GFLOP: one image, forward and backward. EFLOP and hours: all runs of one seed, at 100 TFLOP/s achieved; seeds: how many are planned; validation and evaluation not counted. Seconds: means over the runs of {tables.TITLES[drawn]}, on a machine shared with other work.",
    decimals={"EFLOP": 2, "hours": 1, "s a run here": 0},
)

# %% [markdown]
# ## What reproduced, what did not
#
# A claim is tested on the data sets that it names, and on no other. Digits alone stand in for MNIST, which is evidence about the
# method, not about the paper's table.

# %% tags=["hide-input"]
claims = "EAE-01 EAE-02 EAE-03 EAE-04 EAE-05 EAE-07 EAE-09 EAE-11 EAE-13 EAE-14 EAE-15 X-12"
found = {}
for name in shown:
    found[name] = tables.decided(claims, name, results[name])

# %% tags=["hide-input"]
for name in shown:
    show.verdict_table(
        found[name],
        caption=f"Claims about the table and the codes, decided on {tables.TITLES[name]}",
        name=f"tbl-eae-verdicts-{name.replace('_', '-')}",
        note=tables.scale(own[name]),
    )

# %% tags=["remove-cell"]
both_here = [name for name in shown if {"eae", "ae-bn"} <= set(records[name]["system"])]
quoted = next(iter(both_here), shown[0])  # MNIST where both systems are stored
for system in ("eae", "ae-bn"):
    for metric in ("code_correlation", "excess_kurtosis", "sliced_distance"):
        value = code_tables.value(records[quoted], system, metric)
        show.value(f"{system}-{metric.replace('_', '-')}", value, ".3f")
for outcome in ("agrees", "mixed", "disagrees", "open"):
    show.value(f"eae-table-{outcome}", sum(v.outcome == outcome for v in found[quoted]))
show.value("eae-table-claims", len(claims.split()))
show.value("eae-table-data", tables.TITLES[quoted])

# %% [markdown]
# On {glue:text}`eae-table-data`, codes of test images have a mean absolute correlation of {glue:text}`ae-bn-code-correlation` with
# batch norm alone and of {glue:text}`eae-code-correlation` with the entropic term. Their mean absolute excess kurtosis is
# {glue:text}`ae-bn-excess-kurtosis` and {glue:text}`eae-excess-kurtosis`, their sliced distance to the standard normal
# {glue:text}`ae-bn-sliced-distance` and {glue:text}`eae-sliced-distance`. Of the {glue:text}`eae-table-claims` claims of this chapter
# {glue:text}`eae-table-agrees` agree there, {glue:text}`eae-table-mixed` are mixed, {glue:text}`eae-table-disagrees` disagree and
# {glue:text}`eae-table-open` are open.
