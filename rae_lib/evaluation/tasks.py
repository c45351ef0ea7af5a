"""What strings of a data set are worth: which are valid, which are the same, and their score.

task = find("zinc")
task.form("OCC")                 # "CCO"; None for an invalid text
task.scorer(training)(texts)     # float64 (n,); NaN for an invalid text
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rae_lib.config import check_choice
from rae_lib.metrics import expressions

PICTURE = (240, 160)  # of a molecule, in pixels


@dataclass(frozen=True)
class Task:
    """form: text, and whether it is judged as a character model's -> the one spelling of a valid text, or None.

    known: strings of the data set -> their forms. scorer: strings of the training set -> a function that scores texts,
    NaN where they are invalid; what the score is standardised by is computed from the training strings. better: "lower"
    or "higher". attempts: decodings of one suggestion in the published search. worst: the score that an invalid text
    counts with, None for the worst of the training strings. draw: a text -> its picture as SVG, where there is one.
    """

    form: Callable[[str, bool], str | None]
    known: Callable[[list[str]], list[str]]
    scorer: Callable[[list[str]], Callable[[list[str]], np.ndarray]]
    better: str
    attempts: int
    worst: float | None
    draw: Callable[[str], str] | None = None


def form_expression(text: str, at_zero: bool = False) -> str | None:
    return text.replace(" ", "") if expressions.is_valid_expression(text, at_zero) else None


def score_expressions(texts: list[str]) -> np.ndarray:
    scores = [expressions.score_expression(t) if expressions.is_valid_expression(t) else np.nan for t in texts]
    return np.array(scores, dtype=np.float64)


def find(dataset: str) -> Task:
    """The task of a data set of strings. Raises ValueError for another data set."""
    check_choice("data set of strings", dataset, tuple(TASKS))
    return TASKS[dataset]()


def make_expressions() -> Task:
    return Task(form_expression, list, lambda training: score_expressions, "lower", 25, expressions.WORST)


def make_molecules() -> Task:
    """RDKit is imported here, so that a run on expressions does without it."""
    from rae_lib.metrics import molecules

    def form(text: str, at_zero: bool = False) -> str | None:
        return molecules.canonical_smiles(text)

    def known(texts: list[str]) -> list[str]:
        return [molecules.canonical_smiles(text) or text for text in texts]

    def scorer(training: list[str]) -> Callable[[list[str]], np.ndarray]:
        standard = molecules.Standard.fit(molecules.measure_terms(training))
        return lambda texts: standard.score(molecules.measure_terms(texts))

    return Task(form, known, scorer, "higher", 500, None, draw_molecule)


def draw_molecule(smiles: str) -> str:
    """The structure of a molecule as an SVG image."""
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D

    picture = rdMolDraw2D.MolDraw2DSVG(*PICTURE)
    picture.drawOptions().clearBackground = False
    rdMolDraw2D.PrepareAndDrawMolecule(picture, Chem.MolFromSmiles(smiles))
    picture.FinishDrawing()
    return picture.GetDrawingText()


TASKS = {"expressions": make_expressions, "zinc": make_molecules}
