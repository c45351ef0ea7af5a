"""The one training loop, the players that it moves, and its checkpoints."""
