"""Context-free grammars: a string is the sequence of productions that derive it from the start symbol, leftmost first.

    grammar = read("expressions")
    grammar.parse("x+1")             # [0, 3, 7, 8]: S -> S '+' T, S -> T, T -> 'x', T -> '1'
    grammar.write([0, 3, 7, 8])      # "x+1"

A grammar is a file of `grammars/` in NLTK's notation. Its last production, Nothing -> None, fills a sequence up.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from itertools import dropwhile

NAMES = ("expressions", "smiles")
LONGEST, DEEPEST = 500, 100  # characters of a string that is parsed; parentheses inside one another

Derived = tuple[int, tuple[int, ...]]  # where a symbol's part of a string ends, and its productions


class Unparsable(ValueError):
    """A string that the grammar does not derive."""


@dataclass(frozen=True)
class Grammar:
    """The productions, in order: left-hand side, right-hand side. A terminal is a string in quotes, as in the file."""

    name: str
    productions: tuple[tuple[str, tuple[str, ...]], ...]

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The non-terminals in the order of their first productions: the start symbol first, the filling one last."""
        return tuple(dict.fromkeys(left for left, _ in self.productions))

    @cached_property
    def usable(self) -> tuple[bool, ...]:
        """Whether a production can be part of a derivation: every non-terminal that it asks for has productions."""
        return tuple(all(is_terminal(s) or s in self.symbols for s in right) for _, right in self.productions[:-1])

    @property
    def filling(self) -> int:
        """The production after the end of a derivation."""
        return len(self.productions) - 1

    @cached_property
    def terminals(self) -> re.Pattern:
        """The next terminal of a string, the longest that fits, after any spaces."""
        found = {s[1:-1] for _, right in self.productions for s in right if is_terminal(s)}
        longest_first = sorted(found, key=lambda text: (-len(text), text))
        return re.compile(f" *({'|'.join(map(re.escape, longest_first))})")

    @cached_property
    def firsts(self) -> dict[str, frozenset[str]]:
        """The terminals with which the part of a string that a symbol derives can begin."""
        found: dict[str, set[str]] = {s: set() for s in self.symbols}
        while True:
            before = sum(map(len, found.values()))
            for (left, right), usable in zip(self.productions, self.usable, strict=False):
                found[left] |= ({right[0]} if is_terminal(right[0]) else found[right[0]]) if usable else set()
            if before == sum(map(len, found.values())):
                return {symbol: frozenset(begins) for symbol, begins in found.items()}

    @cached_property
    def rules(self) -> dict[str, tuple[dict, dict]]:
        """For each symbol and next terminal the productions to try, the longest first: (number, symbols).

        Two tables a symbol: its plain productions, and what follows the symbol itself in its left-recursive ones.
        """
        tables: dict[str, tuple[dict, dict]] = {s: ({}, {}) for s in self.symbols}
        for number, ((left, right), usable) in enumerate(zip(self.productions, self.usable, strict=False)):
            again = right[0] == left
            parts = right[1:] if again else right
            for begin in ({parts[0]} if is_terminal(parts[0]) else self.firsts[parts[0]]) if usable else ():
                tables[left][again].setdefault(begin, []).append((number, parts))
        for table in (t for pair in tables.values() for t in pair):
            for options in table.values():
                options.sort(key=lambda option: -len(option[1]))
        return tables

    @cached_property
    def leaves(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """The productions from a symbol to a single terminal, where nothing else begins with that terminal."""
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for _ in self.symbols:  # a chain is at most as long as there are symbols
            for symbol, (plain, again) in self.rules.items():
                for begin, options in plain.items():
                    number, right = options[0]
                    rest = () if right == (begin,) else found.get((right[0], begin))
                    if len(options) == len(right) == 1 and not again and rest is not None:
                        found[symbol, begin] = (number, *rest)
        return found

    def split(self, text: str) -> list[str]:
        """The terminals of a text, in quotes. Raises Unparsable for another character, or too many."""
        if not 0 < len(text) <= LONGEST:
            raise Unparsable(f"a text of {len(text)} characters; allowed: 1 to {LONGEST}")
        found, place, depth = [], 0, 0
        while place < len(text.rstrip(" ")):
            match = self.terminals.match(text, place)
            if not match:
                what = f"{text[place : place + 10]!r} at character {place}"
                raise Unparsable(f"{what} begins no terminal of the grammar {self.name!r}")
            found.append(f"'{match[1]}'")
            place, depth = match.end(), depth + match[1].count("(") - match[1].count(")")
            if depth > DEEPEST:
                raise Unparsable(f"more than {DEEPEST} parentheses inside one another")
        return found

    def parse(self, text: str) -> list[int]:
        """The productions of the leftmost derivation. Raises Unparsable for a text that has none."""
        parts = [*self.split(text), ""]
        known: dict[tuple[str, int], Derived | None] = {}
        found = self.derive(self.symbols[0], 0, parts, known)
        if found is None or found[0] < len(parts) - 1:
            raise Unparsable(f"{text[:60]!r} is not derived by the grammar {self.name!r}")
        return list(found[1])

    def derive(self, symbol: str, place: int, parts: list[str], known: dict) -> Derived | None:
        """The longest part of the string from a place on that a symbol derives, or None."""
        if leaf := self.leaves.get((symbol, parts[place])):
            return place + 1, leaf
        if (symbol, place) in known:
            return known[symbol, place]
        plain, again = self.rules[symbol]
        found = self.try_each(plain.get(parts[place], ()), place, parts, known)
        if found:
            end, head, tails = *found, []
            while more := self.try_each(again.get(parts[end], ()), end, parts, known):
                end, tail = more
                tails.append(tail)
            outer = tuple(tail[0] for tail in reversed(tails))  # the last of a left-recursive list is derived first
            found = end, sum((tail[1:] for tail in tails), outer + head)
        known[symbol, place] = found
        return found

    def try_each(self, options: tuple | list, place: int, parts: list[str], known: dict) -> Derived | None:
        """The first of these productions that derives a part of the string from a place on."""
        for number, right in options:
            end, found = place, (number,)
            for part in right:
                if part[0] == "'":
                    if parts[end] != part:
                        break
                    end += 1
                else:
                    inner = self.derive(part, end, parts, known)
                    if inner is None:
                        break
                    end, found = inner[0], found + inner[1]
            else:
                return end, found
        return None

    @cached_property
    def pieces(self) -> list[tuple[str, list[str], list[str]]]:
        """By production: its symbol, the texts before its first non-terminal, and the rest of its symbols, reversed."""
        found = []
        for left, right in self.productions:
            rest = list(dropwhile(is_terminal, right))
            found.append((left, [s[1:-1] for s in right[: len(right) - len(rest)]], rest[::-1]))
        return found

    def write(self, sequence: Iterable[int]) -> str:
        """The text that a leftmost derivation gives; "" for one that is incomplete or does not fit the grammar."""
        stack, text, pieces = [self.symbols[0]], [], self.pieces
        for number in sequence:
            if not stack:
                break
            left, begin, rest = pieces[number]
            if left != stack.pop():
                return ""
            text += begin
            stack += rest
            while not rest and stack and is_terminal(stack[-1]):
                text.append(stack.pop()[1:-1])
        return "" if stack else "".join(text)


def is_terminal(symbol: str) -> bool:
    return symbol[0] == "'"


@cache
def read(name: str) -> Grammar:
    """A grammar of the library. Raises ValueError for another name, listing what is allowed."""
    if name not in NAMES:
        raise ValueError(f"no grammar {name!r}; allowed: {', '.join(NAMES)}")
    text = resources.files("rae_lib.data").joinpath(f"grammars/{name}.cfg").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.split(" -> ") for line in lines]
    return Grammar(name, tuple((left, tuple(right.split())) for left, right in pairs))
