"""Decoding strings by a grammar: the batch on its device against one string after the other with a plain stack."""

import numpy as np
import timing
import torch

from rae_lib.data import writing
from rae_lib.data.grammar import Grammar, is_terminal

PLAIN = 50  # strings that are decoded one after the other


def decode_plainly(logits: np.ndarray, rules: Grammar, chance: np.random.RandomState | None = None) -> list[int]:
    """The productions of one string, (T, D) logits -> T numbers: the best at every place, or by Gumbel-max a sample.

    A Python list is the stack; a row of a mask says which productions the symbol on top has.
    """
    usable = np.array([*rules.usable, True])
    left = np.array([symbol for symbol, _ in rules.productions])
    masks = {symbol: (left == symbol) & usable for symbol in rules.symbols}
    stack, found = [rules.symbols[0]], []
    for row in logits:
        mask = masks[stack.pop() if stack else rules.symbols[-1]]
        noise = chance.gumbel(size=len(row)) if chance else 0.0
        chosen = int(np.argmax(np.where(mask, row + noise, -np.inf)))
        found.append(chosen)
        if chosen != rules.filling:
            stack += [s for s in reversed(rules.productions[chosen][1]) if not is_terminal(s)]
    return found


def measure(dataset: str, count: int, device: str, repeats: int) -> dict[str, object]:
    """Seconds of `count` samples as a batch, and how many times as many a second that is as one after the other."""
    own = writing.find(dataset, "productions")
    generator = torch.Generator(device).manual_seed(0)
    logits = torch.randn(count, own.length, own.size, device=device, generator=generator)
    timing.fresh(device)
    times = timing.repeated(lambda: own.choose(logits, generator), device, repeats)
    few, chance = logits[:PLAIN].cpu().numpy(), np.random.RandomState(0)
    plain = timing.repeated(lambda: [decode_plainly(rows, own.grammar, chance) for rows in few], "cpu", repeats)
    found = timing.spread(times) | {"count": count, "batch": count, "memory": timing.memory(device)}
    rate = PLAIN / timing.spread(plain)["seconds"]
    return found | {"plain_per_second": rate, "ratio": count / found["seconds"] / rate}
