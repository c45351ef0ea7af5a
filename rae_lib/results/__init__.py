"""The store of results, the making of one run, and what is computed from stored runs."""
