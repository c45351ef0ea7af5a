# %% [markdown]
# # Claims: DAE
#
# Every claim that we check of *Variational Autoencoders Without the Variation* {cite:p}`daly2022`.
#
# An entry has the claim, its place in the source, and its outcome in the published numbers and on each data set. It unfolds to the rule
# as it is run and to every comparison: both values, the support of the comparison and of its opposite, and the number of seeds. {doc}`01_claims` has
# all claims in one table, {doc}`../book/verdicts` what the outcomes mean.

# %% tags=["parameters", "hide-input"]
profile: str = "largest"  # smoke, laptop, overnight or paper; "largest": the largest that is stored of each data set
datasets: list = [
    "mnist",
    "cifar10",
    "celeba64",
    "digits",
    "synth8",
    "synth16",
]  # those without stored runs are left out

# %% tags=["hide-input"]
from rae_lib import notebooks
from rae_lib.pages import boxes, claims_matrix

notebooks.check_parameters("08_claims_dae", globals())
found = claims_matrix.outcomes(profile, datasets, ["DAE"])

# %% tags=["remove-input"]
boxes.findings(*claims_matrix.describe_outcomes(found))

# %% tags=["remove-input"]
claims_matrix.entries(found, "DAE")
