"""A set of runs, read the same way however it is stored.

A results folder has a folder for each run under `runs/`. A packed set, such as `results/reference`,
has the same tables of all its runs one below the other, each row with its run_id:

    runs.parquet       one row a run; knobs and versions are JSON text
    bill.parquet  usage.parquet  timeline.parquet  invocations.parquet

Nothing but `workbench.runs.packing` writes a packed set.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import get_origin

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import BadRecord
from workbench.runs.records import (
    TABLES,
    Run,
    checked_run,
    read_table,
    readable_runs,
    skip_damaged,
)
from workbench.runs.results_folder import is_packed

JSON_FIELDS = tuple(one.name for one in fields(Run) if get_origin(one.type) is dict)


def read_runs(results: Path, run_ids: Collection[str] | None = None) -> list[Run]:
    """These runs of a set, or all of them, in order of their ids."""
    if not is_packed(results):
        runs = (run for _, run in readable_runs(results))
        return [run for run in runs if run_ids is None or run.run_id in run_ids]
    file = results / "runs.parquet"
    try:
        rows = [
            row | {name: json.loads(row[name]) for name in JSON_FIELDS}
            for row in _arrow(file).to_pylist()
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecord(f"{file} cannot be read: {error!r}") from None
    runs = [checked_run(row, f"{file}, run {row['run_id']}") for row in rows]
    return [run for run in runs if run_ids is None or run.run_id in run_ids]


def runs_frame(results: Path) -> pd.DataFrame:
    """One row a run, knobs left out, with the detection lag."""
    rows = []
    for run in read_runs(results):
        row = {k: v for k, v in asdict(run).items() if k not in JSON_FIELDS}
        rows.append(row | {"detection_lag_s": run.detection_lag_s})
    return pd.DataFrame(rows)


def read_tables(results: Path, name: str, run_ids: Collection[str] | None = None) -> pd.DataFrame:
    """A table (`bill`, `usage`, `timeline`, `invocations`) of these runs, or of all, with run_id.

    A run without such a table has no rows.
    """
    columns = ["run_id", *TABLES[name]]
    if is_packed(results) and (results / f"{name}.parquet").exists():
        return read_table(results, name, columns, run_ids)
    frames = []
    for path in _folders_with(results, name):
        if run_ids is None or path.name in run_ids:
            try:
                table = read_table(path, name, TABLES[name])
            except BadRecord as error:
                skip_damaged(path, error)
                continue
            table.insert(0, "run_id", path.name)
            frames.append(table)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def usd_by_label(results: Path) -> pd.DataFrame:
    """Dollars of every run by label: run_id, label, usd. Quick, where a study has many bills."""
    columns = ["run_id", "label", "cost_usd"]
    packed = results / "bill.parquet"
    tables = [_arrow(packed)] if is_packed(results) else arrow_tables(results, "bill")
    empty = pa.table({name: [] for name in columns})
    lines = pa.concat_tables([table.select(columns) for table in tables] or [empty])
    sums = lines.group_by(["run_id", "label"]).aggregate([("cost_usd", "sum")]).to_pandas()
    return sums.rename(columns={"cost_usd_sum": "usd"}).astype({"usd": float})


def arrow_tables(results: Path, name: str) -> Iterator[pa.Table]:
    """A table of each run of a results folder that has one, as it is stored, with its run_id."""
    for path in _folders_with(results, name):
        try:
            table = _arrow(path / f"{name}.parquet").replace_schema_metadata(None)
        except BadRecord as error:
            skip_damaged(path, error)
            continue
        ids = pa.array([path.name] * len(table), pa.string())
        yield table.add_column(0, "run_id", ids)


def _arrow(file: Path) -> pa.Table:
    try:
        table = pq.read_table(file)
    except (OSError, ValueError) as error:
        raise BadRecord(f"{file} cannot be read: {error}") from None
    lacking = set(TABLES.get(file.stem, ())) - set(table.column_names)
    if lacking:
        raise BadRecord(f"{file} lacks the columns {', '.join(sorted(lacking))}")
    return table


def _folders_with(results: Path, name: str) -> list[Path]:
    return [path for path, _ in readable_runs(results) if (path / f"{name}.parquet").exists()]
