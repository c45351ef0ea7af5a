# %% [markdown]
# # What is new here
#
# This book repeats published experiments. On the way it measured some things that the papers do not have. This page has nine of them,
# each with its evidence. All numbers come from stored runs, stored computations or the papers' own tables.

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set

# %% tags=["remove-cell"]
from rae_lib import notebooks
from rae_lib.pages import novelties, show
from rae_lib.results import frame, request

notebooks.check_parameters("02_new", globals())
long = frame.measured(profile)
mnist = request.find_runs("rae", "eae", "dae", dataset="mnist", profile=profile)
numbers = novelties.count_estimates() | novelties.compare_noise(long) | novelties.find_slips()
numbers |= novelties.find_mismatches()
numbers |= novelties.compare_lengths() | novelties.compare_damage() | novelties.compare_ranks(long)
numbers |= novelties.count_costs(mnist) | novelties.compare_components(long) | novelties.compare_copies(long)
numbers |= novelties.compare_rulers(long, "cifar10") | novelties.compare_readings(long) | novelties.compare_blur()
numbers |= novelties.compare_seeds(long) | novelties.count_open("maskaae")
numbers |= {f"cifar-{name}": number for name, number in novelties.compare_lengths(dataset="cifar10").items()}
for name, number in numbers.items():
    show.value(f"new-{name}", number, novelties.FORMS.get(name, ".2f"))

# %% [markdown]
# ## The entropy estimate of the EAE prefers equidistant points
#
# The EAE paper maximises a nearest-neighbour estimate of the entropy of a batch of 100 codes, because the normal distribution has the
# largest entropy of all with its moments. At the code size of CIFAR-10 (128) the estimate does not have its largest value there. It is
# {glue:text}`new-estimate-normal` nats for normal codes, {glue:text}`new-estimate-uniform` for uniform ones,
# {glue:text}`new-estimate-sphere` on a sphere, and {glue:text}`new-estimate-simplex` for equidistant points, which is its upper bound. A
# batch that follows the gradient of the estimate moves towards equidistance: the spread of its distances falls from
# {glue:text}`new-spread-start` to {glue:text}`new-spread-end` % of their mean. A small weight may still make codes more normal, since the
# reconstruction error opposes it. *Evidence:* a simulation without networks in {doc}`23_eae_estimator`, a proof in {doc}`../book/eae_theory`.
#
# ## Noise alone does at least as well as a VAE
#
# The RAE paper argues that what regularises a VAE is the noise on its code. It has no run with noise alone. On the digits an autoencoder with
# noise at the decoder's input, and without any KL term, has a Fréchet distance of mixture samples between {glue:text}`new-noise-gmm-best` and
# {glue:text}`new-noise-gmm-worst` over {glue:text}`new-noise-levels` levels of noise. The CV-VAE has {glue:text}`new-cv-vae-gmm`, the VAE
# {glue:text}`new-vae-gmm`. Its reconstructions are better too: {glue:text}`new-noise-rec-best` to {glue:text}`new-noise-rec-worst`
# against {glue:text}`new-cv-vae-rec` and {glue:text}`new-vae-rec`. But the plain autoencoder without noise has
# {glue:text}`new-ae-gmm` and {glue:text}`new-ae-rec` at the same seed, and {glue:text}`new-ae-seeds` over three seeds of mixture samples. So at this size the
# noise explains a part of the gap between a VAE and an autoencoder, and whether it changes samples at all one seed cannot tell. *Evidence:* {numref}`tbl-rae-noise` and {numref}`fig-rae-noise` in {doc}`13_rae_tradeoff`; digits at profile `laptop`, seed 0.
#
# ## Published tables contradict themselves
#
# Every claim is judged on the papers' own numbers, too. This finds slips that a reader cannot see:
#
# - Two tables of the DAE paper have the same {glue:text}`new-slip-row` numbers, Table 2 for 64 latent units and Table 3 for 128, both on
#   CelebA with 128 filters. One label is wrong (claim X-13).
# - The DAE paper quotes the WAE's reconstructions on CIFAR-10 as {glue:text}`new-slip-wae`. Its source has {glue:text}`new-slip-wae-source`;
#   {glue:text}`new-slip-vae-source` is the source's number for the VAE.
# - The RAE paper says that the mixture always improves samples. Its own table has one exception, CV-VAE on CelebA:
#   {glue:text}`new-slip-cv-mixture` with the mixture, {glue:text}`new-slip-cv-own` without.
# - The RAE paper calls reconstructions a bound for samples. In its MNIST column {glue:text}`new-slip-below` of {glue:text}`new-slip-below-of`
#   systems have mixture samples that are better than their reconstructions (claim RAE-18).
# - Of the {glue:text}`new-slip-scores-of` expressions that the ICLR version of RAE prints as the best finds, {glue:text}`new-slip-scores` have another score
#   than the printed one. With Python 2's division, and each model's scores sorted, they agree to within {glue:text}`new-slip-scores-apart`: the scores stand
#   next to the wrong expressions (claim X-11, {doc}`16_grammar`).
# - The slides print two tables of distances. In {glue:text}`new-slip-cells` of the {glue:text}`new-slip-cells-of` cells that both have they differ by more
#   than a tenth (claim X-04, {doc}`41_slides_tables`).
#
# *Evidence:* `rae_lib/published` has every published number; {doc}`01_claims` and {doc}`../book/deviations` have all slips that were found.
#
# ## The published precision and recall look interchanged
#
# The RAE papers print pairs of numbers under the heading "precision / recall", and say that on CIFAR-10 precision is low and recall high. The
# script that they released returns the score that weighs recall first. Our networks have the reverse on CIFAR-10, precision above recall, in
# {glue:text}`new-prd-reversed` of {glue:text}`new-prd-pairs` pairs of a system and a sampler. In features of Inception (768) it is the same in
# {glue:text}`new-prd-inception` of {glue:text}`new-prd-pairs`. Read as the heading says, the published numbers differ from ours by
# {glue:text}`new-prd-heading` on average; interchanged, by {glue:text}`new-prd-swapped`. Blur, the usual fault of an autoencoder, explains our order:
# real test images with a blur of two pixels have a recall of {glue:text}`new-prd-f8-domain` and a precision of {glue:text}`new-prd-f1-8-domain`
# ({glue:text}`new-prd-f8-inception-768` and {glue:text}`new-prd-f1-8-inception-768` in Inception features). So the pairs were probably printed in the order of
# the script, and the sentence about them is the wrong way round. It is no proof: our networks are smaller, and the papers' features are others.
# *Evidence:* {numref}`tbl-rae-prd` in {doc}`11_rae_images`, {doc}`91_metric_calibration`; this book follows the heading ({ref}`prd`).
#
# ## Longer training changes distances more than their order
#
# Twice the updates on MNIST, everything else the same, lower the distance of mixture samples of the autoencoder from {glue:text}`new-ae-once` to
# {glue:text}`new-ae-twice`, and of the VAE from {glue:text}`new-vae-once` to {glue:text}`new-vae-twice`. The VAE's distance was
# {glue:text}`new-gap-once` times that of the autoencoder; it is {glue:text}`new-gap-twice` times with twice the updates. On CIFAR-10 the
# factor is {glue:text}`new-cifar-gap-once` and, with twice the updates, {glue:text}`new-cifar-gap-twice`. Both are one seed; over three seeds of the shorter runs on MNIST
# the factor is {glue:text}`new-gap-seeds`. So twice the training moves the distances by up to a fourth and their ratio by less than seeds do. This is why a distance that twice the training changes by a fifth decides no claim in this book. *Evidence:* the doubling test in
# {doc}`94_campaign`; the study of width and updates in {doc}`15_size`.
#
# ## Ten components are too few
#
# The RAE papers say that a mixture of ten Gaussians does not overfit the codes, and that a hundred components barely improve on it. They have
# no numbers for this. On MNIST, where there are 50,000 training codes, the samples of a hundred components have between {glue:text}`new-components-best` and
# {glue:text}`new-components-worst` times the distance of the samples of ten, over {glue:text}`new-components-systems` systems. They do not overfit: the
# log-likelihood of validation codes rises by at least {glue:text}`new-components-nats` nats. Nor do they copy: at most {glue:text}`new-copies-share-many` % of the samples of
# {glue:text}`new-copies-systems` deterministic systems are nearer to a training image than all but a hundredth of the test images ({glue:text}`new-copies-share-few` % with ten
# components), while precision rises from {glue:text}`new-copies-precision-few` to {glue:text}`new-copies-precision-many` and recall from {glue:text}`new-copies-recall-few` to
# {glue:text}`new-copies-recall-many`. The
# deterministic autoencoders differ from one another by a factor of {glue:text}`new-components-spread` at most, so the number of components matters more
# than the choice among them. *Evidence:* {numref}`tbl-rae-components` and {numref}`fig-rae-components` in
# {doc}`14_rae_density` (claim RAE-16); no network was trained again for it.
#
# ## A mask's count of dimensions need not be the dimension of the data
#
# MaskAAE closes dimensions of its code by a learned mask, and the number that stays open is read as the dimension of the data. No term of its loss counts
# dimensions. On synthetic data of dimension 8, with a code of 16, {glue:text}`new-mask-learned` dimensions stay open in runs that have learned the data, as many
# as in the slides or one more. But {glue:text}`new-mask-hardly` stay open in a run that has not (1,200 updates, one seed). In such runs {glue:text}`new-mask-fast` stay open where the term
# that makes the mask binary grows fast, and {glue:text}`new-mask-slow` where it grows slowly; the start of the mask alone would leave {glue:text}`new-mask-start`. With a
# code of 110 {glue:text}`new-mask-large` stay open. So such a count has to be shown to be the same for several schedules and sizes, and another one where
# nothing is learned, before it says anything of the data. *Evidence:* {numref}`tbl-mask-schedule` and {numref}`fig-mask-open` in {doc}`42_maskaae`.
#
# ## Another feature network can reverse an order
#
# Test images of CIFAR-10 with a blur of one pixel are compared with test images with noise, at the same pixel error. In the features of our classifier blur is the
# worse damage: its distance is {glue:text}`new-blur-domain` times that of noise. In features of Inception (768) noise is worse: the
# factor is {glue:text}`new-blur-inception-768`. Autoencoders blur, so the choice of the features alone can move them up or down a table.
# Whether that happens to the systems of this book is not known yet. {glue:text}`new-features-systems` of them were measured in both features on CIFAR-10: Kendall's
# correlation of the two orders is {glue:text}`new-features-N` for the own samplers and {glue:text}`new-features-gmm` for the mixtures (2,000 images, seed 0). With so few
# systems 0.67 or more comes by chance in one case of six.
#
# The sampler matters as much. Over the {glue:text}`new-ruler-systems` systems on MNIST, the order by samples from one Gaussian or the prior and the order by mixture samples have
# a Kendall correlation of {glue:text}`new-tau-sampler` only. The orders of the same mixture samples by distance and by precision correlate at
# {glue:text}`new-tau-precision`. *Evidence:* {doc}`91_metric_calibration`, {doc}`11_rae_images`.
#
# ## What a number costs
#
# The papers do not say what a number costs. Here every run records its time. The own run of a system of the three papers on MNIST, profile `overnight`, takes
# {glue:text}`new-median-minutes` minutes of one core in the median, with its evaluation, and all of them together {glue:text}`new-hours` hours. A run at the papers' size
# has {glue:text}`new-filters-times` times the filters in every layer, hence about the square of that in arithmetic for a step, and
# {glue:text}`new-steps-times` times the steps. *Evidence:* {doc}`94_campaign` has the
# minutes, {doc}`92_speed` the speed, {doc}`31_dae_tables` the arithmetic of the DAE study.
#
# ## What follows
#
# Two habits would have saved the papers most of these surprises: a test whether twice the training changes the table, and a
# second measure. The first and the third finding need no training. The others rest on runs that are smaller and shorter than the papers', on
# one or two data sets each.
