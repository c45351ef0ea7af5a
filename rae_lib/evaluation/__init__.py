"""From a trained system to the numbers and pictures that are stored."""
