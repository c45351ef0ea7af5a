"""The score of an arithmetic expression in x: how far its values are from the target 1/3 + x + sin(x^2).

The language is that of GrammarVAE's expressions, with spaces anywhere between its tokens:

    sum -> product ('+' product)*        product -> atom (('*' | '/') atom)*
    atom -> 'x' | '1' | '2' | '3' | '(' sum ')' | 'sin(' sum ')' | 'exp(' sum ')'

A text is read by one function for each of these lines, and is never handed to `eval`.
"""

import math
import re

import numpy as np

GRID = np.linspace(-10, 10, 1000)  # the points x; 0 is not one of them
CLIP = 1000.0  # the largest squared error that a point counts with
TARGET = 1 / 3 + GRID + np.sin(GRID**2)
WORST = math.log(1 + CLIP)  # 6.909, the score of an invalid expression
DEEPEST = 90  # parentheses inside one another, about as many as the parser of Python 2 reads
TOKEN = re.compile(r" *(sin\(|exp\(|[x123+*/()])")
FUNCTIONS = {"sin(": np.sin, "exp(": np.exp}

Value = int | float | np.ndarray


class InvalidExpression(ValueError):
    """A text that the language does not have, or that has no value; the message says which."""


def score_expression(text: str, integer_division: bool = False) -> float:
    """log(1 + mean over the grid of min((f(x) - y)^2, 1000)), lower is better: 0 for the target, log 1001 if invalid.

    GrammarVAE, section 5 (Kusner et al. 2017). integer_division: 1/2 is 0 where both operands are integers, as in the
    Python 2 of GrammarVAE's search; its training targets have true division. A value that is too large at a point
    counts with 1000 there; one that is not a number, as sin of infinity, makes the text invalid. Raises TypeError for
    what is no text.
    """
    try:
        values = evaluate_expression(text, GRID, integer_division)
    except InvalidExpression:
        return WORST
    with np.errstate(all="ignore"):
        score = float(np.log1p(np.minimum((values - TARGET) ** 2, CLIP).mean()))
    return score if math.isfinite(score) else WORST


def is_valid_expression(text: str, at_zero: bool = False) -> bool:
    """Whether the text is in the language and has a value on the grid.

    at_zero: it can be computed at the integer x = 0 too, which GrammarVAE's code asks of the texts of a character
    model: 1/x is an integer by zero there and invalid, sin(x)/x is valid. Raises TypeError for what is no text.
    """
    try:
        value = evaluate_expression(text, GRID)
        if at_zero:
            evaluate_expression(text, 0)
    except InvalidExpression:
        return False
    return not np.isnan(value).any()


def evaluate_expression(text: str, x: Value, integer_division: bool = False) -> np.ndarray:
    """The values f(x) of a text, float64 of x's shape.

    Raises InvalidExpression for a text outside the language, and where Python's numbers have no result (an integer
    divided by 0); TypeError for what is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a text, not {type(text).__name__}")
    reader = Reader(split_tokens(text), x, integer_division)
    with np.errstate(all="ignore"):
        try:
            value = np.full(np.shape(x), reader.read_sum(), dtype=np.float64)
        except (ZeroDivisionError, OverflowError) as error:
            raise InvalidExpression(f"has no value: {error}") from None
    if reader.tokens:
        raise InvalidExpression(f"{reader.tokens[-1]!r} follows a whole expression")
    return value


def split_tokens(text: str) -> list[str]:
    """The tokens of a text, the last one first. Raises InvalidExpression where a character belongs to none."""
    found, place, text = [], 0, text.rstrip(" ")
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise InvalidExpression(f"no token of the language at character {place + 1}: {text[place : place + 8]!r}")
        found.append(match[1])
        place = match.end()
    return found[::-1]


class Reader:
    """The functions of the grammar's lines: each takes the tokens it reads and returns their value."""

    def __init__(self, tokens: list[str], x: Value, integer_division: bool):
        self.tokens, self.x, self.integer_division = tokens, x, integer_division
        self.depth = 0

    def next_is(self, allowed: str) -> bool:
        return bool(self.tokens) and self.tokens[-1] in allowed

    def read_sum(self) -> Value:
        value = self.read_product()
        while self.next_is("+"):
            self.tokens.pop()
            value = value + self.read_product()
        return value

    def read_product(self) -> Value:
        value = self.read_atom()
        while self.next_is("*/"):
            times = self.tokens.pop() == "*"
            right = self.read_atom()
            value = value * right if times else self.divide(value, right)
        return value

    def read_atom(self) -> Value:
        if not self.tokens:
            raise InvalidExpression("ends where a value is due")
        token = self.tokens.pop()
        if token in "123":
            return int(token)
        if token == "x":
            return self.x
        if token == "(":
            return self.read_inside()
        if token in FUNCTIONS:
            inside = self.read_inside()
            return FUNCTIONS[token](inside if isinstance(inside, np.ndarray) else float(inside))
        raise InvalidExpression(f"{token!r} where a value is due")

    def read_inside(self) -> Value:
        """The sum up to the closing parenthesis."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise InvalidExpression(f"more than {DEEPEST} parentheses inside one another")
        value = self.read_sum()
        if not self.next_is(")"):
            raise InvalidExpression("a parenthesis is not closed")
        self.tokens.pop()
        self.depth -= 1
        return value

    def divide(self, left: Value, right: Value) -> Value:
        if self.integer_division and isinstance(left, int) and isinstance(right, int):
            return left // right
        return left / right
