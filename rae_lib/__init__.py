"""Deterministic and regularised autoencoders as generative models: systems, densities, metrics, runs."""

import os

# SciPy reads it when it is imported; without it scikit-learn fits no mixture on a GPU.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

__version__ = "0.1.0"
