"""The run folder: what every target writes and every chart reads.

    results/runs/<run_id>/
        run.json           one `Run`: knobs, times in seconds since the trigger, counts, dollars
        timeline.parquet   t_s, metric, value
        usage.parquet      service, usage_type, unit, label, quantity
        bill.parquet       the same with unit_price_usd, cost_usd, source
        invocations.parquet   one row an invocation, where the target sees each one
        failures.parquet   item or range, items, reason, attempts: of a run with failed items
        benchmark.ipynb    the executed notebook, where one ran it

A run is written under a temporary name and renamed, so that it is whole or absent.
"""

import json
import os
import re
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields
from decimal import Context, Decimal
from numbers import Integral
from pathlib import Path
from typing import Any, get_origin

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BadRecord

SCHEMA_VERSION = 1
TIMELINE_COLUMNS = ["t_s", "metric", "value"]
USAGE_COLUMNS = ["service", "usage_type", "unit", "label", "quantity"]
INVOCATION_COLUMNS = "function start_s init_ms duration_ms billed_ms memory_mb cold error".split()
FAILURE_COLUMNS = ["item", "items", "reason", "attempts"]
BILL_COLUMNS = [*USAGE_COLUMNS, "unit_price_usd", "cost_usd", "source"]
TABLES = {  # of a run folder, by file name, with their columns
    "timeline": TIMELINE_COLUMNS,
    "usage": USAGE_COLUMNS,
    "bill": BILL_COLUMNS,
    "invocations": INVOCATION_COLUMNS,
}
LABELS = ("work", "dispatch", "knowing", "telemetry", "measuring")
EXACT_COLUMNS = ("quantity", "unit_price_usd", "cost_usd")  # of usage and bill
EXACT_PLACES = 24  # decimals kept: 14 of a quantity and 10 of a price make 24 of a cost
COMPRESSION = "zstd"  # a third smaller than the default, for a timeline
RUN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")  # a folder's name, never hidden or above
WIDE = Context(prec=60)  # holds every number of a file, whatever the caller's context is
METRICS = ("concurrency", "backlog", "items_done", "throttles", "cost_usd")


LATER = ("work_ms",)  # fields that older run folders lack


@dataclass(frozen=True)
class Run:
    """One batch on one target. Times are seconds since the trigger, on the target's own clock."""

    run_id: str
    design: str
    target: str
    items: int
    seed: int
    knobs: dict[str, Any]
    batch_id: str
    started_at: str  # wall clock, ISO 8601, UTC
    created_s: float | None = None  # the batcher is done
    processed_s: float | None = None  # the last item is done or failed
    detected_s: float | None = None  # completion is known
    knowing_usd: float | None = None
    items_processed: int = 0
    items_failed: int = 0
    items_duplicated: int = 0
    invocations: int = 0  # of the processor
    cold_starts: int = 0  # of the processor
    peak_concurrency: int = 0  # of the processor
    work_ms: int | None = None  # inside `process` in all, as its telemetry says; None: not measured
    cost_usd: float | None = None
    price_date: str | None = None
    commit: str = ""
    status: str = "complete"  # or `incomplete`, and then `reason`
    reason: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def work_mean_ms(self) -> float | None:
        """Milliseconds inside `process` for each item that was processed, where measured."""
        if self.work_ms is None or not self.items_processed:
            return None
        return self.work_ms / self.items_processed

    @property
    def detection_lag_s(self) -> float | None:
        """How late completion is known, in seconds."""
        if self.detected_s is None or self.processed_s is None:
            return None
        return self.detected_s - self.processed_s


@dataclass(frozen=True)
class Folder:
    """A run with its three tables, as a target hands it over and as it is read back."""

    run: Run
    timeline: pd.DataFrame
    usage: pd.DataFrame
    bill: pd.DataFrame | None = None
    invocations: pd.DataFrame | None = None  # where the target sees each one
    failures: pd.DataFrame | None = None  # where items failed, the first 100,000


def write_folder(folder: Folder, results: Path) -> Path:
    """Write a run whole under `results/runs`, and give its path."""
    final = refuse_run_id(folder.run.run_id, results)
    temporary = final.with_name(f".tmp-{final.name}-{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        text = json.dumps(asdict(folder.run), indent=2, sort_keys=True)
        (temporary / "run.json").write_text(text + "\n")
        _write_table(temporary / "timeline.parquet", folder.timeline, TIMELINE_COLUMNS)
        _write_table(temporary / "usage.parquet", folder.usage, USAGE_COLUMNS)
        if folder.bill is not None:
            _write_table(temporary / "bill.parquet", folder.bill, BILL_COLUMNS)
        if folder.invocations is not None:
            _write_table(temporary / "invocations.parquet", folder.invocations, INVOCATION_COLUMNS)
        if folder.failures is not None and len(folder.failures):
            _write_table(temporary / "failures.parquet", folder.failures, FAILURE_COLUMNS)
        os.rename(temporary, final)
    except BaseException:  # also Ctrl-C: no half a run stays behind
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def refuse_run_id(run_id: str, results: Path) -> Path:
    """Where a run of this name will lie; refused if it is no name, or is there already."""
    if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
        raise BadRecord(f"run_id {run_id!r} is no folder's name: 1 to 128 of A-Z a-z 0-9 . _ -")
    final = results / "runs" / run_id
    if final.exists():
        raise BadRecord(f"{final} exists; a run folder is never written twice")
    return final


def read_run(path: Path) -> Run:
    """The run of a folder."""
    try:
        content = json.loads((path / "run.json").read_text())
    except FileNotFoundError:
        raise BadRecord(f"{path} is no run folder: it has no run.json") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadRecord(f"{path}/run.json is damaged: {error}") from None
    return checked_run(content, f"{path}/run.json")


def checked_run(content: Any, where: str) -> Run:
    """The run that a file's content tells of, each field checked; `where` names it in an error."""
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise BadRecord(f"{where} has schema version {version}; this workbench reads version 1")
    content = dict.fromkeys(LATER) | content
    known, given = {f.name for f in fields(Run)}, set(content)
    if given != known:
        raise BadRecord(f"{where}: fields {', '.join(sorted(given ^ known))} do not fit")
    for one in fields(Run):
        if not _fits(content[one.name], one.type):
            raise BadRecord(f"{where}: {one.name}={content[one.name]!r} does not fit")
    if content["items"] < 1:
        raise BadRecord(f"{where}: items={content['items']} must be 1 or more")
    return Run(**content)


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of a JSON file is of a field's kind; a whole number will do for a float."""
    if get_origin(kind) is dict:
        return isinstance(value, dict)
    if isinstance(value, int):
        return not isinstance(value, bool) and (isinstance(0, kind) or isinstance(0.0, kind))
    return isinstance(value, kind)


def read_table(
    path: Path, name: str, columns: list[str], run_ids: Collection[str] | None = None
) -> pd.DataFrame:
    """A table of a run folder, its columns checked; of a packed set only the rows of these runs."""
    file = path / f"{name}.parquet"
    rows = (
        None if run_ids is None else pc.field("run_id").isin(pa.array(sorted(run_ids), pa.string()))
    )
    try:
        frame = pd.read_parquet(file, filters=rows)
    except Exception as error:  # pandas trusts the file's own metadata: damage shows as any error
        raise BadRecord(f"{file} cannot be read: {error!r}") from None
    if list(frame.columns) != columns:
        raise BadRecord(f"{file} has columns {list(frame.columns)}, not {columns}")
    for column in frame.columns.intersection(EXACT_COLUMNS):
        frame[column] = pd.Series(
            [_shortest(file, column, value) for value in frame[column]], frame.index, object
        )
    return frame


def read_folder(path: Path) -> Folder:
    """A whole run folder."""
    return Folder(
        run=read_run(path),
        timeline=read_table(path, "timeline", TIMELINE_COLUMNS),
        usage=read_table(path, "usage", USAGE_COLUMNS),
        bill=read_table(path, "bill", BILL_COLUMNS) if (path / "bill.parquet").exists() else None,
    )


def read_failed(path: Path) -> pd.DataFrame | None:
    """The table of failed items of a run folder; None where none is kept."""
    there = (path / "failures.parquet").exists()
    return read_table(path, "failures", FAILURE_COLUMNS) if there else None


def run_folders(results: Path) -> list[Path]:
    """Every whole run folder, in order of name."""
    folders = (results / "runs").glob("[!.]*")  # a half one's name begins with a dot
    return sorted(path for path in folders if (path / "run.json").is_file())


def _write_table(path: Path, frame: pd.DataFrame, columns: list[str]) -> None:
    """Write a table that has just these columns."""
    if list(frame.columns) != columns:
        raise BadRecord(f"{path.name} would get columns {list(frame.columns)}, not {columns}")
    exact = [name for name in columns if name in EXACT_COLUMNS]
    if not exact:
        frame.to_parquet(path, index=False, compression=COMPRESSION)
        return
    kind = pa.decimal128(38, EXACT_PLACES)
    schema = pa.schema([(name, kind if name in exact else pa.string()) for name in columns])
    cells = {name: [_exact(path, name, value) for value in frame[name]] for name in exact}
    typed = frame.assign(**{n: pd.Series(c, frame.index, object) for n, c in cells.items()})
    typed.to_parquet(path, index=False, schema=schema, compression=COMPRESSION)


def _exact(path: Path, column: str, value: Any) -> Decimal | None:
    """A cell as a decimal that the file can hold; no float gets in, and no sum comes out."""
    if value is None:
        return None
    if isinstance(value, Integral | Decimal) and (number := Decimal(value)).is_finite():
        return number.quantize(Decimal(1).scaleb(-EXACT_PLACES), context=WIDE)
    raise BadRecord(f"{path.name}: {column} {value!r} is no exact decimal; floats are refused")


def _shortest(path: Path, column: str, number: Any) -> Decimal | None:
    """A cell that was read, without the zeros that the file pads it with."""
    if number is None:
        return None
    if not isinstance(number, Decimal):
        raise BadRecord(f"{path}: {column} {number!r} is no exact decimal")
    whole = number == number.to_integral_value()
    return number.quantize(Decimal(1), context=WIDE) if whole else number.normalize(WIDE)
