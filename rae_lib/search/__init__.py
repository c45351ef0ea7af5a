"""Searches for codes whose decodings have a good score: Bayesian optimisation, and the baselines it has to beat.

    search = run_search(Bayesian(), codes, scores, evaluate, generator=generator, state=path)
    search.best(3)        # [(text, score), ...]

Lower scores are better. `process` is the Gaussian process, `improvement` the batches, `loop` the search and its state.
"""

import warnings

with warnings.catch_warnings():  # that torch itself is using something old
    warnings.filterwarnings("ignore", "`torch.jit.script`", FutureWarning)
    import botorch  # noqa: F401
