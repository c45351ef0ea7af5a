"""From a code to one text and its score: decode it many times, keep the most frequent valid text."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from rae_lib.search.loop import Evaluate

# Codes (n, d), a number of attempts and a generator -> for each code the texts of its sampled decodings.
Decode = Callable[[Tensor, int, torch.Generator], list[list[str]]]


def make_evaluate(
    decode: Decode,
    is_valid: Callable[[str], bool],
    score: Callable[[list[str]], np.ndarray],
    *,
    attempts: int,
    worst: float,
) -> Evaluate:
    """What `run_search` asks: of each code the most frequent valid text of `attempts` decodings, and its score.

    score: texts -> (n,), lower is better; worst: the score of a code without a valid text, and of a text whose score is
    not a number. Of equally frequent texts the first one written is kept. Kusner et al. (2017) decode expressions 25
    times and molecules 500 times. Raises ValueError for fewer than one attempt or a worst score that is not finite.
    """
    if attempts < 1 or not np.isfinite(worst):
        raise ValueError(f"attempts {attempts}, worst {worst}; allowed: 1 or more, and a finite number")

    def evaluate(z: Tensor, generator: torch.Generator) -> tuple[list[str | None], Tensor]:
        texts = choose_texts(decode(z, attempts, generator), is_valid)
        values = np.full(len(texts), worst, dtype=np.float64)
        chosen = [i for i, text in enumerate(texts) if text is not None]
        if chosen:
            values[chosen] = score([texts[i] for i in chosen])
        return texts, torch.from_numpy(np.where(np.isfinite(values), values, worst))

    return evaluate


def choose_texts(written: list[list[str]], is_valid: Callable[[str], bool]) -> list[str | None]:
    """The most frequent valid text of each list, None where there is none; each different text is judged once."""
    judged = {text: is_valid(text) for text in {text for texts in written for text in texts}}
    counts = [Counter(text for text in texts if judged[text]) for texts in written]
    return [count.most_common(1)[0][0] if count else None for count in counts]
