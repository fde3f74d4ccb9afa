"""Predict, then check: the model's word about a run, on disk before the run begins.

    results/predictions/<run_id>.json

A prediction is written once and never again, and refused once its run is there. It has the middle
and the range of some replications: the same items, latencies drawn anew. Checking it compares
every quantity and every line of the bill.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from workbench.bill import coordination_usd, knowing_usd, total_usd
from workbench.border import read_json
from workbench.errors import BadInput, BadRecord, shown
from workbench.project import commit
from workbench.runs.batch import Batch
from workbench.runs.records import Run, RunData, is_there, read_folder, skip_damaged
from workbench.runs.results_folder import prediction_path, refuse_unwritable
from workbench.runs.runner import RunRequest
from workbench.targets.model.forecast import modelled
from workbench.temporary import temporary

SCHEMA_VERSION = 1
REPLICATIONS = 5
COLUMNS = (
    "run_id design target items predicted_at line unit predicted low high actual error_percent"
).split()
# Quantities of a run that are predicted, with their units.
QUANTITIES = {
    "created_s": "s",
    "processed_s": "s",
    "detected_s": "s",
    "detection_lag_s": "s",
    "invocations": "invocations",
    "cold_starts": "environments",
    "peak_concurrency": "environments",
    "knowing_usd": "$",
    "coordination_usd": "$",
    "cost_usd": "$",
}

Values = dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """What the model says of a run; `lines` gives by name its unit, low, middle and high."""

    run_id: str
    design: str
    target: str
    items: int
    seed: int
    knobs: dict[str, Any]
    price_date: str
    predicted_at: str  # wall clock, ISO 8601, UTC
    commit: str
    lines: dict[str, tuple[str, float, float, float]]
    schema_version: int = SCHEMA_VERSION

    @property
    def told(self) -> str:
        """Dollars and minutes in a few words: the middle, and the range of the replications."""
        _, low, usd, high = self.lines["cost_usd"]
        known_s = self.lines["detected_s"][2]
        return f"${usd:,.6f} ({low:,.6f} to {high:,.6f}), known to be done after {known_s:,.0f} s"


def predict(request: RunRequest, run_id: str, results: Path) -> Path | None:
    """Write the prediction of a run that is not there yet; None for a run of the model itself.

    One that exists already is left as it is. Raises BadInput if the run is there.
    """
    if request.target == "model":
        return None
    path = prediction_path(results, run_id)
    if path.exists():
        return path
    if is_there(results / "runs" / run_id):
        raise BadInput(f"run {run_id} is there already; a prediction comes before its run.")
    refuse_unwritable(results)
    design, book = request.make_design(), request.book()
    batch = Batch(request.items, request.seed, run_id)
    runs = [modelled(design, batch, book, replication=n) for n in range(REPLICATIONS)]
    values = [_values(one.run_data().run, one.bill) for one in runs]
    prediction = Prediction(
        run_id=run_id,
        design=request.design,
        target=request.target,
        items=request.items,
        seed=request.seed,
        knobs=design.knobs(),
        price_date=book.date,
        predicted_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        commit=commit(),
        lines=dict(_spread(values)),
    )
    return _write(path, prediction)


def read_prediction(path: Path) -> Prediction:
    """A prediction; raises BadRecord if it is damaged or of another schema."""
    content = read_json(path)
    try:
        lines = {name: _line(line) for name, line in content.pop("lines").items()}
        found = Prediction(**content, lines=lines)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadRecord(f"{path} is no prediction: {error}") from None
    if found.schema_version != SCHEMA_VERSION:
        raise BadRecord(f"{path} has schema version {found.schema_version}; this reads version 1")
    return found


def _line(line: Any) -> tuple[str, float, float, float]:
    """A line of a prediction: its unit, and finite dollars, seconds or counts in their order."""
    unit, low, middle, high = line
    if not isinstance(unit, str) or not 0 <= low <= middle <= high < inf:
        raise ValueError(f"{shown(line)} is no unit with low, middle and high")
    return unit, low, middle, high


def check_predictions(results: Path, run_id: str = "*") -> pd.DataFrame:
    """One row a prediction and line (`COLUMNS`), oldest first, of the runs that have come true.

    A line that one side lacks is zero there; the error of a line that really was zero is None.
    """
    rows = []
    for path in sorted((results / "predictions").glob(f"{run_id}.json")):
        folder = results / "runs" / path.stem
        if is_there(folder):
            try:
                rows += list(_compare(read_prediction(path), read_folder(folder)))
            except BadRecord as error:
                if run_id == path.stem:
                    raise
                skip_damaged(folder, error)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["predicted_at", "run_id"], kind="stable", ignore_index=True)


def _compare(said: Prediction, folder: RunData) -> Iterator[tuple]:
    """Each line of a prediction beside what came."""
    run = folder.run
    same = (run.design, run.target, run.items, run.seed, run.knobs)
    if same != (said.design, said.target, said.items, said.seed, said.knobs):
        raise BadRecord(f"the prediction of {said.run_id} is of another order than its run")
    if run.status != "complete" or folder.bill is None:
        return
    came = _values(run, folder.bill)
    for name in [*said.lines, *(name for name in came if name not in said.lines)]:
        unit, low, middle, high = said.lines.get(name, ("$", 0.0, 0.0, 0.0))
        actual = came.get(name, 0.0)
        error = 100 * (middle - actual) / actual if actual else None
        key = (said.run_id, said.design, said.target, said.items, said.predicted_at)
        yield (*key, name, unit, middle, low, high, actual, error)


def _values(run: Run, lines: pd.DataFrame) -> Values:
    """The quantities of a run and the dollars of its bill's lines, by name."""
    values = {name: float(getattr(run, name) or 0.0) for name in QUANTITIES}
    usd = lines[lines["label"] != "measuring"]
    names = usd["service"] + " " + usd["usage_type"] + " (" + usd["label"] + ")"
    sums = usd["cost_usd"].groupby(names).sum().astype(float)
    totals = {
        "cost_usd": float(total_usd(usd)),
        "knowing_usd": float(knowing_usd(usd)),
        "coordination_usd": float(coordination_usd(usd)),
    }
    return values | totals | sums.to_dict()


def _spread(runs: list[Values]) -> Iterator[tuple[str, tuple[str, float, float, float]]]:
    """Low, middle and high of every line over the replications."""
    for name in dict.fromkeys(name for values in runs for name in values):
        all_of_it = [values.get(name, 0.0) for values in runs]
        unit = QUANTITIES.get(name, "$")
        yield name, (unit, min(all_of_it), median(all_of_it), max(all_of_it))


def _write(path: Path, prediction: Prediction) -> Path:
    """Write a prediction whole, and only where there is none."""
    text = json.dumps(asdict(prediction), indent=2, sort_keys=True)
    with temporary(path.parent) as written, suppress(FileExistsError):
        written.write_text(text + "\n", encoding="utf-8")
        os.link(written, path)  # fails where there is one: the first word counts
    return path
