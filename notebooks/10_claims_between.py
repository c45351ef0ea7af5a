# %% [markdown]
# # Claims: where the sources contradict one another
#
# Points on which two of the papers, two versions of one, or two tables of one contradict each other. The rule tests one side.
#
# ```{include} ../book/_claim_entries.md
# ```

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = ["mnist", "cifar10", "celeba64", "digits", "synth8", "synth16"]  # those without runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import claims_matrix

notebooks.check_parameters("10_claims_between", globals())
found = claims_matrix.show_outcomes(profile, datasets, ["X"])

# %% tags=["remove-input"]
claims_matrix.entries(found, "X")
