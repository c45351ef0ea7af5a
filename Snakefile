"""Every run of a profile as one job, for many GPUs or a cluster; needs `pip install snakemake`.

    snakemake --cores 4 --resources gpu=4 --config profile=paper datasets=mnist,cifar10 gpus=4
    snakemake --executor slurm --jobs 24 --config profile=paper

A job whose result.json exists is not run again, an interrupted one resumes from its checkpoint.
`gpus=N` spreads the jobs over the N GPUs of this machine; a cluster's scheduler does that itself.
"""

PROFILE = config.get("profile", "laptop")
DATASETS = config.get("datasets", "digits").split(",")
SEEDS = str(config.get("seeds", "0,1,2")).split(",")
GPUS = int(config.get("gpus", 0))
SYSTEMS = [
    *("ae", "ae-l2", "rae", "rae-l2", "rae-gp", "rae-sn"),
    *("vae", "cv-vae", "wae-mmd", "two-stage-vae"),
    *("eae", "ae-bn", "eae-l1", "ae-l1"),
    *("dae", "vae-dae", "dae-bn", "dae-ln", "dae-sn", "dae-noise", "dae-frozen"),
]


def device(wildcards):
    """Without this every local job would land on the first GPU."""
    job = SYSTEMS.index(wildcards.system) + len(SYSTEMS) * int(wildcards.seed)
    return f"CUDA_VISIBLE_DEVICES={job % GPUS}" if GPUS else ""


rule all:
    input:
        expand(
            "results/{profile}/{dataset}/{system}-s{seed}/result.json",
            profile=PROFILE,
            dataset=DATASETS,
            system=SYSTEMS,
            seed=SEEDS,
        ),


rule run:
    output:
        "results/{profile}/{dataset}/{system}-s{seed}/result.json",
    wildcard_constraints:
        seed=r"\d+",
    params:
        device=device,
    resources:
        gpu=1,
    retries: 2
    shell:
        "{params.device} .venv/bin/python -m rae_lib.runs --profile {wildcards.profile}"
        " --dataset {wildcards.dataset} --system {wildcards.system} --seed {wildcards.seed}"
        " --no-studies --measure"
