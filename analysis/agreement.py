"""How well model, local and published measurements agree: errors in percent, frame in, frame out.

The error is model over measurement, less one: +5 says that the model is five percent above.
"""

import pandas as pd

COMPARED = {
    "processed_s": "time until all items are done",
    "detected_s": "time until it is known",
    "per_million_usd": "dollars",
}


def model_and_local(runs: pd.DataFrame) -> pd.DataFrame:
    """Errors of the model against local, run by run: same design, items, seed and knobs.

    A row each for design, items and quantity, with the mean error over the seeds and its extremes.
    """
    keys = ["design", "items", "seed", "setting", "value_max_ms"]
    values = [column for column in COMPARED if column in runs]
    wide = runs.pivot_table(index=keys, columns="target", values=values, aggfunc="last")
    rows = []
    for column in values:
        if (column, "model") not in wide or (column, "local") not in wide:
            continue
        error = ((wide[column, "model"] / wide[column, "local"] - 1) * 100).dropna()
        for (design, items), own in error.groupby(["design", "items"]):
            rows.append((design, items, COMPARED[column], own.mean(), own.min(), own.max()))
    return pd.DataFrame(rows, columns=["design", "items", "quantity", "error", "low", "high"])


def with_errors(agreement: pd.DataFrame) -> pd.DataFrame:
    """The published measurements with `error_percent`, those without a figure left out."""
    known = agreement[agreement["measured"].notna() & agreement["modelled"].notna()]
    return known.assign(error_percent=(known["modelled"] / known["measured"] - 1) * 100)
