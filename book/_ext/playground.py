"""Scripts for the page of decoders: weights and WebAssembly in base64, since a page opened as a file may not fetch.

At the end of a build, _static/playground/SYSTEM.js gets the decoder and the densities of every system in
results/computed/playground.json; the weights are the half-precision ones kept beside its result. runtime.js gets the
WebAssembly of TensorFlow.js and the test digits.

A decoder is a list of stages: a linear layer or a transposed convolution in half precision, with TensorFlow's order of
axes, then a scale and a shift by channel (batch norm in eval mode, and the bias), then relu or sigmoid.
"""

import json
from base64 import b64encode
from pathlib import Path

import numpy as np
import torch
from sphinx.application import Sphinx
from torch import Tensor, nn

from rae_lib.config import resolve
from rae_lib.results import store, weights

WASM = "tfjs-backend-wasm-simd.wasm"


def base64(content: bytes) -> str:
    return b64encode(content).decode()


def pack(values: Tensor, kind: str) -> dict:
    """kind: "float16" or "float32", little-endian."""
    flat = values.detach().contiguous().numpy().astype(np.dtype(kind).newbyteorder("<"))
    return {"shape": list(values.shape), kind: base64(flat.tobytes())}


def first_stage(layer: nn.Linear, grid: tuple[int, int, int]) -> dict:
    """(d, H W C), which TensorFlow fills in the order of `grid`, (H, W, C)."""
    return {"kernel": layer.weight.T, "grid": list(grid), "scale": torch.ones(1), "shift": layer.bias}


def next_stage(layer: nn.ConvTranspose2d) -> dict:
    """(k, k, out, in), with "SAME" padding as the networks of the library have it."""
    kernel = layer.weight.permute(2, 3, 1, 0)
    return {"kernel": kernel, "stride": layer.stride[0], "scale": torch.ones(len(layer.bias)), "shift": layer.bias}


def list_stages(decoder: nn.Sequential) -> list[dict]:
    """The stages of a convolutional decoder in eval mode. Raises ValueError for a layer that no stage has."""
    stages, ignored = [], ("ChannelsFirst", "Crop", "Unflatten")
    for i, layer in enumerate(decoder):
        if isinstance(layer, nn.Linear):
            stages.append(first_stage(layer, decoder[i + 1].unflattened_size))
        elif isinstance(layer, nn.ConvTranspose2d):
            stages.append(next_stage(layer))
        elif isinstance(layer, nn.BatchNorm2d):
            scale = layer.weight / (layer.running_var + layer.eps).sqrt()
            stages[-1] |= {"scale": scale, "shift": layer.bias + scale * (stages[-1]["shift"] - layer.running_mean)}
        elif isinstance(layer, (nn.ReLU, nn.Sigmoid)):
            stages[-1]["end"] = type(layer).__name__.lower()
        elif type(layer).__name__ not in ignored:
            raise ValueError(f"the playground cannot decode with {layer}; it knows {', '.join(ignored)} and stages")
    stages[-1].setdefault("end", "sigmoid")  # a decoder trained by cross-entropy ends in logits
    return stages


def pack_stage(stage: dict) -> dict:
    arrays = {"kernel": "float16", "scale": "float32", "shift": "float32"}
    return stage | {name: pack(stage[name], kind) for name, kind in arrays.items()}


def pack_system(name: str, stored: dict, raw: dict) -> str:
    """The script of a system, empty where no run of it is stored. ValueError: the densities belong to other weights."""
    result = store.find(resolve(name, raw["dataset"], raw["profile"], 0))
    if result is None:
        return ""
    if result.raw["weights_sha256"] != stored["weights_sha256"]:
        raise ValueError(f"the playground's densities are not of the stored {name}: run python -m rae_lib playground")
    stages = [pack_stage(stage) for stage in list_stages(weights.load(result).decoder)]
    return f"playground.add({json.dumps(name)}, {json.dumps(stored | {'stages': stages})});\n"


def write_scripts(app: Sphinx, exception: Exception | None) -> None:
    raw = store.read_json(store.computed("playground"))
    if exception or raw is None or app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", "playground")
    for name, stored in raw["systems"].items():
        Path(folder, f"{name}.js").write_text(pack_system(name, stored, raw), encoding="utf-8")
    digits = f"playground.setDigits({json.dumps(raw['digits'])});\n"
    runtime = f"playground.setRuntime('{base64(Path(folder, WASM).read_bytes())}');\n"
    Path(folder, "runtime.js").write_text(digits + runtime, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
