"""The score of an arithmetic expression in x: how far its values are from the target 1/3 + x + sin(x^2).

The language is that of the grammar `expressions` (`rae_lib.data.grammar`), and of Python's too. So a text that the
grammar derives is read by Python's own parser, and its tree is computed here; no text is ever handed to `eval`.
"""

import ast
import math
import operator
from functools import lru_cache

import numpy as np

from rae_lib.data import grammar

GRID = np.linspace(-10, 10, 1000)  # the points x; 0 is not one of them
CLIP = 1000.0  # the largest squared error that a point counts with
TARGET = 1 / 3 + GRID + np.sin(GRID**2)
WORST = math.log(1 + CLIP)  # 6.909, the score of an invalid expression
FUNCTIONS = {"sin": np.sin, "exp": np.exp}
OPERATIONS = {ast.Add: operator.add, ast.Mult: operator.mul, ast.Div: operator.truediv}

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

    Raises InvalidExpression for a text outside the language, one too long or too deep for the grammar's parser, and
    where Python's numbers have no result (an integer divided by 0); TypeError for what is no text.
    """
    if not isinstance(text, str):
        raise TypeError(f"an expression is a text, not {type(text).__name__}")
    try:
        with np.errstate(all="ignore"):
            return np.full(np.shape(x), compute_value(read_tree(text), x, integer_division), dtype=np.float64)
    except grammar.Unparsable as error:
        raise InvalidExpression(str(error)) from None
    except (ZeroDivisionError, OverflowError) as error:
        raise InvalidExpression(f"has no value: {error}") from None


@lru_cache(maxsize=1024)  # a text is computed on the grid, at 0, and for its score
def read_tree(text: str) -> ast.expr:
    """Python's tree of an expression. Raises Unparsable, before Python reads it, for any other text."""
    grammar.read("expressions").parse(text)
    return ast.parse(text.strip(), mode="eval").body


def compute_value(node: ast.expr, x: Value, integer_division: bool) -> Value:
    """The value of a node of Python's tree of an expression."""
    match node:
        case ast.Constant(value=number):
            return number
        case ast.Name():
            return x
        case ast.Call(func=ast.Name(id=name), args=[inside]):
            return FUNCTIONS[name](np.asarray(compute_value(inside, x, integer_division), dtype=np.float64))
        case ast.BinOp(left=left, op=op, right=right):
            a, b = (compute_value(part, x, integer_division) for part in (left, right))
            whole = integer_division and isinstance(op, ast.Div) and isinstance(a, int) and isinstance(b, int)
            return a // b if whole else OPERATIONS[type(op)](a, b)
