"""Decoding strings by a grammar: the batch on its device against one string after the other with a plain stack."""

import math
import random

import timing
import torch

from rae_lib.data import writing
from rae_lib.data.grammar import Grammar, is_terminal

PLAIN = 50  # strings that are decoded one after the other


def decode_plainly(scores: list[list[float]], rules: Grammar, chance: random.Random | None = None) -> list[int]:
    """The productions of one string, (T, D) logits -> T numbers: the best at every place, or by Gumbel-max a sample."""
    stack, found = [rules.symbols[0]], []
    options = {s: [i for i, (left, _) in enumerate(rules.productions) if left == s] for s in rules.symbols}
    usable = [*rules.usable, True]
    for place in scores:
        symbol = stack.pop() if stack else rules.symbols[-1]
        allowed = [i for i in options[symbol] if usable[i]]
        noise = [-math.log(-math.log(chance.random())) if chance else 0.0 for _ in allowed]
        chosen = max(zip(allowed, noise, strict=True), key=lambda pair: place[pair[0]] + pair[1])[0]
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
    few, chance = logits[:PLAIN].tolist(), random.Random(0)
    plain = timing.repeated(lambda: [decode_plainly(rows, own.grammar, chance) for rows in few], "cpu", repeats)
    found = timing.spread(times) | {"count": count, "batch": count, "memory": timing.memory(device)}
    rate = PLAIN / timing.spread(plain)["seconds"]
    return found | {"plain_per_second": rate, "ratio": count / found["seconds"] / rate}
