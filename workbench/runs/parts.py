"""Parts: thousands of runs of a sweep, each part a packed set of its own.

    results/parts/<name>/runs.parquet  timeline.parquet  usage.parquet  resources.parquet
                         bill.parquet  invocations.parquet  failures.parquet (where there are any)

The tables are those of a run folder, each row with its run_id, in order of it. A part's name is
made of the names of its runs: who writes the same part twice writes the same runs. Whole or absent:
a folder is renamed into place; in a bucket `runs.parquet` is put last, and counts. Pages have check
sums, so that what a disk has spoiled is refused.
"""

import io
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from types import NoneType
from typing import Any, Self, get_args, get_origin

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import BadRecord
from workbench.runs.exact_tables import EXACT_COLUMNS, EXACT_PLACES
from workbench.runs.records import (
    METRICS,
    NEEDED,
    TABLES,
    RunData,
    listed,
    refuse_halves,
    skip_damaged,
)
from workbench.runs.run import Run
from workbench.temporary import temporary

PARTS = "parts"
RUNS = "runs"  # the table of records, which is written last
KINDS = {str: pa.string(), int: pa.int64(), float: pa.float64()}
JSON_FIELDS = tuple(one.name for one in fields(Run) if get_origin(one.type) is dict)
EXACT = pa.decimal128(38, EXACT_PLACES)
NUMBERS = {  # of the columns that are neither texts nor exact decimals
    **dict.fromkeys("t_s value start_s init_ms duration_ms".split(), pa.float64()),
    **dict.fromkeys("billed_ms memory_mb items attempts".split(), pa.int64()),
    "cold": pa.bool_(),
}
LEVEL = 3  # of zstd: written once, in time that counts
GROUP_ROWS = 2**20  # of a table: to read one run takes one group
_TEXT = pa.dictionary(pa.int32(), pa.string())
_SCHEMA = pa.schema(  # of the timelines, while they are written
    [("run_id", _TEXT), ("t_s", pa.float64()), ("metric", _TEXT), ("value", pa.float64())]
)

Timeline = tuple[np.ndarray, np.ndarray, np.ndarray]  # t_s, the metric's place in METRICS, value


@dataclass(frozen=True)
class RunRows:
    """A run with its tables as rows: what a frame for each would cost is most of a short run."""

    run: Run
    timeline: Timeline
    tables: Mapping[str, Sequence[tuple]] = field(default_factory=dict)

    @classmethod
    def of(cls, data: RunData) -> "RunRows":
        """The same run from its frames."""
        frame, tables = data.timeline, {}
        for name in TABLES:
            table = getattr(data, name)
            if name != "timeline" and table is not None:
                rows = table.astype(object).where(table.notna(), None)
                tables[name] = list(rows.itertuples(index=False, name=None))
        metric = np.array([METRICS.index(one) for one in frame["metric"]], np.int8)
        return cls(data.run, (frame["t_s"].to_numpy(), metric, frame["value"].to_numpy()), tables)


def part_name(run_ids: Iterable[str]) -> str:
    """The name of the part that has just these runs."""
    return blake2b("\n".join(sorted(run_ids)).encode(), digest_size=10).hexdigest()


def packed(runs: Iterable[RunRows]) -> dict[str, bytes]:
    """The files of a part by table, of runs in order of their ids; the records come last."""
    records: list[Run] = []
    rows: dict[str, list[tuple]] = {name: [] for name in TABLES if name != "timeline"}
    with _Timelines() as timelines:
        for one in runs:
            records.append(one.run)
            timelines.add(one)
            for name, own in one.tables.items():
                rows[name] += [(one.run.run_id, *row) for row in own]
    made = {"timeline": timelines.made.getvalue()}
    for name, all_of_it in rows.items():
        if all_of_it or name in NEEDED:
            made[name] = parquet(_table(name, all_of_it), LEVEL)
    return made | {RUNS: parquet(runs_table(records), LEVEL)}


class _Timelines:
    """The file of timelines as it grows, so that those of a part are never in memory together."""

    def __init__(self) -> None:
        self.made = io.BytesIO()
        self._waiting: list[RunRows] = []
        self._writer = pq.ParquetWriter(self.made, _SCHEMA, **_options(_SCHEMA, LEVEL))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, one: RunRows) -> None:
        """One run more."""
        self._waiting.append(one)
        if sum(len(each.timeline[0]) for each in self._waiting) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        """Write those that wait as a group of rows."""
        runs, self._waiting = self._waiting, []
        if not runs:
            return
        t_s, metric, value = (np.concatenate([one.timeline[n] for one in runs]) for n in range(3))
        numbers = np.repeat(
            np.arange(len(runs), dtype=np.int32), [len(one.timeline[0]) for one in runs]
        )
        ids = pa.array([one.run.run_id for one in runs])
        arrays = [
            pa.DictionaryArray.from_arrays(numbers, ids),
            t_s,
            pa.DictionaryArray.from_arrays(metric.astype(np.int32), pa.array(METRICS)),
            value,
        ]
        self._writer.write_table(pa.table(arrays, schema=_SCHEMA), GROUP_ROWS)


def runs_table(runs: Sequence[Run]) -> pa.Table:
    """One row a run, in the types of its fields; dictionaries are JSON text."""
    columns = {f.name: [getattr(run, f.name) for run in runs] for f in fields(Run)}
    for name in JSON_FIELDS:
        columns[name] = [json.dumps(value, sort_keys=True) for value in columns[name]]
    schema = [(f.name, KINDS.get(_plain(f.type), pa.string())) for f in fields(Run)]
    return pa.Table.from_pydict(columns, pa.schema(schema))


def parquet(table: pa.Table, level: int) -> bytes:
    """A table as a file."""
    made = io.BytesIO()
    pq.write_table(table, made, row_group_size=GROUP_ROWS, **_options(table.schema, level))
    return made.getvalue()


def _options(schema: pa.Schema, level: int) -> dict[str, Any]:
    """How a file is written: bytes of floats of equal rank lie together, which makes it a third."""
    floats = [f.name for f in schema if pa.types.is_floating(f.type)]
    return {
        "compression": "zstd",
        "compression_level": level,
        "use_dictionary": [f.name for f in schema if f.name not in floats],
        "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        "write_page_checksum": True,
        "store_schema": False,  # a text is read as a text, be it written by its number
    }


def read_parquet(source: Any, name: str, columns: list[str] | None = None) -> pa.Table:
    """A table of a file or of bytes. BadRecord, with its name, for a damaged one."""
    try:
        return pq.read_table(source, columns=columns, page_checksum_verification=True)
    except Exception as error:  # a file is trusted by its own metadata: damage shows as any error
        raise BadRecord(f"{name} cannot be read: {' '.join(str(error).split())}") from None


@dataclass(frozen=True)
class Folder:
    """The parts of a results folder on a disk."""

    results: Path

    def names(self) -> list[str]:
        """Every part, in order of name."""
        found = listed(self.results / PARTS)  # a half one's name begins with a dot
        return [path.name for path in found if path.name[0] != "." and path.is_dir()]

    def where(self, part: str, table: str = "") -> str:
        """A part, or a file of it, as an error names it."""
        return str(self._file(part, table) if table else self.results / PARTS / part)

    def read(self, part: str, table: str, columns: list[str] | None = None) -> pa.Table:
        """A table of a part. BadRecord for a damaged part."""
        folder = self.results / PARTS / part
        if table == RUNS:
            refuse_halves(folder)
        return read_parquet(self._file(part, table), self.where(part, table), columns)

    def write(self, part: str, files: Mapping[str, bytes]) -> None:
        """Write a part whole; one that is there already has the same runs, and stays."""
        place = self.results / PARTS / part
        with temporary(place.parent) as made:
            made.mkdir()
            for name, content in files.items():
                (made / f"{name}.parquet").write_bytes(content)
            if not os.path.lexists(place):
                os.rename(made, place)

    def set_aside(self, part: str) -> str:
        """Move a part out of the way of the runs that will be done again, and say where to."""
        place = self.results / PARTS / part
        aside = place.with_name(f".aside-{part}-{os.stat(place).st_mtime_ns}")
        os.rename(place, aside)
        return str(aside)

    def _file(self, part: str, table: str) -> Path:
        return self.results / PARTS / part / f"{table}.parquet"


def own_runs(
    results: Path, others: Collection[str], run_ids: Collection[str] | None = None
) -> Iterator[tuple[Path, set[str]]]:
    """The parts of a results folder with those of their runs that count, of these or of all.

    A run that is among `others`, or in a part before, does not count again. A damaged part is named
    once, and skipped.
    """
    folder, seen = Folder(results), set(others)
    for part in folder.names():
        path = results / PARTS / part
        try:
            ids = set(folder.read(part, RUNS, ["run_id"])["run_id"].to_pylist())
        except BadRecord as error:
            skip_damaged(path, error)
            continue
        own = ids - seen
        seen |= ids
        if run_ids is not None:
            own &= set(run_ids)
        if own:
            yield path, own


def _table(name: str, rows: list[tuple]) -> pa.Table:
    """A table of rows that begin with their run's id."""
    names = ["run_id", *TABLES[name]]
    kinds = [EXACT if n in EXACT_COLUMNS else NUMBERS.get(n, pa.string()) for n in names]
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    arrays = [pa.array(list(c), kind) for c, kind in zip(columns, kinds, strict=True)]
    return pa.table(arrays, names=names)


def _plain(kind: type) -> type:
    """`float` of `float | None`."""
    return next((one for one in get_args(kind) if one in KINDS and one is not NoneType), kind)
