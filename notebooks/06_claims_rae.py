# %% [markdown]
# # Claims: RAE
#
# Every claim that we check of *From Variational to Deterministic Autoencoders* {cite:p}`ghosh2019,ghosh2020`, in its first version (RAE v1)
# and as published.
#
# ```{include} ../book/_claim_entries.md
# ```

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "celeba64", "digits", "synth8", "synth16"]  # those without runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import claims_matrix

notebooks.check_parameters("06_claims_rae", globals())
found = claims_matrix.show_outcomes(profile, datasets, ["RAE"])

# %% tags=["remove-input"]
claims_matrix.entries(found, "RAE")
