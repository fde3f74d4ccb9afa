"""The project's reference set: packing run folders into a few files that git keeps."""

import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from types import NoneType
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import BadRecord
from workbench.runs.records import TABLES, Run
from workbench.runs.sets import JSON_FIELDS, arrow_tables, read_runs

KINDS = {str: pa.string(), int: pa.int64(), float: pa.float64()}
LEVEL = 15  # of zstd: written once, cloned by everybody


def pack(results: Path, folder: Path) -> list[Path]:
    """Write every run under `results` into `folder` as a packed set; the same runs, same bytes."""
    runs = read_runs(results)
    if not runs:
        raise BadRecord(f"there are no runs under {results}/runs to pack")
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(folder / "runs.parquet", _runs_table(runs))]
    for name in TABLES:
        if tables := list(arrow_tables(results, name)):
            whole = pa.concat_tables(tables, promote_options="permissive")
            written.append(_write(folder / f"{name}.parquet", whole))
    return written


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
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    pq.write_table(
        table,
        temporary,
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=[f.name for f in table.schema if f.name not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    )
    temporary.replace(path)
    return path
