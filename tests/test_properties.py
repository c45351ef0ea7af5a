"""Whatever is given: a configuration is refused or found by its hash, a rule is of the grammar or refused."""

import ast
import json
import math
from dataclasses import asdict, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rae_lib.claims import rules
from rae_lib.config import Config, resolve
from rae_lib.fields import check_type, plain_type
from rae_lib.results import store

BASE = resolve("rae", "mnist", "paper")
FIELDS = {f.name: plain_type(f.type) for f in fields(Config)}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.one_of(st.integers(-3, 300), st.floats(), st.text(max_size=4)), max_size=3).map(tuple),
)
QUICK = settings(max_examples=200, deadline=None)


@QUICK
@given(st.sampled_from(sorted(FIELDS)), VALUES)
def test_a_value_is_refused_in_one_line_that_names_its_field_or_gives_a_run_that_is_found_again(name, value):
    try:
        config = replace(BASE, **{name: value})
    except (TypeError, ValueError) as error:
        assert str(error).startswith((name, "batch is", "components is")) and "\n" not in str(error)
        return
    check_type(name, value, FIELDS[name])
    numbers = [v for v in asdict(config).values() if isinstance(v, float)]
    assert all(map(math.isfinite, numbers)) and config.batch <= (config.train_images or 50_000)
    again = store.parse({"config": json.loads(json.dumps(asdict(config)))})
    assert again == config and again.hash == config.hash
    same = getattr(BASE, name) == value or name in ("profile", "variant")
    assert (config.hash == BASE.hash) == same


NAMES = sorted(name for name in rules.names() if name.isidentifier())
CALLS = ("fid", "smallest", "largest", "slope")


def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions of smaller ones."""
    two = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "<", "<=", ">", "==", "and", "or", "in"]), inner)
    call = st.tuples(st.sampled_from(CALLS), st.lists(inner, max_size=3))
    return st.one_of(
        two.map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        call.map(lambda p: f"{p[0]}({', '.join(p[1])})"),
        inner.map(lambda p: f"-({p})"),
        st.tuples(inner, inner).map(lambda p: f"[{p[0]} for s in [{p[1]}]]"),
    )


GOOD = st.recursive(st.one_of(st.sampled_from(NAMES), st.integers(0, 99).map(str)), extend, max_leaves=8)
BAD = [
    "().__class__",
    "fid.__globals__",
    "(lambda: 1)()",
    "(x := 1)",
    "9 ** 9",
    "{1: 2}",
    "{x for x in []}",
    "f'{vae}'",
    "(yield)",
    "1 << 99",
    "[x for x in [1] async for y in z]",
]


def book_of(text: str) -> dict:
    """claims.toml with one claim, of one rule."""
    return rules.book() | {"claim": {"X-1": {"rule": [{"holds": [text]}]}}}


@QUICK
@given(GOOD)
def test_what_the_grammar_can_say_is_compiled(text):
    rules.compiled(text)
    assert all(isinstance(node, rules.GRAMMAR) for node in ast.walk(ast.parse(text, mode="eval")))


@QUICK
@given(GOOD, st.sampled_from(BAD), st.booleans())
def test_what_is_not_of_the_grammar_is_never_evaluated_wherever_it_stands(text, bad, first):
    pair = (bad, text) if first else (text, bad)
    with pytest.raises((ValueError, SyntaxError)):
        rules.run(f"[{pair[0]}, {pair[1]}]", {})


@QUICK
@given(st.text("abc_()[]{}.,:+-*/<>=' 019\n", max_size=20))
def test_a_text_is_compiled_or_refused_and_nothing_else(text):
    try:
        rules.check_names(book_of(text))
        rules.compiled(text)
    except (ValueError, SyntaxError):
        return
    assert all(isinstance(node, rules.GRAMMAR) for node in ast.walk(ast.parse(text, mode="eval")))


def test_every_rule_of_the_book_is_of_the_grammar():
    texts = {text for one in rules.claims().values() for block in one.get("rule", []) for text in block["holds"]}
    for text in texts:
        rules.compiled(text)
    assert len(texts) > 100
