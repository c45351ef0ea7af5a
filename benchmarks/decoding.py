"""Decoding strings by a grammar: a batch on its device, and by a Python stack a string, as GrammarVAE's code does it.

SPANS says from what to what. The Python stack decodes 50 strings at a time, as the search of GrammarVAE's code does
(the network once for the 50, then a stack for each), or one string at a time. Networks are the published ones,
untrained. On a CPU all use one thread, and what counts is processor time, so that other programs disturb little.
"""

import statistics
import time
from collections.abc import Callable
from importlib import resources

import numpy as np
import timing
import torch
from torch import Tensor

from rae_lib.config import resolve
from rae_lib.data import writing
from rae_lib.data.grammar import Grammar
from rae_lib.evaluation import search, tasks
from rae_lib.models import build

SPANS = ("productions from logits", "strings from logits", "strings from codes", "strings from codes, as in a search")
TOGETHER = 50  # codes that GrammarVAE's search decodes at a time
FEW = 10  # codes that are decoded one at a time
BATCH = 500  # strings that are decoded as a batch, as in an evaluation


class Stacks:
    """The decoder of GrammarVAE's code: productions of NLTK, a list of open symbols for every string.

    At every place all productions get Gumbel noise, after those of another symbol than the one on top of the stack
    have been masked.
    """

    def __init__(self, rules: Grammar):
        import nltk

        text = resources.files("rae_lib.data").joinpath(f"grammars/{rules.name}.cfg").read_text()
        self.productions = nltk.CFG.fromstring(text).productions()
        self.inner = nltk.grammar.Nonterminal
        left = np.array([str(p.lhs()) for p in self.productions])
        self.symbols = {symbol: i for i, symbol in enumerate(dict.fromkeys(left))}
        self.masks = (left == np.array([*self.symbols])[:, None]) & np.array([*rules.usable, True])
        self.start, self.filling = left[0], left[-1]

    def choose(self, logits: np.ndarray, chance: np.random.RandomState | None) -> np.ndarray:
        """(B, T, D) -> (B, T): samples, or without a random state the most likely ones."""
        stacks = [[self.start] for _ in logits]
        found = np.empty(logits.shape[:2], dtype=int)
        for place in range(logits.shape[1]):
            tops = [self.symbols[stack.pop() if stack else self.filling] for stack in stacks]
            scores = np.where(self.masks[tops], logits[:, place], -np.inf)
            best = np.argmax(scores + chance.gumbel(size=scores.shape) if chance else scores, axis=1)
            found[:, place] = best
            for stack, number in zip(stacks, best, strict=True):
                right = [str(s) for s in self.productions[number].rhs() if isinstance(s, self.inner)]
                stack.extend(s for s in reversed(right) if s in self.symbols)
        return found

    def write(self, sequence: np.ndarray) -> str:
        """The string: in a list of symbols the leftmost that fits is rewritten by production after production."""
        text = [self.productions[sequence[0]].lhs()]
        for number in sequence:
            production = self.productions[number]
            if str(production.lhs()) == self.filling:
                break
            place = text.index(production.lhs())
            text[place : place + 1] = production.rhs()
        return "".join(text) if all(isinstance(s, str) for s in text) else ""


class Ways:
    """Every way of decoding codes of one data set, from span to span."""

    def __init__(self, dataset: str, count: int, device: str):
        self.own, self.attempts = writing.find(dataset, "productions"), tasks.find(dataset).attempts
        self.generator = torch.Generator(device).manual_seed(0)
        self.plain, self.chance = Stacks(self.own.grammar), np.random.RandomState(0)
        config = resolve("gvae", dataset, "paper")
        torch.manual_seed(0)
        self.network = build(config, (self.own.size, self.own.length)).eval().to(device).decoder
        self.codes = torch.randn(count, config.latent, device=device, generator=self.generator)
        with torch.no_grad():
            self.logits = self.network(self.codes).repeat(-(-BATCH // count), 1, 1)[:BATCH]

    def predict(self, codes: Tensor) -> Tensor:
        with torch.no_grad():
            return self.network(codes)

    def batch(self, span: str) -> tuple[Callable, int]:
        """A function that decodes as the library does, and how many strings."""
        own, few = self.own, self.codes[:TOGETHER]
        functions = {
            "productions from logits": lambda: own.choose(self.logits, self.generator),
            "strings from logits": lambda: own.texts(own.choose(self.logits, self.generator)),
            "strings from codes": lambda: own.texts(own.choose(self.predict(self.codes), self.generator)),
        }
        if span in functions:
            return functions[span], BATCH if span.endswith("logits") else len(self.codes)
        often = lambda: search.count_decodings(own, self.predict(few), self.attempts, self.generator)  # noqa: E731
        return often, len(few) * self.attempts

    def stacks(self, span: str, together: int, count: int) -> tuple[Callable, int]:
        """A function that decodes by Python stacks, so many strings at a time, and how many strings."""
        given, predict = (self.logits, lambda x: x) if span.endswith("logits") else (self.codes, self.predict)
        parts = given[:count].split(together)

        def work() -> None:
            for part in parts:
                logits = predict(part)
                tokens = self.plain.choose(logits.cpu().numpy(), self.chance)
                if span.startswith("strings"):
                    [self.plain.write(row) for row in tokens]

        return work, min(count, len(given))


def clock(function: Callable, device: str) -> float:
    """Seconds of a call: on a CPU of the processor, so that other programs count less; on CUDA by the clock."""
    if device == "cuda":
        return timing.seconds(function, device)
    start = time.process_time()
    function()
    return time.process_time() - start


def measure(dataset: str, span: str, count: int, device: str, turns: int) -> dict[str, object]:
    """Strings a second of each way of decoding, in turns, and how many times as many the batch decodes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        timing.fresh(device)
        ways = Ways(dataset, count, device)
        few = FEW if "codes" in span else TOGETHER
        sides = [ways.batch(span), ways.stacks(span, TOGETHER, TOGETHER), ways.stacks(span, 1, few)]
        clock(sides[0][0], device)  # what the first call costs does not count
        turned = [[number / clock(function, device) for function, number in sides] for _ in range(turns)]
    finally:
        torch.set_num_threads(threads)
    batch, stacks, single = (statistics.median(rates) for rates in zip(*turned, strict=True))
    found = {"dataset": dataset, "set": span, "count": sides[0][1], "seconds": sides[0][1] / batch}
    found |= {"strings_per_second": batch, "stacks_per_second": stacks, "single_per_second": single}
    for name, place in (("stacks_ratio", 1), ("single_ratio", 2)):
        found[name] = statistics.median(rates[0] / rates[place] for rates in turned)
    return found | {"turns": turns, "memory": timing.memory(device)}
