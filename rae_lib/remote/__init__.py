"""A campaign on a rented machine: what goes there, what comes back. `python -m rae_lib.remote` has the verbs."""
