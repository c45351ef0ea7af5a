"""Every pending run and measurement of a profile as one job, for many cores, GPUs or a cluster.

    pip install -e ".[cluster]"
    snakemake --cores 4 --nolock --keep-going --config profile=laptop
    snakemake --cores 4 --nolock --keep-going --config profile=laptop "choose=--dataset digits --seed 0 --no-studies"
    snakemake --cores 4 --nolock --keep-going --resources gpu=4 --config profile=paper gpus=4
    snakemake --executor slurm --jobs 24 --nolock --keep-going --config profile=paper

The jobs are the lines of `python -m rae_lib run --profile PROFILE --pending`, those of one run together; `choose=` has
further options of that command. What is stored is no job, so it is neither repeated nor deleted, whatever else
changes; an interrupted run goes on from its checkpoint. `gpus=N` spreads the jobs over the N GPUs of this machine (a
cluster's scheduler does that itself), `python=` names another interpreter. `--nolock`: every run has a lock of its
own, and that of Snakemake is left behind by a process that was killed. Jobs write where $RAE_RESULTS and $RAE_HOME
say; on several machines both must be folders that all of them see.
"""

import shlex
import subprocess
from pathlib import Path

RUN = [config.get("python", ".venv/bin/python"), "-m", "rae_lib", "run", "--profile", config.get("profile", "laptop")]
GPUS = int(config.get("gpus", 0))
DONE = Path(config.get("done", ".snakemake/done"))  # an empty file a job: Snakemake asks for files, and deletes them
LIST = DONE / "jobs.txt"


def list_jobs():
    """PROFILE/DATASET/NAME of every run of which something is pending; options that name no run are an error."""
    named = [*RUN, *shlex.split(config.get("choose", "")), "--pending"]
    said = subprocess.run(named, check=True, stdout=subprocess.PIPE, text=True).stdout
    return list(dict.fromkeys(line.split()[1] for line in said.splitlines()[:-1]))


if workflow.is_main_process:
    JOBS = list_jobs()
    for job in JOBS:  # pending again, whatever was done before
        (DONE / job).unlink(missing_ok=True)
    LIST.parent.mkdir(parents=True, exist_ok=True)
    LIST.write_text("\n".join(JOBS))
else:  # of one job, which is on the list
    JOBS = LIST.read_text().splitlines()


def device(wildcards):
    """Without this every local job would land on the first GPU."""
    job = JOBS.index("{profile}/{dataset}/{name}".format(**wildcards))
    return f"CUDA_VISIBLE_DEVICES={job % GPUS}" if GPUS else ""


rule all:
    input:
        [DONE / job for job in JOBS],


rule run:
    output:
        touch(DONE / "{profile}/{dataset}/{name}"),
    wildcard_constraints:
        profile=r"\w+",
        dataset=r"\w+",
        name=r"[^/]+",
    threads: 1
    resources:
        gpu=1,
        device=device,
    retries: 2
    shell:
        "{resources.device} " + shlex.join(RUN) + " --dataset {wildcards.dataset} --name {wildcards.name} --measure"
