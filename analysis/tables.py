"""Side tables: what the charts show besides runs, kept as CSV under `results/tables/`.

simplicity   resources, services, statements and code of each design (analysis.simplicity)
limits       how long each limit held the batch back, by items (the model says)
agreement    published measurements and what the model makes of them (workbench.agreement)
savings      from `published` to `tuned` one change at a time (workbench.tune.savings)
predictions  every prediction beside what came, line by line (workbench.runs.predictions)
"""

import os
from pathlib import Path

import pandas as pd

from workbench.errors import BadInput, BadRecord

COLUMNS = {
    "simplicity": ["design", "measure", "value"],
    "limits": ["design", "items", "limit", "held_s"],
    "agreement": (
        "id quantity unit measured modelled error_percent goal_percent within_goal sure era "
        "source note"
    ).split(),
    "savings": (
        "design step change usd_per_million usd_low usd_high knowing_usd_per_million minutes "
        "floor_usd_per_million completes"
    ).split(),
    "predictions": (
        "run_id design target items predicted_at line unit predicted low high actual error_percent"
    ).split(),
}


def write_side_table(results: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write a side table whole; an older one is replaced."""
    _check(name, list(frame.columns), "the frame")
    path = results / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{name}-{os.getpid()}.csv")
    frame.to_csv(temporary, index=False, lineterminator="\n")
    temporary.replace(path)
    return path


def read_side_table(results: Path, name: str) -> pd.DataFrame:
    """A side table, its columns checked; without a row if it was never written."""
    path = results / "tables" / f"{name}.csv"
    if not path.exists():
        _check(name, COLUMNS.get(name, []), "the reader")
        return pd.DataFrame(columns=COLUMNS[name])
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise BadRecord(f"{path} cannot be read: {error}") from None
    _check(name, list(frame.columns), str(path))
    return frame


def _check(name: str, columns: list[str], where: str) -> None:
    """Refuse an unknown table, and one with other columns than its own."""
    if name not in COLUMNS:
        raise BadInput(f"side table {name!r} is not known. Take one of {', '.join(COLUMNS)}.")
    if columns != COLUMNS[name]:
        raise BadRecord(f"{where} of {name} has columns {columns}, not {COLUMNS[name]}")
