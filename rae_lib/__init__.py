"""Deterministic and regularised autoencoders as generative models: systems, densities, metrics, runs."""

__version__ = "0.1.0"
