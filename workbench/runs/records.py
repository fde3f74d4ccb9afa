"""The run folder: what every target writes and every chart reads.

    results/runs/<run_id>/
        run.json           one `Run`: knobs, times in seconds since the trigger, counts, dollars
        timeline.parquet   t_s, metric, value
        usage.parquet      service, usage_type, unit, label, quantity
        resources.parquet  the same by resource; older folders lack it
        bill.parquet       the same with unit_price_usd, cost_usd, source
        invocations.parquet   one row an invocation, where the target sees each one
        failures.parquet   item or range, items, reason, attempts: of a run with failed items
        benchmark.ipynb    the executed notebook, where one ran it

A run is written under a temporary name, read by the rules of its readers, and renamed: it is whole
or absent. Whoever walks over all runs takes `readable_runs`, which passes over damaged folders.
"""

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BadInput, BadRecord
from workbench.runs.exact_tables import shortened, write_table
from workbench.runs.run import RUN_ID, Run, checked_run
from workbench.temporary import temporary

RECORD = "run.json"  # of a run folder
ANOTHER = "Name another folder with --results."
TIMELINE_COLUMNS = ["t_s", "metric", "value"]
USAGE_COLUMNS = ["service", "usage_type", "unit", "label", "quantity"]
INVOCATION_COLUMNS = "function start_s init_ms duration_ms billed_ms memory_mb cold error".split()
FAILURE_COLUMNS = ["item", "items", "reason", "attempts"]
RESOURCE_COLUMNS = ["resource", *USAGE_COLUMNS]
BILL_COLUMNS = [*USAGE_COLUMNS, "unit_price_usd", "cost_usd", "source"]
TABLES = {  # of a run folder, by file name, with their columns
    "timeline": TIMELINE_COLUMNS,
    "usage": USAGE_COLUMNS,
    "resources": RESOURCE_COLUMNS,
    "bill": BILL_COLUMNS,
    "invocations": INVOCATION_COLUMNS,
    "failures": FAILURE_COLUMNS,
}
NEEDED = ("timeline", "usage")  # of each folder
PARQUET_END = b"PAR1"
LABELS = ("work", "dispatch", "knowing", "telemetry", "measuring")
COORDINATION = ("dispatch", "knowing")  # of these labels: what a design adds to the work
_skipped: set[Path] = set()  # damaged folders that were named in this process
METRICS = ("concurrency", "backlog", "items_done", "throttles", "cost_usd")


@dataclass(frozen=True)
class RunData:
    """A run with its three tables, as a target hands it over and as it is read back."""

    run: Run
    timeline: pd.DataFrame
    usage: pd.DataFrame
    bill: pd.DataFrame | None = None
    invocations: pd.DataFrame | None = None  # where the target sees each one
    failures: pd.DataFrame | None = None  # where items failed, the first 100,000
    resources: pd.DataFrame | None = None  # the usage by resource


def write_folder(folder: RunData, results: Path) -> Path:
    """Write a run whole under `results/runs`, and give its path."""
    final = refuse_run_id(folder.run.run_id, results)
    with temporary(final.parent) as written:
        _write_parts(folder, written)
        _set_aside(final)
        os.rename(written, final)
    return final


def keep_folder(run_id: str, parts: Mapping[str, bytes], results: Path) -> Path:
    """Write a run that was made elsewhere, by its files, whole under `results/runs`."""
    final = refuse_run_id(run_id, results)
    with temporary(final.parent) as written:
        for name, content in parts.items():
            (written / name).parent.mkdir(parents=True, exist_ok=True)
            (written / name).write_bytes(content)
        _set_aside(final)
        os.rename(written, final)
    return final


def renew_folder(folder: RunData, results: Path) -> Path:
    """Write a run's record and tables in place of its older ones; what else lies there stays.

    The record comes last: until then the folder is the older run, and the same can be done again.
    """
    final = results / "runs" / folder.run.run_id
    read_run(final)
    with temporary(final.parent) as written:
        _write_parts(folder, written)
        for part in sorted(written.iterdir(), key=lambda one: one.name == RECORD):
            os.replace(part, final / part.name)
    return final


def _write_parts(folder: RunData, written: Path) -> None:
    """A run's record and tables in a new folder, read again before anybody relies on them."""
    written.mkdir()
    text = json.dumps(asdict(folder.run), indent=2, sort_keys=True)
    (written / RECORD).write_text(text + "\n", encoding="utf-8")
    for name, columns in TABLES.items():
        frame = getattr(folder, name)
        if frame is not None and (len(frame) or name != "failures"):
            write_table(written / f"{name}.parquet", frame, columns)
    _read_run(written, folder.run.run_id)
    refuse_halves(written)


def _set_aside(final: Path) -> None:
    """Move a folder without its record out of the way of the run that will lie there."""
    if not os.path.lexists(final) or is_there(final):
        return
    aside = final.with_name(f".aside-{final.name}-{token_hex(4)}")
    os.rename(final, aside)
    if is_there(aside):  # another process has put its own there in between: that is the run
        os.rename(aside, final)
        return
    print(f"warning: {final} had no {RECORD}, and is moved to {aside.name}", file=sys.stderr)


def is_there(folder: Path) -> bool:
    """Whether a run folder is there: with its record, without which it counts as absent.

    One that may not be looked into is there: reading it says why it cannot be read.
    """
    try:
        os.lstat(folder / RECORD)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def refuse_run_id(run_id: str, results: Path) -> Path:
    """Where a run of this name will lie; refused if it is no name, or is there already."""
    if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
        raise BadRecord(f"run_id {run_id!r} is no folder's name: 1 to 128 of A-Z a-z 0-9 . _ -")
    final = results / "runs" / run_id
    if is_there(final):
        raise BadRecord(f"{final} exists; a run folder is never written twice")
    return final


def read_run(path: Path) -> Run:
    """The run of a folder that has every table, none of them cut short."""
    run = _read_run(path, path.resolve().name)
    refuse_halves(path)
    return run


def _read_run(path: Path, name: str) -> Run:
    """The run of a folder that has, or will have, this name."""
    try:
        content = json.loads((path / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise BadRecord(f"{path} is no run folder: it has no {RECORD}") from None
    except RecursionError:
        raise BadRecord(f"{path}/{RECORD} is damaged: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise BadRecord(f"{path}/{RECORD} is damaged: {error}") from None
    run = checked_run(content, f"{path}/{RECORD}")
    if run.run_id != name:
        raise BadRecord(f"{path}/{RECORD}: run_id={run.run_id!r} is not its folder's name {name!r}")
    return run


def read_table(
    path: Path, name: str, columns: list[str], run_ids: Collection[str] | None = None
) -> pd.DataFrame:
    """A table of a run folder, its columns checked; of a packed set only the rows of these runs."""
    file = path / f"{name}.parquet"
    rows = (
        None if run_ids is None else pc.field("run_id").isin(pa.array(sorted(run_ids), pa.string()))
    )
    try:
        frame = pd.read_parquet(file, filters=rows, page_checksum_verification=True)
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
        bill=read_if_there(path, "bill"),
        resources=read_if_there(path, "resources"),
    )


def read_failed(path: Path) -> pd.DataFrame | None:
    """The table of failed items of a run folder; None where none is kept."""
    return read_if_there(path, "failures")


def read_if_there(path: Path, name: str) -> pd.DataFrame | None:
    """A table that not every run folder has."""
    there = (path / f"{name}.parquet").exists()
    return read_table(path, name, TABLES[name]) if there else None


def run_folders(results: Path) -> list[Path]:
    """Every whole run folder, in order of name."""
    folders = listed(results / "runs")  # a half one's name begins with a dot
    return [path for path in folders if path.name[0] != "." and is_there(path)]


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, in order of name; nothing where there is none."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        if not any(os.path.islink(place) for place in (folder, folder.parent)):
            return []
        raise BadInput(f"{folder}: a link leads nowhere. {ANOTHER}") from None
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}. {ANOTHER}") from None


def readable_runs(results: Path) -> Iterator[tuple[Path, Run]]:
    """Every run that can be read, in order of name; a damaged folder is named once, and skipped."""
    for path in run_folders(results):
        try:
            run = read_run(path)
        except BadRecord as error:
            skip_damaged(path, error)
        else:
            yield path, run


def skip_damaged(path: Path, error: BadRecord) -> None:
    """Say on standard error that a folder is passed over: once in a process."""
    if path.resolve() not in _skipped:
        _skipped.add(path.resolve())
        print(f"warning: skipped a damaged run: {' '.join(str(error).split())}", file=sys.stderr)


def refuse_halves(path: Path) -> None:
    """Refuse a folder that lacks a table, or has half of one; quick, for there may be thousands."""
    for name in TABLES:
        file = path / f"{name}.parquet"
        try:
            with file.open("rb") as opened:
                size = opened.seek(0, os.SEEK_END)
                opened.seek(max(0, size - 8))
                end = opened.read()
        except FileNotFoundError:
            if name in NEEDED:
                raise BadRecord(f"{file} is not there") from None
            continue
        except OSError as error:
            raise BadRecord(f"{file} cannot be read: {error}") from None
        if end[4:] != PARQUET_END or int.from_bytes(end[:4], "little") > size - 12:
            raise BadRecord(f"{file} is damaged: it has no end, or not all before it")
