"""Whatever a decoder says: its strings are of the grammar or none at all, alone as in a batch; any text is judged."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rae_lib.config import resolve, systems
from rae_lib.data import grammar, writing
from rae_lib.metrics import expressions, molecules
from rae_lib.models import build
from rae_lib.training import players

NEVER = 10**6
ALL = [(dataset, how) for dataset in ("expressions", "zinc") for how in writing.WRITINGS]
FEW = settings(max_examples=25, deadline=None)
MANY = settings(max_examples=200, deadline=None)
EXTREME = st.sampled_from([0.0, -0.0, 1e-45, 1e30, -1e30, 3.4e38, -3.4e38, math.inf, -math.inf, math.nan])
SPOTS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), EXTREME), max_size=30)


@st.composite
def logits(draw, size: int, length: int) -> torch.Tensor:
    """(4, T, D): noise of some scale, a few tokens that are liked everywhere, extreme values and whole places."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    scale = draw(st.sampled_from([0.0, 1.0, 10.0, 1e4]))
    found = scale * torch.randn(4, length, size, generator=generator)
    for token in draw(st.lists(st.integers(0, size - 1), max_size=4)):
        found[:, :, token] += draw(st.sampled_from([3.0, 100.0]))
    for place, token, value in draw(SPOTS):
        found[:, place % length, token % size] = value
    for place, _, value in draw(SPOTS):
        found[place % 4, place % length] = value
    return found


def follow(rules: grammar.Grammar, tokens: list[int]) -> bool:
    """Whether leftmost rewriting of the start symbol takes every token, then only the filling one; is it complete?"""
    open_symbols = [rules.symbols[0]]
    for token in tokens:
        if not open_symbols:
            assert token == rules.filling
            continue
        left, right = rules.productions[token]
        assert left == open_symbols.pop() and rules.usable[token]
        open_symbols += [s for s in reversed(right) if s[0] != "'"]
    return not open_symbols


@pytest.mark.parametrize("dataset", ["expressions", "zinc"])
@FEW
@given(data=st.data(), seed=st.none() | st.integers(0, 2**32))
def test_any_logits_give_a_derivation_whose_text_is_parsed_or_an_incomplete_one_and_no_text(dataset, data, seed):
    own = writing.find(dataset, "productions")
    given_logits = data.draw(logits(own.size, own.length))
    tokens = own.choose(given_logits, None if seed is None else torch.Generator().manual_seed(seed))
    assert tokens.shape == (4, own.length) and tokens.dtype == torch.uint8
    for row, text in zip(tokens.tolist(), own.texts(tokens), strict=True):
        assert bool(text) == follow(own.grammar, row)
        if text:
            assert own.grammar.write(own.grammar.parse(text)) == text


@pytest.mark.parametrize(("dataset", "how"), ALL)
@FEW
@given(data=st.data())
def test_a_batch_is_decoded_as_its_strings_are_alone(dataset, how, data):
    own = writing.find(dataset, how)
    together = data.draw(logits(own.size, own.length))
    tokens = own.choose(together)
    assert torch.equal(tokens, torch.cat([own.choose(one) for one in together.split(1)]))
    assert own.texts(tokens) == [text for one in tokens.split(1) for text in own.texts(one)]


@pytest.mark.parametrize("name", systems(kind="strings"))
def test_a_code_has_the_same_logits_alone_as_in_a_batch(name):
    config = resolve(name, "expressions", "smoke")
    own = writing.find("expressions", config.writing)
    decoder = build(config, (own.size, own.length)).eval().decoder
    z = torch.randn(5, config.latent, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(decoder(z), torch.cat([decoder(one) for one in z.split(1)]), atol=1e-5)


@pytest.mark.parametrize("dataset", ["expressions", "zinc"])
@FEW
@given(data=st.data(), seed=st.none() | st.integers(0, 2**32))
def test_any_logits_give_characters_of_the_alphabet(dataset, data, seed):
    own = writing.find(dataset, "characters")
    given_logits = data.draw(logits(own.size, own.length))
    tokens = own.choose(given_logits, None if seed is None else torch.Generator().manual_seed(seed))
    texts = own.texts(tokens)
    assert all(len(text) <= own.length and set(text) <= set(own.alphabet) for text in texts)
    assert own.texts(own.tokens(texts)) == texts


def pieces(name: str) -> st.SearchStrategy[str]:
    """Texts of the grammar's terminals, and any other characters now and then."""
    terminals = {s[1:-1] for _, right in grammar.read(name).productions for s in right if s[0] == "'"}
    piece = st.sampled_from([*sorted(terminals), *sorted(terminals), " "]) | st.text(max_size=2)
    return st.lists(piece, max_size=12).map("".join)


@pytest.mark.parametrize("name", grammar.NAMES)
@MANY
@given(data=st.data())
def test_any_text_is_written_back_from_its_derivation_or_refused_in_one_line(name, data):
    rules, text = grammar.read(name), data.draw(pieces(name))
    try:
        derivation = rules.parse(text)
    except grammar.Unparsable as error:
        assert str(error) and len(str(error).splitlines()) == 1
        return
    assert follow(rules, derivation) and rules.write(derivation) == text.replace(" ", "")


@MANY
@given(pieces("expressions"))
def test_an_expression_is_valid_only_if_the_grammar_derives_it_and_its_score_is_in_bounds(text):
    score = expressions.score_expression(text)
    assert 0 <= score <= expressions.WORST
    try:
        grammar.read("expressions").parse(text)
    except grammar.Unparsable:
        assert score == expressions.WORST and not expressions.is_valid_expression(text)
    else:
        value = expressions.evaluate_expression(text, expressions.GRID)
        assert expressions.is_valid_expression(text) == (not np.isnan(value).any())
    if expressions.is_valid_expression(text, at_zero=True):
        assert expressions.is_valid_expression(text)


@MANY
@given(pieces("smiles"))
def test_any_text_is_a_molecule_with_three_finite_terms_or_none(text):
    pytest.importorskip("rdkit")
    (terms,) = molecules.measure_terms([text])
    form = molecules.canonical_smiles(text)
    assert np.isfinite(terms).all() if form else np.isnan(terms).all()
    assert form is None or molecules.canonical_smiles(form) is not None


def find_first_step(values: list[float], patience: int) -> int:
    """The epoch after which Keras 1.2 lowers the rate for the first time: it counts a stall after it has looked."""
    best, wait = math.inf, 0
    for epoch, value in enumerate(values):
        if value < best - 1e-4:
            best, wait = value, 0
        elif wait >= patience:
            return epoch
        else:
            wait += 1
    return NEVER


@MANY
@given(st.lists(st.integers(0, 9), max_size=30), st.sampled_from([("expressions", 1), ("zinc", 3)]))
def test_the_first_step_of_the_rate_is_that_of_keras_1(values, task):
    """GrammarVAE's code asks for Keras 1.2 and this patience."""
    dataset, patience = task
    config = resolve("gvae", dataset, "paper")
    weight = torch.nn.Parameter(torch.zeros(1))
    player = players.Player("p", [weight], lambda x, g: {}, lr=1e-3, plateau=1e-4)
    player.plateau_factor, player.plateau_patience = config.plateau_factor, config.plateau_patience
    optimiser = torch.optim.SGD([weight], lr=player.lr)
    schedule, rates = players.plateau(optimiser, player), []
    for value in values:
        schedule.step(float(value))
        rates.append(optimiser.param_groups[0]["lr"])
    first = next((epoch for epoch, rate in enumerate(rates) if rate < 1e-3), NEVER)
    assert first == find_first_step(list(map(float, values)), patience)
