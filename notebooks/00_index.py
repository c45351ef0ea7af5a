# %% [markdown]
# # Deterministic autoencoders as generative models: a reproduction
#
# We train the autoencoders of three papers again, in one small library, and check their claims by rule. The question of all three:
# can an autoencoder without noise, trained on the squared error, generate images as well as a variational one? Its codes follow no
# known law, so one fits a density to them after training, draws from the density and decodes. The papers are *From Variational to
# Deterministic Autoencoders* (RAE) {cite:p}`ghosh2019,ghosh2020`, *Batch Norm with Entropic Regularization Turns Deterministic
# Autoencoders into Generative Models* (EAE) {cite:p}`ghose2020` and *Variational Autoencoders Without the Variation* (DAE)
# {cite:p}`daly2022`.

# %% tags=["parameters", "remove-cell"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set

# %% tags=["remove-cell"]
from rae_lib.campaign import command
from rae_lib.pages import charts, first, show, tables

command.check_parameters(globals(), {"profile": str})
charts.style()
found = first.stored(profile)
shown = first.chosen(found)  # the data set of the findings
results, title = found[shown], tables.TITLES[shown]
distances = first.means(results, shown)
gains = first.gains(distances)

# %% tags=["remove-input"]
show.table(
    first.sizes(found),
    caption="What was run here, and what the papers ran",
    name="tbl-index-sizes",
    note="A claim about one size need not hold at another. The size study shows what moves with width and updates.",
)

# %% [markdown]
# ## What we found so far

# %% tags=["remove-cell"]
for name, value, form in first.findings(distances):
    show.value(f"index-{name}", value, form)
show.value("index-data", title)
show.value("index-seeds", first.seeds(results))
show.value("index-trust", first.trust(results))
once, twice = first.at_twice(results, "vae", "gmm")
show.value("index-vae-once", once, ".2f")
show.value("index-vae-twice", twice, ".2f")

# %% [markdown]
# Distances are Fréchet distances to the test images; smaller is better. The numbers are means over the stored seeds
# ({glue:text}`index-seeds` a system), at the size in the table above. {glue:text}`index-trust` {doc}`94_campaign` has the test.
#
# 1. **A mixture of ten Gaussians on the codes is the better sampler.** On {glue:text}`index-data` its samples are nearer to the test
#    images than those of the system's own sampler for {glue:text}`index-better` of {glue:text}`index-compared` systems. The ratio of
#    the two distances runs from {glue:text}`index-gain-best` to {glue:text}`index-gain-worst`.
# 2. **With that mixture, deterministic autoencoders are at least as good as the variational ones.** The deterministic systems of the
#    RAE papers ({glue:text}`index-det-count` of six stored) have distances from {glue:text}`index-det-best` to
#    {glue:text}`index-det-worst`; VAE, CV-VAE and WAE-MMD ({glue:text}`index-var-count` of three stored) from
#    {glue:text}`index-var-best` to {glue:text}`index-var-worst`. The VAE gains most from longer training: at twice the updates its
#    distance is {glue:text}`index-vae-twice` instead of {glue:text}`index-vae-once`.
# 3. **The plain autoencoder needs no regulariser for it.** Its mixture samples have a distance of {glue:text}`index-ae`; the
#    regularised ones lie between {glue:text}`index-reg-best` and {glue:text}`index-reg-worst`.
# 4. **A single Gaussian is no worse for the plain autoencoder than for the others.** The papers report the plain autoencoder as the
#    worst of all with one Gaussian (58.73 on MNIST). Here it is number {glue:text}`index-ae-rank` of
#    {glue:text}`index-compared` by its own sampler.
# 5. **Interpolations of deterministic autoencoders are nearer to real images than the VAE's.** Mid-points between two test images have a distance of
#    {glue:text}`index-interp-det` for the best deterministic system and {glue:text}`index-interp-vae` for the VAE.
#
# {doc}`01_claims` has every claim with its outcome.

# %% tags=["remove-input"]
show.figure(
    first.plate(results),
    caption=f"{title}, one line a system, seed 0: test images and their reconstructions; samples from the system's own sampler; samples from a mixture of ten Gaussians fitted to the codes; an interpolation between two test images. Compare the second block with the third: the mixture turns autoencoders into generators",
    name="fig-index-plate",
    alt="A line of small images for each system: reconstructions are close to the test images, samples of one Gaussian are often malformed, samples of the mixture look like the data.",
)

# %% [markdown]
# ## What is not done yet
#
# - No run at the papers' size, which needs a GPU: width 128 and 40,000 to 50,000 updates.
# - No FID in the 2048-d features of Inception, hence no comparison with the printed values themselves.
# - CIFAR-10 is measured without its official test images where only its training batches are to be had; the tables say so.
# - CelebA, the grammar models of the ICLR paper, and the systems of the MaskAAE and FlexAE slides.
#
# ## Where to go
#
# ::::{grid} 1 2 2 3
# :gutter: 2
#
# :::{grid-item-card} Every claim
# :link: 01_claims
# :link-type: doc
# What each paper says, and whether it holds here.
# :::
# :::{grid-item-card} The image table
# :link: 11_rae_images
# :link-type: doc
# Ten systems, four ways of making images, next to the published numbers.
# :::
# :::{grid-item-card} The pictures
# :link: 12_rae_figures
# :link-type: doc
# Reconstructions, samples, interpolations, nearest training images.
# :::
# :::{grid-item-card} Entropic autoencoders
# :link: 21_eae_table
# :link-type: doc
# Codes pushed to a normal distribution without noise.
# :::
# :::{grid-item-card} Without the variation
# :link: 31_dae_tables
# :link-type: doc
# Widths, latent sizes and three hypotheses of the DAE study.
# :::
# :::{grid-item-card} How it was measured
# :link: ../book/protocol
# :link-type: doc
# Sets, features, protocols, sizes, and what is trained enough.
# :::
# ::::
#
# ## Run it
#
# ```console
# make reproduce   # trains every system on the embedded digits and builds the book: 5 to 10 minutes on two cores after installation
# make test        # every test
# ```
#
# Both set up what they need in `.venv` (Python 3.11 or later, about 6 GB). {doc}`../book/reading` says how to rerun one chapter with
# other data, seeds or sizes.
#
# ## Why published numbers disagree
#
# A Fréchet distance copied from one paper and compared with one from another is rarely a comparison. Between the two may lie
#
# - **the question**: "reconstruction" meant test images, validation images or training images, depending on whether one reads the
#   caption, the text or the code;
# - **the scale of the loss**: a mean over pixels here and a sum there make the same printed coefficient differ by factors from three
#   to more than ten thousand;
# - **the features**: which network, which layer, which weights, which resizing;
# - **the count**: the distance is biased upwards in small samples, and the bias depends on the model;
# - **the choice of the checkpoint**: by validation loss, or by the very test score that is then reported;
# - **chance**: published gaps of a few per cent, each from a single training run.
#
# So every number in this book has its protocol: which images against which, how many, by which features. Where a paper's code did
# something else than the paper says, both are computed and shown. {doc}`../book/protocol` and {doc}`../book/deviations` have the
# details, {doc}`../book/verdicts` says how a claim gets its outcome.
