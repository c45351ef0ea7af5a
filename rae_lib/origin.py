"""Where a number comes from: the device, its precision, the versions of packages, the code, the data, the weights."""

import hashlib
from importlib import metadata
from pathlib import Path

import torch
from torch import nn

from rae_lib import config as configs
from rae_lib import data

PACKAGES = ("torch", "torchvision", "scikit-learn", "numpy", "torch-fidelity")


def device_for(name: str = "auto") -> str:
    """ "auto" -> cuda where there is one, else cpu. RuntimeError for cuda where there is none."""
    configs.check_choice("device", name, ("auto", "cpu", "cuda"))
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("device is 'cuda' but torch sees none; use device='cpu' or 'auto'")
    return "cuda" if name != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(device: str) -> None:
    """On CUDA: kernels are chosen by trial, and fp32 is fp32 (TF32 moves features in their third digit)."""
    if device == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = False


def precision_for(asked: str, device: str) -> str:
    """The precision of training that is used here: bf16 is for GPUs, and for CPUs that have its instructions."""
    native = device == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return asked if native else "fp32"


def describe(dataset: data.Dataset, device: str) -> dict:
    """The data, versions, code and device behind any stored number."""
    known = {name: getattr(dataset, name) for name in ("name", "sha256", "source", "note")}
    threads = f"cpu, {torch.get_num_threads()} threads"
    return {
        "data": known | {split: len(images) for split, images in dataset.images.items()},
        "versions": versions(),
        "code_sha256": code_sha256(),
        "device": torch.cuda.get_device_name() if device == "cuda" else threads,
    }


def versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in PACKAGES}


def code_sha256() -> str:
    """Over every source file of the library, so that a number can be tied to the code that made it."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def weights_sha256(net: nn.Module) -> str:
    """SHA-256 over names and values of the weights."""
    total = hashlib.sha256()
    for name, value in sorted(net.state_dict().items()):
        total.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
