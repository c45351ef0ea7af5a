"""How a string is written as integers, and how integers are chosen from a decoder's logits: two writings.

productions   the leftmost derivation by a grammar, filled up with its last production
characters    the characters themselves, filled up with spaces

    writing = find("expressions", "productions")
    tokens = writing.tokens(["x+1"])                  # uint8 (1, T)
    tokens = writing.choose(logits, generator)        # (B, T, D) -> uint8 (B, T)
    writing.texts(tokens)                             # ["x+1"]; "" for an incomplete derivation
"""

from functools import cache, cached_property

import torch
from torch import Tensor

from rae_lib.config import catalogue, check_choice
from rae_lib.data import grammar

WRITINGS = ("productions", "characters")
PAUSE = 16  # places between two looks whether all derivations are at their end


class Characters:
    """Strings over an alphabet whose last character, a space, fills up to a length."""

    def __init__(self, alphabet: str, length: int):
        self.alphabet, self.length, self.size = alphabet, length, len(alphabet)

    @cached_property
    def alike(self) -> Tensor:
        """Which tokens compete with one another in the loss: all. -> bool (D, D)"""
        return torch.ones(self.size, self.size, dtype=torch.bool)

    def tokens(self, texts: list[str]) -> Tensor:
        """-> uint8 (N, T). Raises Unparsable for a text that is too long or has another character."""
        place = {character: number for number, character in enumerate(self.alphabet)}
        rows = []
        for text in texts:
            if len(text) > self.length or set(text) - set(self.alphabet):
                allowed = f"at most {self.length} of {self.alphabet!r}"
                raise grammar.Unparsable(f"{text[:60]!r} has {len(text)} characters; allowed: {allowed}")
            rows.append([place[c] for c in text.ljust(self.length)])
        return torch.tensor(rows, dtype=torch.uint8).view(len(texts), self.length)

    def texts(self, tokens: Tensor) -> list[str]:
        return ["".join(self.alphabet[n] for n in row).strip() for row in tokens.tolist()]

    def choose(self, logits: Tensor, generator: torch.Generator | None = None, times: int = 1) -> Tensor:
        """The most likely token of every place, or with a generator a sample by Gumbel-max: the largest logit with
        noise. (B, T, D) -> uint8 (times B, T): the batch is decoded `times` times, one batch after the other."""
        logits = logits.repeat(times, 1, 1)
        if generator:
            logits += draw_gumbel(logits, logits.shape, generator)
        return logits.argmax(2).to(torch.uint8)


class Productions:
    """Strings as derivations by a grammar, filled up to a length."""

    def __init__(self, rules: grammar.Grammar, length: int):
        self.grammar, self.length, self.size = rules, length, len(rules.productions)
        self.tables: dict[torch.device, tuple[Tensor, ...]] = {}

    @cached_property
    def alike(self) -> Tensor:
        """Which tokens compete with one another in the loss: the usable productions of one symbol. -> bool (D, D)"""
        left, usable = [left for left, _ in self.grammar.productions], [*self.grammar.usable, True]
        return torch.tensor([[a == b and free for b, free in zip(left, usable, strict=True)] for a in left])

    def tokens(self, texts: list[str]) -> Tensor:
        """-> uint8 (N, T). Raises Unparsable for a text with no derivation, or one that is too long."""
        rows = torch.full((len(texts), self.length), self.grammar.filling, dtype=torch.uint8)
        for row, text in zip(rows, texts, strict=True):
            found = self.grammar.parse(text)
            if len(found) > self.length:
                raise grammar.Unparsable(f"{text[:60]!r} has {len(found)} productions; allowed: {self.length}")
            row[: len(found)] = torch.tensor(found, dtype=torch.uint8)
        return rows

    def texts(self, tokens: Tensor) -> list[str]:
        """The strings; "" for a derivation that is incomplete after T productions. Equal rows are written once."""
        rows = [row.tobytes() for row in tokens.cpu().numpy()]
        written = {row: self.grammar.write(row) for row in set(rows)}
        return [written[row] for row in rows]

    def choose(self, logits: Tensor, generator: torch.Generator | None = None, times: int = 1) -> Tensor:
        """The most likely derivations, or with a generator samples, of the whole batch at once on its device.

        At every place only the productions of the symbol on top of the stack of open symbols are allowed; a softmax
        over these is sampled by Gumbel-max (Kusner et al. 2017, algorithm 1). (B, T, D) -> uint8 (times B, T): the
        batch is decoded `times` times, one batch after the other.
        """
        options, closed, pushed, more = self.tables_on(logits.device)
        (count, length, _), (symbols, most), width = logits.shape, options.shape, len(pushed)
        rows = times * count
        noise = draw_gumbel(logits, (rows, length, most), generator) if generator else None
        stack = logits.new_full((1 + length * (width - 1) + width, rows), symbols - 1, dtype=torch.int64)
        stack[1] = 0  # the start symbol, on the filling one, which is never taken off
        depth, symbol = torch.ones_like(stack[:1]), stack[1]
        levels = torch.arange(width, device=logits.device)[:, None]
        chosen = logits.new_full((length, rows), self.grammar.filling, dtype=torch.int64)
        for place, scores in enumerate(logits.expand(times, *logits.shape).unbind(2)):
            allowed = options.index_select(0, symbol)
            values = scores.gather(2, allowed.view(times, count, most)).view(rows, most)
            if noise is not None:
                values += noise[:, place]
            values.masked_fill_(closed.index_select(0, symbol), -torch.inf)
            token = allowed.gather(1, values.max(1, keepdim=True).indices)[:, 0]  # the first of equal ones
            chosen[place] = token
            stack.scatter_(0, depth + levels, pushed.index_select(1, token))  # what is above the new top is never read
            depth += more.index_select(1, token)
            symbol = stack.gather(0, depth)[0]
            if place % PAUSE == PAUSE - 1 and not depth.any():
                break
        return chosen.t().to(torch.uint8)

    def tables_on(self, device: torch.device) -> tuple[Tensor, ...]:
        """By symbol its productions (S, O), and where there are none (S, O); by production the symbols that it pushes
        (W, D), and how many more are open after it (1, D)."""
        if device not in self.tables:
            symbols, rules = self.grammar.symbols, self.grammar.productions
            usable = [*self.grammar.usable, True]
            found = [[i for i, (left, _) in enumerate(rules) if left == s and usable[i]] for s in symbols]
            most = max(map(len, found))
            options = [row + [0] * (most - len(row)) for row in found]
            closed = [[False] * len(row) + [True] * (most - len(row)) for row in found]
            inner = [[symbols.index(s) for s in right if s in symbols] for _, right in rules]
            width = max(map(len, inner))
            # Reversed, the first symbol on top. The place of the rewritten symbol is used again, hence one less.
            pushed = [[*reversed(row), *[len(symbols) - 1] * (width - len(row))] for row in inner]
            more = [[len(row) - 1 for row in inner[:-1]] + [0]]
            tables = options, closed, [*zip(*pushed, strict=True)], more
            self.tables[device] = tuple(torch.tensor(t, device=device) for t in tables)
        return self.tables[device]


def draw_gumbel(like: Tensor, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Standard Gumbel noise of this shape, of the kind and on the device of `like`."""
    return like.new_empty(shape).exponential_(generator=generator).log_().neg_()


Writing = Characters | Productions


@cache
def find(dataset: str, name: str) -> Writing:
    """The writing of this name of a data set of strings. Raises ValueError for another name."""
    check_choice("writing", name, WRITINGS)
    table = catalogue()["dataset"][dataset]
    if name == "characters":
        return Characters(table["alphabet"], table["lengths"][name])
    return Productions(grammar.read(table["grammar"]), table["lengths"][name])
