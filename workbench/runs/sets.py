"""A set of runs, read the same way however it is stored.

A results folder has a folder for each run under `runs/`, and under `parts/` the many model runs of
sweeps (`workbench.runs.parts`). A packed set, such as `results/reference`, and each part have the
same tables of all their runs one below the other, each row with its run_id:

    runs.parquet       one row a run; knobs and versions are JSON text
    bill.parquet  usage.parquet  resources.parquet  timeline.parquet  invocations.parquet

`pack` writes the project's reference, which git keeps; `workbench.runs.repriced` sets of the same
runs at other prices, whose `note.txt` says so.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BadRecord
from workbench.runs.parts import JSON_FIELDS, RUNS, own_runs, parquet, read_parquet, runs_table
from workbench.runs.records import (
    TABLES,
    listed,
    read_table,
    readable_runs,
    skip_damaged,
)
from workbench.runs.results_folder import is_packed
from workbench.runs.run import Run, checked_run
from workbench.temporary import written_whole

NOTE = "note.txt"
LEVEL = 15  # of zstd: written once, cloned by everybody


def read_runs(results: Path, run_ids: Collection[str] | None = None) -> list[Run]:
    """These runs of a set, or all of them, in order of their ids."""
    found = packed_runs(results, run_ids)
    if not is_packed(results):
        folders = (run for _, run in readable_runs(results))
        found += [run for run in folders if run_ids is None or run.run_id in run_ids]
    return sorted(found, key=lambda run: run.run_id)


def packed_runs(results: Path, run_ids: Collection[str] | None = None) -> list[Run]:
    """Those of them that have no folder of their own: in a packed set, or in the parts."""
    if is_packed(results):
        return _runs_of(results, run_ids)
    found = []
    for part, ids in parts_of(results, run_ids):
        try:
            found += _runs_of(part, ids)
        except BadRecord as error:
            skip_damaged(part, error)
    return found


def parts_of(
    results: Path, run_ids: Collection[str] | None = None
) -> Iterator[tuple[Path, set[str]]]:
    """The parts of a results folder, each with those of its runs, of these or of all, that are in
    no part before and have no folder, be it damaged."""
    folders = [path.name for path in listed(results / RUNS)]
    return own_runs(results, folders, run_ids)


def _runs_of(packed: Path, run_ids: Collection[str] | None) -> list[Run]:
    """These runs of a packed set or part, or all."""
    file = packed / f"{RUNS}.parquet"
    table = read_parquet(file, str(file))
    try:
        if run_ids is not None:
            table = table.filter(pc.field("run_id").isin(pa.array(sorted(run_ids), pa.string())))
        rows = [
            row | {name: json.loads(row[name]) for name in JSON_FIELDS} for row in table.to_pylist()
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecord(f"{file} cannot be read: {error!r}") from None
    return [checked_run(row, f"{file}, run {row['run_id']}") for row in rows]


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
    for path, ids in _places_with(results, name, run_ids):
        try:
            table = read_table(path, name, columns if ids else TABLES[name], ids)
        except BadRecord as error:
            skip_damaged(path, error)
            continue
        if not ids:
            table.insert(0, "run_id", path.name)
        frames.append(table)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def usd_by_label(results: Path) -> pd.DataFrame:
    """Dollars of every run by label: run_id, label, usd. Quick, where a study has many bills."""
    packed = results / "bill.parquet"
    tables = [_arrow(packed)] if is_packed(results) else list(arrow_tables(results, "bill"))
    return label_sums(tables).to_pandas().astype({"usd": float})


def label_sums(bills: Collection[pa.Table]) -> pa.Table:
    """The same, of tables of bills, in exact decimals."""
    columns = ["run_id", "label", "cost_usd"]
    empty = pa.table({name: [] for name in columns})
    lines = pa.concat_tables([table.select(columns) for table in bills] or [empty])
    sums = lines.group_by(["run_id", "label"]).aggregate([("cost_usd", "sum")])
    return sums.rename_columns(["run_id", "label", "usd"])


def arrow_tables(results: Path, name: str) -> Iterator[pa.Table]:
    """The tables of a results folder that are called so, as they are stored, with run_id: one a run
    folder and one a part."""
    for path, ids in _places_with(results, name, None):
        try:
            table = _arrow(path / f"{name}.parquet").replace_schema_metadata(None)
        except BadRecord as error:
            skip_damaged(path, error)
            continue
        if ids:
            yield table.filter(pc.field("run_id").isin(pa.array(sorted(ids))))
        else:
            yield table.add_column(0, "run_id", pa.array([path.name] * len(table), pa.string()))


def _places_with(
    results: Path, name: str, run_ids: Collection[str] | None
) -> Iterator[tuple[Path, set[str] | None]]:
    """Run folders that have a table, and parts with those of their runs that count."""
    for path, _ in readable_runs(results):
        asked = run_ids is None or path.name in run_ids
        if asked and (path / f"{name}.parquet").exists():
            yield path, None
    for part, ids in parts_of(results, run_ids):
        if (part / f"{name}.parquet").exists():
            yield part, ids


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
    return _write(folder / f"{RUNS}.parquet", runs_table(runs))


def note_of(results: Path) -> tuple[str, str]:
    """At what terms the runs of a set were billed anew, in a sentence, and what of these differs
    from list prices; empty if they were not."""
    file = results / NOTE
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    note, terms, *_ = *lines, "", ""
    return note, terms


def _arrow(file: Path) -> pa.Table:
    table = read_parquet(file, str(file))
    lacking = set(TABLES.get(file.stem, ())) - set(table.column_names)
    if lacking:
        raise BadRecord(f"{file} lacks the columns {', '.join(sorted(lacking))}")
    return table


def _write(path: Path, table: pa.Table) -> Path:
    with written_whole(path) as written:
        written.write_bytes(parquet(table, LEVEL))
    return path
