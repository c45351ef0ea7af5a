"""Which runs are wanted, and the command that makes them."""
