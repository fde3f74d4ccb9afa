"""The columns of what is pulled, one tidy table a kind."""

from collections.abc import Iterable

import pandas as pd

CLOUDWATCH_COLUMNS = ["metric", "namespace", "dimension", "statistic", "t", "t_s", "value"]
INSIGHTS_COLUMNS = ["query", "function", "t_s", "bin_ms", "measure", "value"]
COST_COLUMNS = [
    "service",
    "usage_type",
    "unit",
    "quantity",
    "cost_usd",
    "start",
    "end",
    "tagged",
    "prorated",
    "settled",
]
COLUMNS = {
    "cloudwatch": CLOUDWATCH_COLUMNS,
    "insights": INSIGHTS_COLUMNS,
    "costs": COST_COLUMNS,
}
TYPES = {
    "t": "datetime64[us, UTC]",
    "start": "datetime64[us, UTC]",
    "end": "datetime64[us, UTC]",
    "t_s": "float64",
    "bin_ms": "float64",
    "value": "float64",
    "tagged": "bool",
    "prorated": "bool",
    "settled": "bool",
    "quantity": "object",  # exact decimals
    "cost_usd": "object",
}


def tidy(kind: str, rows: Iterable[tuple]) -> pd.DataFrame:
    """The table of a kind from its rows, with the same types even when there are none."""
    columns = COLUMNS[kind]
    frame = pd.DataFrame(list(rows), columns=columns)
    return frame.astype({name: TYPES.get(name, "str") for name in columns})
