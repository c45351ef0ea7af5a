# %% [markdown]
# # Claims: MaskAAE and FlexAE
#
# Every claim that we check of the slides on MaskAAE and FlexAE {cite:p}`raeslides`.
#
# ```{include} ../book/_claim_entries.md
# ```

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "celeba64", "digits", "synth8", "synth16"]  # those without runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import claims_matrix

notebooks.check_parameters("09_claims_slides", globals())
found = claims_matrix.show_outcomes(profile, datasets, ["MASK", "FLEX"])

# %% [markdown]
# ## The mask

# %% tags=["remove-input"]
claims_matrix.entries(found, "MASK")

# %% [markdown]
# ## The prior

# %% tags=["remove-input"]
claims_matrix.entries(found, "FLEX")
