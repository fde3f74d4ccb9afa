"""The tidy table of a study: one row a run, with its knobs and its dollars by label."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from workbench.errors import BadRecord
from workbench.runs.records import LABELS, read_run, skip_damaged
from workbench.sweep.jobs import Job

MILLION = 1_000_000


def runs_table(jobs: list[Job], results: Path) -> pd.DataFrame:
    """One row a finished run: its columns, `preset`, `<label>_usd`, `knob_<name>`.

    Raises BadRecord if their prices are of different dates.
    """
    rows = [row for job in jobs if job.is_finished(results) for row in _rows(job, results)]
    frame = pd.DataFrame(rows)
    dates = set(frame["price_date"].dropna()) if rows else set()
    if len(dates) > 1:
        raise BadRecord(f"runs of this study have prices of {', '.join(sorted(dates))}")
    return frame


def write_table(name: str, jobs: list[Job], results: Path) -> Path:
    """Write the table of a study whole, in place of an older one."""
    path = results / "studies" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{name}-{os.getpid()}.parquet")
    runs_table(jobs, results).to_parquet(temporary, index=False)
    os.replace(temporary, path)
    return path


def _rows(job: Job, results: Path) -> Iterator[dict[str, Any]]:
    """The row of a finished run; none of a damaged one, which is named on standard error."""
    try:
        yield _row(job.folder(results), job)
    except BadRecord as error:
        skip_damaged(job.folder(results), error)


def _row(path: Path, job: Job) -> dict[str, Any]:
    run = read_run(path)
    row = {key: value for key, value in asdict(run).items() if key not in ("knobs", "versions")}
    row |= {"preset": job.request.preset, "detection_lag_s": run.detection_lag_s}
    row |= dict.fromkeys((f"{label}_usd" for label in LABELS), 0.0) | _by_label(path)
    batch_usd = sum(row[f"{label}_usd"] for label in LABELS if label != "measuring")
    row |= {"batch_usd": batch_usd, "per_million_usd": batch_usd * MILLION / run.items}
    return row | {f"knob_{name}": value for name, value in run.knobs.items()}


def _by_label(path: Path) -> dict[str, float]:
    """Dollars by label; the two columns alone are read, since a study has many bills."""
    try:
        lines = pq.read_table(path / "bill.parquet", columns=["label", "cost_usd"])
    except (OSError, ValueError) as error:
        raise BadRecord(f"{path}/bill.parquet cannot be read: {error}") from None
    sums = lines.group_by("label").aggregate([("cost_usd", "sum")]).to_pydict()
    pairs = zip(sums["label"], sums["cost_usd_sum"], strict=True)
    return {f"{label}_usd": float(usd) for label, usd in pairs}
