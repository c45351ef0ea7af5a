"""Distances, precision and recall, features, statistics of codes, and how well the metrics themselves measure."""
