"""One epoch of ours and of pythae's trainer, in turns, on the same networks and the same images.

pythae (pip install pythae) gets exactly our networks, in its own encoder and decoder classes, its own models, trainer,
data loader and optimisers; an epoch of each includes its validation pass. Its trainer moves one float batch after the
other to the device; ours keeps all of it there as bytes. What counts is the ratio of each turn: a machine may be
noisy, both sides meet the same noise.
"""

import importlib.util
import logging
import statistics
import tempfile
from collections.abc import Callable

import timing
import torch
import training
from torch import Tensor, nn

from rae_lib import origin
from rae_lib.config import Config
from rae_lib.models import build
from rae_lib.training import loop

PEERS = {  # ours -> pythae's model and trainer; the objectives are the same up to their coefficients
    "ae": ("AE", "BaseTrainer"),
    "vae": ("VAE", "BaseTrainer"),
    "rae-l2": ("RAE_L2", "CoupledOptimizerTrainer"),
    "wae-mmd": ("WAE_MMD", "BaseTrainer"),
}
VAL = 500  # images of the validation pass


def versions(device: str) -> dict[str, tuple[bool, str]]:
    """What meets: name -> pythae's automatic mixed precision (which it has on CUDA only), and our precision."""
    if device == "cuda":
        return {"pythae": (False, "bf16"), "pythae, mixed precision": (True, "bf16")}
    bf16 = origin.precision_for("bf16", device) == "bf16"
    return {"pythae": (False, "fp32")} | ({"pythae, ours in bf16": (False, "bf16")} if bf16 else {})


def ours(config: Config, images: Tensor, val: Tensor, device: str, precision: str) -> Callable[[], object]:
    """Plays and validates one epoch, as `train.fit` does."""
    system = build(config, training.SHAPE).to(device).to(memory_format=torch.channels_last)
    one = loop.Training(system, config.seed, device, precision, 1000)
    images, val = images.to(device), val.to(device)
    return lambda: loop.epoch(one, images, val, config.batch)


def theirs(config: Config, images: Tensor, val: Tensor, device: str, mixed: bool) -> Callable[[], object]:
    """The same by pythae: its trainer's own training and evaluation step."""
    from pythae import models, trainers
    from pythae.data.datasets import BaseDataset

    quiet("pythae")

    name, trainer_name = PEERS[config.system]
    system = build(config, training.SHAPE)
    model = getattr(models, name)(
        getattr(models, f"{name}Config" if name in ("AE", "VAE") else f"{name}_Config")(
            input_dim=training.SHAPE, latent_dim=config.latent
        ),
        encoder=encoder(system.encoder, config.latent),
        decoder=decoder(system.decoder),
    )
    settings = {
        "output_dir": tempfile.mkdtemp(),
        "num_epochs": 1,
        "per_device_train_batch_size": config.batch,
        "per_device_eval_batch_size": VAL,
        "no_cuda": device == "cpu",
        "amp": mixed,
    }
    kinds = ("encoder_", "decoder_") if trainer_name.startswith("Coupled") else ("",)
    settings |= {f"{kind}learning_rate": config.lr for kind in kinds}
    sets = [BaseDataset(x.float() / 255, torch.zeros(len(x))) for x in (images, val)]
    asked = getattr(trainers, f"{trainer_name}Config")(**settings)
    trainer = getattr(trainers, trainer_name)(model, *sets, training_config=asked)
    trainer.prepare_training()
    for callback in list(trainer.callback_handler.callbacks):
        if "Progress" in type(callback).__name__ or "Printer" in type(callback).__name__:
            trainer.callback_handler.callbacks.remove(callback)
    return lambda: (trainer.train_step(1), trainer.eval_step(1))


def quiet(package: str) -> None:
    """It logs every epoch, by loggers and handlers of its own."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == package:
            logging.getLogger(name).disabled = True


def encoder(net: nn.Module, latent: int) -> nn.Module:
    """Our encoder in pythae's class; a second head is its log-covariance."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.net, self.latent_dim = net, latent

        def forward(self, x: Tensor) -> ModelOutput:
            heads = self.net(x).split(latent, dim=1)
            return ModelOutput(dict(zip(("embedding", "log_covariance"), heads, strict=False)))

    return Encoder()


def decoder(net: nn.Module) -> nn.Module:
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.net(z))

    return Decoder()


def row(config: Config, count: int, device: str, turns: int, how: tuple[bool, str]) -> dict[str, object]:
    """One row: images a second of both, and the ratio of each turn. ImportError where there is no pythae."""
    if importlib.util.find_spec("pythae") is None:
        raise ImportError("pythae is not installed (pip install pythae)")
    timing.fresh(device)
    images, (mixed, precision) = training.pictures(count + VAL, "cpu"), how
    sides = [
        ours(config, images[:count], images[count:], device, precision),
        theirs(config, images[:count], images[count:], device, mixed),
    ]
    for side in sides:
        side()  # what the first call costs does not count
    times = [[timing.seconds(side, device) for side in sides] for _ in range(turns)]
    ratios = sorted(other / mine for mine, other in times)
    mine, other = (statistics.median(count / t[i] for t in times) for i in (0, 1))
    found = {"images_per_second": mine, "peer_images_per_second": other, "turns": turns}
    found |= {"ratio": statistics.median(ratios), "lowest": ratios[0], "highest": ratios[-1]}
    return found | {"images": count, "batch": config.batch, "width": config.width}
