# %% [markdown]
# # Claims: DAE
#
# Every claim that we check of *Variational Autoencoders Without the Variation* {cite:p}`daly2022`.
#
# ```{include} ../book/_claim_entries.md
# ```

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "celeba64", "digits", "synth8", "synth16"]  # those without runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import claims_matrix

notebooks.check_parameters("08_claims_dae", globals())
found = claims_matrix.show_outcomes(profile, datasets, ["DAE"])

# %% tags=["remove-input"]
claims_matrix.entries(found, "DAE")
