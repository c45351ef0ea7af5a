"""The scores of the nine expressions of the RAE paper (Figure 2, lower left), computed again (claim X-11).

Set "rank 1" to "rank 3" of each model, the expression as `text`: "printed_score"; "expression_score", log(1 + mean
squared error) with true division; "integer_score", where 1/2 is 0 as in the Python 2 of GrammarVAE's search.
"""

import pandas as pd

from rae_lib.evaluation.records import record
from rae_lib.metrics.expressions import score_expression
from rae_lib.results.printed import FOLDER, SYSTEM


def read_printed() -> list[tuple[str, int, str, float]]:
    """Model, rank, expression and score of every line of the figure."""
    table = pd.read_csv(FOLDER / "rae_iclr_fig2_structured.csv", dtype=str).query("dataset == 'expressions'")
    cells = {(row.model, row.metric): row.value for row in table.itertuples()}
    models = dict.fromkeys(model for model, metric in cells if metric.startswith("best_expression"))
    return [
        (model, rank, cells[model, f"best_expression_rank{rank}"], float(cells[model, f"best_score_rank{rank}"]))
        for model in models
        for rank in (1, 2, 3)
    ]


def compute() -> list[dict]:
    rows = []
    for model, rank, text, printed in read_printed():
        place = {"study": "printed-expressions", "dataset": "expressions", "system": SYSTEM[model], "seed": 0}
        values = {"printed_score": printed, "expression_score": score_expression(text)}
        values |= {"integer_score": score_expression(text, integer_division=True)}
        rows += [
            place | {"text": text} | record(name, f"rank {rank}", value, features="none")
            for name, value in values.items()
        ]
    return rows
