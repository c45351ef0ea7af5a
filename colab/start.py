# %% [markdown]
# # Train on a GPU of Google Colab
#
# `python -m jupytext --to ipynb colab/start.py` makes a notebook of this file. Upload it to Colab and choose a
# runtime with a GPU. It installs the library, trains a system on MNIST at the papers' size, and packs the result for
# `python -m rae_lib land`.

# %%
import subprocess
import sys

REPOSITORY = "https://github.com/OWNER/REPOSITORY"  # your copy of this repository
SYSTEM, DATASET, BUDGET = "rae-l2", "mnist", "10000"  # what to train, and after how many seconds to start nothing new


# %%
def call(*words: str) -> None:
    """Runs a command in the repository, and stops where it fails."""
    subprocess.run(words, check=True, cwd="book")


def rae_lib(*words: str) -> None:
    call(sys.executable, "-m", "rae_lib", *words)


# %%
subprocess.run(["git", "clone", "--depth", "1", REPOSITORY, "book"], check=True)
call(sys.executable, "-m", "pip", "install", "-q", "-e", ".")

# %%
rae_lib("data", DATASET)
rae_lib("run", "--profile", "paper", "--dataset", DATASET, "--system", SYSTEM, "--seed", "0", "--budget", BUDGET)

# %%
call("tar", "czf", "results.tar.gz", "results/paper")
print("download book/results.tar.gz; at home: python -m rae_lib land results.tar.gz")
