"""How well model and local target agree: errors in percent, frame in, frame out.

The error is model over local, less one: +5 says that the model is five percent above.
"""

import pandas as pd

COMPARED = {
    "processed_s": "time until all items are done",
    "per_million_usd": "dollars",
}


def model_and_local(runs: pd.DataFrame) -> pd.DataFrame:
    """Errors of the model against local, run by run: same design, items, seed and knobs.

    A row each for design, items and quantity: the mean error over the seeds, its extremes, and the
    `run_ids` compared.
    """
    keys = ["design", "items", "seed", "setting", "value_max_ms"]
    values = [column for column in COMPARED if column in runs]
    last = runs.sort_values("run_id").drop_duplicates([*keys, "target"], keep="last")
    by_target = [last[last["target"] == target].set_index(keys) for target in ("model", "local")]
    shared = by_target[0].index.intersection(by_target[1].index)
    model, local = (own.loc[shared] for own in by_target)
    rows = []
    for column in values:
        error = ((model[column] / local[column] - 1) * 100).dropna()
        for (design, items), own in error.groupby(["design", "items"]):
            ids = [*model.loc[own.index, "run_id"], *local.loc[own.index, "run_id"]]
            told = (own.mean(), own.min(), own.max(), sorted(ids))
            rows.append((design, items, COMPARED[column], *told))
    names = ["design", "items", "quantity", "error", "low", "high", "run_ids"]
    return pd.DataFrame(rows, columns=names)
