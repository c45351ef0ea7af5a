"""From a trained system to the numbers and pictures that are stored: one module for each kind of data."""

from importlib import import_module

from rae_lib.evaluation.records import Evaluation
from rae_lib.evaluation.trained import Trained


def evaluate(trained: Trained) -> Evaluation:
    """Everything that a run measures and shows, by the module of its data's kind ("images": images.py)."""
    return import_module(f"rae_lib.evaluation.{trained.data.kind}").evaluate(trained)
