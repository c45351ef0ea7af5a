"""Images per second of one training epoch of RAE-L2, ours against pythae's trainer, on the same nets and data.

    python benchmarks/training.py [--device cpu|cuda] [--width 16] [--batch 100] [--images 2000] [--repeats 5]

The two are timed in turns in one process, and what counts is the ratio of each turn: the machine may be noisy, both
sides meet the same noise. pythae (pip install pythae) gets exactly our networks, in its own encoder and decoder
classes, its own trainer, data loader and coupled optimisers; an epoch of each includes its validation pass. Its
trainer moves one float batch after the other to the device; ours keeps all of it there as bytes.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time

import torch
from torch import nn

from rae_lib import train
from rae_lib.config import resolve
from rae_lib.systems import build

SHAPE = (1, 32, 32)


def epoch_of_ours(config, images: torch.Tensor, val: torch.Tensor, device: str):
    """A function that plays and validates one epoch."""
    system = build(config, SHAPE).to(device).to(memory_format=torch.channels_last)
    training = train.Training(system, 0, device, "bf16" if device == "cuda" else "fp32", 1)
    images, val = images.to(device), val.to(device)
    return lambda: train.epoch(training, images, val, config.batch)


def epoch_of_pythae(config, images: torch.Tensor, val: torch.Tensor, device: str):
    """The same by pythae's CoupledOptimizerTrainer: one train step and one evaluation step of its own."""
    os.environ.setdefault("WANDB_DISABLED", "true")
    logging.disable(logging.INFO)
    from pythae.data.datasets import BaseDataset
    from pythae.models import RAE_L2, RAE_L2_Config
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import CoupledOptimizerTrainer, CoupledOptimizerTrainerConfig

    system = build(config, SHAPE)

    class Encoder(BaseEncoder):
        def __init__(self, net: nn.Module):
            super().__init__()
            self.net, self.latent_dim = net, config.latent

        def forward(self, x):
            return ModelOutput(embedding=self.net(x))

    class Decoder(BaseDecoder):
        def __init__(self, net: nn.Module):
            super().__init__()
            self.net = net

        def forward(self, z):
            return ModelOutput(reconstruction=self.net(z))

    model = RAE_L2(
        RAE_L2_Config(input_dim=SHAPE, latent_dim=config.latent),
        encoder=Encoder(system.encoder),
        decoder=Decoder(system.decoder),
    )
    sets = [BaseDataset(x.float() / 255, torch.zeros(len(x))) for x in (images, val)]
    settings = CoupledOptimizerTrainerConfig(
        output_dir=tempfile.mkdtemp(),
        num_epochs=1,
        per_device_train_batch_size=config.batch,
        per_device_eval_batch_size=500,
        encoder_learning_rate=config.lr,
        decoder_learning_rate=config.lr,
        no_cuda=device == "cpu",
    )
    trainer = CoupledOptimizerTrainer(model, *sets, training_config=settings)
    trainer.prepare_training()
    for callback in list(trainer.callback_handler.callbacks):
        if "Progress" in type(callback).__name__ or "Printer" in type(callback).__name__:
            trainer.callback_handler.callbacks.remove(callback)

    def epoch():
        trainer.train_step(1)
        trainer.eval_step(1)

    return epoch


def seconds(function, device: str) -> float:
    start = time.perf_counter()
    function()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    p.add_argument("--width", type=int, default=16)
    p.add_argument("--batch", type=int, default=100)
    p.add_argument("--images", type=int, default=2000)
    p.add_argument("--repeats", type=int, default=5)
    a = p.parse_args()
    overrides = {"width": a.width, "batch": a.batch}
    config = resolve("rae-l2", "mnist", "laptop", overrides=overrides)
    generator = torch.Generator().manual_seed(0)
    shape = (a.images + 500, *SHAPE)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    images, val = images[: a.images], images[a.images :]
    ours = epoch_of_ours(config, images, val, a.device)
    theirs = epoch_of_pythae(config, images, val, a.device)
    for function in (ours, theirs):
        function()  # warm-up
    rows = [(seconds(ours, a.device), seconds(theirs, a.device)) for _ in range(a.repeats)]
    rates = [statistics.median(a.images / row[i] for row in rows) for i in (0, 1)]
    ratios = sorted(theirs / ours for ours, theirs in rows)
    threads = torch.get_num_threads()
    print(
        f"RAE-L2, width {a.width}, batch {a.batch}, {a.images} images, {a.device}, {threads} threads"
    )
    print(f"ours    {rates[0]:10.1f} images/s (median of {a.repeats})")
    print(f"pythae  {rates[1]:10.1f} images/s")
    print(
        f"ratio   {statistics.median(ratios):10.2f} (median; {ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    main()
