"""The run folder: what every target writes and every chart reads.

    results/runs/<run_id>/
        run.json           one `Run`: knobs, times in seconds since the trigger, counts, dollars
        timeline.parquet   t_s, metric, value
        usage.parquet      service, usage_type, unit, label, quantity
        bill.parquet       the same with unit_price_usd, cost_usd, source
        invocations.parquet   one row an invocation, where the target sees each one
        failures.parquet   item or range, items, reason, attempts: of a run with failed items
        benchmark.ipynb    the executed notebook, where one ran it

A run is written under a temporary name, read by the rules of its readers, and renamed: it is whole
or absent. Whoever walks over all runs takes `readable_runs`, which passes over damaged folders.
"""

import json
import math
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.designs import DESIGNS
from workbench.errors import BadRecord
from workbench.runs.exact_tables import shortened, write_table

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
    "failures": FAILURE_COLUMNS,
}
NEEDED = ("timeline", "usage")  # of each folder
PARQUET_END = b"PAR1"
LABELS = ("work", "dispatch", "knowing", "telemetry", "measuring")
RUN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")  # a folder's name, never hidden or above
_skipped: set[Path] = set()  # damaged folders that were named in this process
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
class RunData:
    """A run with its three tables, as a target hands it over and as it is read back."""

    run: Run
    timeline: pd.DataFrame
    usage: pd.DataFrame
    bill: pd.DataFrame | None = None
    invocations: pd.DataFrame | None = None  # where the target sees each one
    failures: pd.DataFrame | None = None  # where items failed, the first 100,000


def write_folder(folder: RunData, results: Path) -> Path:
    """Write a run whole under `results/runs`, and give its path."""
    final = refuse_run_id(folder.run.run_id, results)
    temporary = final.with_name(f".tmp-{final.name}-{os.getpid()}")
    try:
        temporary.mkdir(parents=True)
        text = json.dumps(asdict(folder.run), indent=2, sort_keys=True)
        (temporary / "run.json").write_text(text + "\n", encoding="utf-8")
        for name, columns in TABLES.items():
            frame = getattr(folder, name)
            if frame is not None and (len(frame) or name != "failures"):
                write_table(temporary / f"{name}.parquet", frame, columns)
        _read_run(temporary, final.name)
        _refuse_halves(temporary)
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
    return _read_run(path, path.resolve().name)


def _read_run(path: Path, name: str) -> Run:
    """The run of a folder that has, or will have, this name."""
    try:
        content = json.loads((path / "run.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadRecord(f"{path} is no run folder: it has no run.json") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadRecord(f"{path}/run.json is damaged: {error}") from None
    run = checked_run(content, f"{path}/run.json")
    if run.run_id != name:
        raise BadRecord(f"{path}/run.json: run_id={run.run_id!r} is not its folder's name {name!r}")
    return run


def checked_run(content: Any, where: str) -> Run:
    """The run that a file's content holds, each field checked; `where` names it in an error."""
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
    run = Run(**content)
    if wrong := next(_contradictions(run), None):
        raise BadRecord(f"{where}: {wrong}")
    return run


def _contradictions(run: Run) -> Iterator[str]:
    """What in a run cannot be so, though each field is of its kind."""
    if run.items < 1:
        yield f"items={run.items} must be 1 or more"
    if run.design not in DESIGNS:
        yield f"design={run.design!r} is not known: {', '.join(DESIGNS)}"
    if not run.knobs:
        yield "it has no knobs"
    times = [s for s in (run.created_s, run.processed_s, run.detected_s) if s is not None]
    if times != sorted(times) or min(times, default=0.0) < 0:
        yield f"created_s, processed_s, detected_s are {times}: not in their order"


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value of a JSON file is of a field's kind; a whole number will do for a float."""
    if get_origin(kind) is dict:
        return isinstance(value, dict)
    if isinstance(value, int):
        return not isinstance(value, bool) and (isinstance(0, kind) or isinstance(0.0, kind))
    if isinstance(value, float) and not math.isfinite(value):
        return False
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
    return shortened(file, frame)


def read_folder(path: Path) -> RunData:
    """A whole run folder."""
    return RunData(
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


def readable_runs(results: Path) -> Iterator[tuple[Path, Run]]:
    """Every run that can be read, in order of name; a damaged folder is named once, and skipped."""
    for path in run_folders(results):
        try:
            run = read_run(path)
            _refuse_halves(path)
        except BadRecord as error:
            skip_damaged(path, error)
        else:
            yield path, run


def skip_damaged(path: Path, error: BadRecord) -> None:
    """Say on standard error that a folder is passed over: once in a process."""
    if path.resolve() not in _skipped:
        _skipped.add(path.resolve())
        print(f"warning: skipped a damaged run: {' '.join(str(error).split())}", file=sys.stderr)


def _refuse_halves(path: Path) -> None:
    """Refuse a folder that lacks a table, or has half of one; quick, for there may be thousands."""
    for name in TABLES:
        file = path / f"{name}.parquet"
        try:
            with file.open("rb") as opened:
                opened.seek(-min(4, file.stat().st_size), os.SEEK_END)
                end = opened.read()
        except FileNotFoundError:
            if name in NEEDED:
                raise BadRecord(f"{file} is not there") from None
            continue
        except OSError as error:
            raise BadRecord(f"{file} cannot be read: {error}") from None
        if end != PARQUET_END:
            raise BadRecord(f"{file} is damaged: it has no end")
