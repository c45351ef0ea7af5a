"""The scores of expressions and molecules against published and recomputed values, and what absurd texts score."""

import math

import numpy as np
import pytest

from rae_lib.data import archives
from rae_lib.metrics import expressions
from rae_lib.metrics.expressions import WORST, evaluate_expression, is_valid_expression, score_expression
from rae_lib.metrics.texts import measure_texts

molecules = pytest.importorskip("rae_lib.metrics.molecules", reason="RDKit is not installed: rae-lib[structures]")

# The expressions of Figure 2 of the RAE paper: log(1 + MSE) with true division, and with Python 2's.
RECOMPUTED = [
    ("sin(3)+x", 0.4304, 0.4304),
    ("x+1/exp(1)", 0.3892, 0.3892),
    ("x+1+2*sin(3+1+2)", 0.3906, 0.3906),
    ("x/1+sin(x)+sin(x*x)", 0.4625, 0.4625),
    ("1/2+(x)+sin(x*x)", 0.0274, 0.1054),
    ("x/2+sin(1)+(x/2)", 0.5176, 0.5176),
    ("x*1+sin(x)+sin(3+x)", 0.4887, 0.4887),
    ("x/1+sin(1)+sin(2*2)", 0.4506, 0.4506),
    ("1/1+(x)+sin(1/2)", 0.9782, 0.6130),
]


@pytest.mark.parametrize(("text", "true", "python2"), RECOMPUTED)
def test_the_expressions_of_figure_2(text, true, python2):
    assert score_expression(text) == pytest.approx(true, abs=5e-5)
    assert score_expression(text, integer_division=True) == pytest.approx(python2, abs=5e-5)
    assert score_expression(text.replace("+", " + ").replace(")", " ) ")) == score_expression(text)


def test_closed_forms():
    assert score_expression("1/3+x+sin(x*x)") == 0
    assert score_expression("1/2+x+sin(x*x)") == pytest.approx(math.log(1 + 1 / 36))
    assert score_expression("1/3+x+sin(x*x)+2") == pytest.approx(math.log(5))
    assert WORST == pytest.approx(6.9088, abs=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "()",
        "x+",
        "+x",
        "-x",
        "x)",
        "(x",
        "x x",
        "12",
        "4",
        "sin x",
        "sin(",
        "sin()",
        "xé",
        "x\n+1",
        "y",
        "x**2",
        "__import__('os')",
    ],
)
def test_what_the_language_does_not_have_is_invalid(text):
    assert score_expression(text) == WORST
    assert not is_valid_expression(text)
    with pytest.raises(expressions.InvalidExpression):
        evaluate_expression(text, 1.0)


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "x" + ")" * 5000, "(" * 10_000, "x" * 10_000, "3*" * 4999 + "x", "sin(" * 100]
)
def test_ten_thousand_characters_are_scored_as_invalid(text):
    assert score_expression(text) == WORST


def test_long_but_flat_is_valid():
    assert evaluate_expression("x+" * 249 + "x", 2.0) == 500
    assert score_expression("(" * 100 + "x" + ")" * 100) == score_expression("x")
    assert score_expression("(" * 101 + "x" + ")" * 101) == score_expression("x+" * 250 + "x") == WORST


def test_overflow_counts_with_the_clipping_where_it_happens():
    assert 0 < score_expression("exp(exp(x))") < WORST
    assert score_expression("exp(exp(x)*exp(x))*exp(exp(3))") <= WORST
    assert score_expression("sin(exp(exp(x)))") == WORST  # the sine of infinity is not a number
    assert score_expression("1/exp(exp(exp(exp(3))))+x") == score_expression("x")


def test_division_by_zero():
    assert score_expression("1/x") < WORST  # 0 is not on the grid
    assert not is_valid_expression("1/x", at_zero=True)
    assert is_valid_expression("x/2", at_zero=True)
    assert is_valid_expression("sin(x)/x", at_zero=True)  # 0.0/0 is no error in NumPy, unlike 0/0 in Python
    assert not is_valid_expression("x/x", at_zero=True)
    assert not is_valid_expression("sin(exp(exp(x)))", at_zero=True)  # a number at 0, none on the grid
    assert score_expression("1/(1/2)", integer_division=True) == WORST
    assert score_expression("1/(1/2)") < WORST


def test_python_reads_expressions_with_the_same_precedence():
    x = np.array([0.5, 2.0, -3.0])
    for text in ("1+2*x/3*x", "x/2/3", "2*(x+1)/sin(x)", "exp(x)/x*x+1/3"):
        names = {"x": x, "sin": np.sin, "exp": np.exp}
        expected = eval(text, {"__builtins__": {}}, names)  # noqa: S307 - the test's own texts
        assert np.allclose(evaluate_expression(text, x), expected)


@pytest.mark.parametrize("thing", [None, 3, b"x", ["x"]])
def test_what_is_no_text_is_refused(thing):
    with pytest.raises(TypeError, match="is a text"):
        score_expression(thing)
    with pytest.raises(TypeError, match="is a text"):
        molecules.measure_terms([thing])


ASPIRIN, BENZENE, CAFFEINE = "CC(=O)Oc1ccccc1C(=O)O", "c1ccccc1", "Cn1cnc2c1c(=O)n(C)c(=O)n2C"


def test_known_molecules():
    terms = molecules.measure_terms([ASPIRIN, BENZENE, CAFFEINE])
    assert terms[:, 0] == pytest.approx([1.3101, 1.6866, -1.0293], abs=1e-4)  # Crippen's logP
    assert terms[1, 0] == pytest.approx(6 * (0.1581 + 0.1230))  # the contributions of C18 and H1
    assert terms[:, 1] == pytest.approx([-1.58, -1.0, -2.30], abs=0.01)  # Ertl's accessibility
    assert (terms[:, 2] == 0).all()


def test_large_rings_are_penalised():
    rings = ["C1CCCCC1", "C1CCCCCC1", "C1CCCCCCCCC1", "CCCC"]
    assert molecules.measure_terms(rings)[:, 2].tolist() == [0, -1, -4, 0]
    spellings = ["c1ccc2ccccc2c1", "c12ccccc1cccc2", "c1cccc2c1cccc2"]  # naphthalene
    assert len({row[2] for row in molecules.measure_terms(spellings)}) == 1


def test_invalid_molecules_are_silent(capfd):
    bad = ["", "C(C)(C)(C)(C)C", "c1ccccc", "C C", "é", "C" * 10_000, "(" * 10_000, "not a molecule", "\x00"]
    assert np.isnan(molecules.measure_terms(bad)).all()
    assert [molecules.canonical_smiles(text) for text in bad] == [None] * len(bad)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_standard_has_mean_0_and_deviation_1():
    terms = np.random.default_rng(0).normal([2, -3, -0.1], [1.5, 0.8, 0.3], (500, 3))
    standard = molecules.Standard.fit(terms)
    scores = standard.score(terms)
    assert scores.mean() == pytest.approx(0, abs=1e-12)
    assert scores == pytest.approx(((terms - terms.mean(0)) / terms.std(0)).sum(1))
    assert np.isnan(standard.score(np.full((1, 3), np.nan))).all()


def test_the_standard_refuses_what_it_cannot_divide_by():
    with pytest.raises(ValueError, match="1 of 2 molecules are invalid"):
        molecules.Standard.fit(molecules.measure_terms(["C", "no"]))
    with pytest.raises(ValueError, match="same for all"):
        molecules.Standard.fit(molecules.measure_terms(["CC", "CC"]))
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        molecules.Standard.fit(np.zeros((0, 3)))
    no_rings = molecules.Standard.fit(molecules.measure_terms(["CC", "CCO", "CCN"]))
    assert np.isfinite(no_rings.score(molecules.measure_terms(["CC"]))).all()


def test_the_standard_of_zinc():
    """Against the constants that other projects have for the same 250,000 molecules."""
    path = archives.root() / "zinc.smi"
    if not path.exists():
        pytest.skip("the folder of data has no zinc.smi")
    smiles = path.read_text().split()[::500]
    standard = molecules.Standard.fit(molecules.measure_terms(smiles))
    assert standard.mean == pytest.approx((2.457, -3.053, -0.0486), abs=0.15)
    assert standard.std == pytest.approx((1.434, 0.834, 0.286), abs=0.15)


def test_shares_of_texts():
    shares = measure_texts(["a", "a", "b", None], {"b"})
    assert shares == {"valid": 0.75, "unique": pytest.approx(2 / 3), "novel": 0.5}
    assert measure_texts([None], ())["valid"] == 0
    assert math.isnan(measure_texts([None], ())["unique"])
    with pytest.raises(ValueError, match="no texts"):
        measure_texts([], ())
