"""Every run of a profile's campaign as one job, for many GPUs or a cluster; needs `pip install snakemake`.

    snakemake --cores 4 --resources gpu=4 --keep-going --config profile=paper datasets=mnist,cifar10 gpus=4
    snakemake --executor slurm --jobs 24 --keep-going --config profile=paper

The runs are those that `python -m rae_lib run --profile PROFILE --list` prints; `datasets=` and `seeds=` choose some.
A job whose result.json exists is not run again, an interrupted one resumes from its checkpoint.
`gpus=N` spreads the jobs over the N GPUs of this machine; a cluster's scheduler does that itself.
"""

import sys

sys.path.insert(0, workflow.basedir)  # Snakemake may be installed elsewhere than in .venv

from rae_lib.studies import campaign


def chosen(option, value_of):
    """The runs of the campaign whose data set or seed is among those of an option, such as `datasets=mnist,cifar10`."""
    runs = campaign(config.get("profile", "laptop"))
    known = {str(value_of(run)) for run in runs}
    wanted = set(str(config[option]).split(",")) if option in config else known
    if wanted - known:
        raise ValueError(f"{option} is {config[option]}; allowed: {', '.join(sorted(known))}")
    return [run for run in runs if str(value_of(run)) in wanted]


SEEDED = chosen("seeds", lambda run: run.seed)
RUNS = [run for run in chosen("datasets", lambda run: run.dataset) if run in SEEDED]
FOLDERS = [f"results/{run.profile}/{run.dataset}/{run.name}" for run in RUNS]
GPUS = int(config.get("gpus", 0))


def device(wildcards):
    """Without this every local job would land on the first GPU."""
    job = FOLDERS.index("results/{profile}/{dataset}/{name}".format(**wildcards))
    return f"CUDA_VISIBLE_DEVICES={job % GPUS}" if GPUS else ""


rule all:
    input:
        [f"{folder}/result.json" for folder in FOLDERS],


rule run:
    output:
        "results/{profile}/{dataset}/{name}/result.json",
    wildcard_constraints:
        profile=r"\w+",
        dataset=r"\w+",
        name=r"[^/]+",
    resources:
        gpu=1,
        # No parameter: with another number of GPUs the finished jobs stay finished.
        device=device,
    retries: 2
    shell:
        "{resources.device} .venv/bin/python -m rae_lib run --profile {wildcards.profile}"
        " --dataset {wildcards.dataset} --name {wildcards.name} --measure"
