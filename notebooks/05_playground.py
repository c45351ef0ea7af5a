# %% [markdown]
# # Playground: decoders in your browser
#
# Six autoencoders, trained on MNIST, decode here, on your machine. Nothing is sent anywhere, and the page also works when it is opened
# as a file. The weights are those of the stored runs of seed 0, in half precision. Press the button, and try this:
#
# - **Draw from N(0, I), then from one Gaussian, then from a mixture.** AE and DAE decode draws from N(0, I) to nearly black images, because
#   nothing in their training puts the codes there. A mixture that is fitted to their codes after training repairs it. Every column has the
#   same random numbers in all rows.
# - **Walk between two digits.** The walk follows the great circle between the two codes. Look for the step at which one digit
#   becomes the other, and for steps that are neither.
# - **Move along a principal direction.** Each row starts from the digit in its middle and goes three standard deviations to either side.
#   At its end is the share of the variance of the code in this direction; sixteen equal directions would have 6 % each.

# %% tags=["parameters", "hide-input"]
columns: int = 5  # images in a row of a stored plate

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import playground

notebooks.check_parameters("05_playground", globals())

# %% tags=["remove-input"]
runs = playground.find_runs()
playground.board(runs)

# %% [markdown]
# The distance at the end of a row is the Fréchet distance of 10,000 such samples to the test images, measured in the run with the
# features of the small classifier; smaller is better. The mixtures, the Gaussian and the directions are fitted to the codes of the training images, by
# the method and with the seed of the run. The digits are the first test image of each class.
#
# ## What a weight does
#
# The same test images and the same draws from runs that differ in one number. Move the slider.
#
# ### The KL weight of the VAE
#
# With a small weight the reconstructions are right, and the samples from N(0, I) are no digits. A large weight erases the image from its code:
# all reconstructions and all samples become one blurred image.

# %% tags=["remove-input"]
playground.slider("kl", "KL weight", columns=columns)

# %% [markdown]
# ### The entropy weight of the EAE
#
# Compare the rows of the own sampler, N(0, I), and of the mixture. The weight is to make the first as good as the second. Read the distances
# below the images: do they come closer, and what happens to the reconstructions?

# %% tags=["remove-input"]
playground.slider("entropy", "entropy weight", columns=columns)

# %% [markdown]
# ### The noise on the code, without a KL term
#
# More noise blurs the reconstructions. Look whether it makes the samples better, for this is why a VAE has noise.

# %% tags=["remove-input"]
playground.slider("noise", "noise", columns=columns)

# %% [markdown]
# ### The number of code samples of the VAE
#
# Each image is decoded from this many noisy codes in training, and a step takes about as many times longer. Look for what that buys.

# %% tags=["remove-input"]
playground.slider("samples", "code samples", columns=columns)
