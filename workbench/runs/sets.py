"""A set of runs, read the same way however it is stored.

A results folder has a folder for each run under `runs/`. A packed set, such as `results/reference`,
has the same tables of all its runs one below the other, each row with its run_id:

    runs.parquet       one row a run; knobs and versions are JSON text
    bill.parquet  usage.parquet  resources.parquet  timeline.parquet  invocations.parquet

`pack` writes the project's reference, which git keeps; `workbench.runs.repriced` sets of the same
runs at other prices, whose `note.txt` says so.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from types import NoneType
from typing import get_args, get_origin

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import BadRecord
from workbench.runs.records import (
    TABLES,
    read_table,
    readable_runs,
    skip_damaged,
)
from workbench.runs.results_folder import is_packed
from workbench.runs.run import Run, checked_run
from workbench.temporary import written_whole

KINDS = {str: pa.string(), int: pa.int64(), float: pa.float64()}
NOTE = "note.txt"
LEVEL = 15  # of zstd: written once, cloned by everybody
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
    """A table (`bill`, `usage`, `resources`, `timeline` …) of these runs, or of all, with run_id.

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


def pack(results: Path, folder: Path) -> list[Path]:
    """Write every run under `results` into `folder` as a packed set; the same runs, same bytes."""
    runs = read_runs(results)
    if not runs:
        raise BadRecord(f"there are no runs under {results}/runs to pack")
    folder.mkdir(parents=True, exist_ok=True)
    written = [write_runs(folder, runs)]
    for name in TABLES:
        if tables := list(arrow_tables(results, name)):
            whole = pa.concat_tables(tables, promote_options="permissive")
            written.append(_write(folder / f"{name}.parquet", whole))
    return written


def write_runs(folder: Path, runs: list[Run]) -> Path:
    """Write the records of a packed set."""
    return _write(folder / "runs.parquet", _runs_table(runs))


def note_of(results: Path) -> tuple[str, str]:
    """At what terms the runs of a set were billed anew, in a sentence, and what of these differs
    from list prices; empty if they were not."""
    file = results / NOTE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    note, terms, *_ = *lines, "", ""
    return note, terms


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


def _runs_table(runs: list[Run]) -> pa.Table:
    """One row a run, in the types of its fields."""
    rows = [asdict(run) for run in runs]
    for row in rows:
        row |= {name: json.dumps(row[name], sort_keys=True) for name in JSON_FIELDS}
    schema = [(f.name, KINDS.get(_plain(f.type), pa.string())) for f in fields(Run)]
    return pa.Table.from_pylist(rows, pa.schema(schema))


def _plain(kind: type) -> type:
    """`float` of `float | None`."""
    return next((one for one in get_args(kind) if one in KINDS and one is not NoneType), kind)


def _write(path: Path, table: pa.Table) -> Path:
    """Write a table whole; bytes of floats of equal rank lie together, which makes it a third."""
    floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    with written_whole(path) as written:
        pq.write_table(
            table,
            written,
            compression="zstd",
            compression_level=LEVEL,
            use_dictionary=[f.name for f in table.schema if f.name not in floats],
            column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        )
    return path
