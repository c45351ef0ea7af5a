"""Every run of a profile's campaign as one job, for many GPUs or a cluster; needs `pip install snakemake`.

    snakemake --cores 4 --resources gpu=4 --keep-going --config profile=paper datasets=mnist,cifar10 gpus=4
    snakemake --executor slurm --jobs 24 --keep-going --config profile=paper

The runs are those that `python -m rae_lib run --profile PROFILE --list` prints; `datasets=` and `seeds=` choose some.
A job whose result.json exists is not run again, an interrupted one resumes from its checkpoint.
`gpus=N` spreads the jobs over the N GPUs of this machine; a cluster's scheduler does that itself.
"""

import subprocess

RUN = [config.get("python", ".venv/bin/python"), "-m", "rae_lib", "run"]
GPUS = int(config.get("gpus", 0))


def listed(*options):
    """results/PROFILE/DATASET/NAME of every run that these options name; what names none is an error."""
    lines = subprocess.run([*RUN, *options, "--list"], check=True, stdout=subprocess.PIPE, text=True)
    return ["results/" + line.split()[1] for line in lines.stdout.splitlines()]


CHOSEN = ["--profile", config.get("profile", "laptop")]
if "seeds" in config:
    CHOSEN += ["--seed", *str(config["seeds"]).split(",")]
DATASETS = [["--dataset", name] for name in config["datasets"].split(",")] if "datasets" in config else [[]]
FOLDERS = [folder for dataset in DATASETS for folder in listed(*CHOSEN, *dataset)]


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
        "{resources.device} " + " ".join(RUN) + " --profile {wildcards.profile}"
        " --dataset {wildcards.dataset} --name {wildcards.name} --measure"
