"""What is pulled, one tidy table a kind, and where it is kept: beside its run, each pull under its
own time, whole or not at all.

    results/runs/<run_id>/pulls/20261123T064500000000Z-costs.parquet    the frame
    results/runs/<run_id>/pulls/20261123T064500000000Z-costs.json       what is known of it

The frame is renamed into place first and the JSON last: a frame without its JSON was never
finished, and does not count. An older pull is never touched.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.border import read_json
from workbench.errors import BadRecord
from workbench.temporary import written_whole

CLOUDWATCH_COLUMNS = ["metric", "namespace", "dimension", "statistic", "t", "t_s", "value"]
INSIGHTS_COLUMNS = ["query", "function", "t_s", "bin_ms", "measure", "value"]
COST_COLUMNS = (
    "service usage_type unit quantity standing cost_usd start end tagged prorated settled "
    "resource label"
).split()
LATER = {"costs": ["resource", "label"]}  # columns that older pulls lack, which are empty there
COLUMNS = {
    "cloudwatch": CLOUDWATCH_COLUMNS,
    "insights": INSIGHTS_COLUMNS,
    "costs": COST_COLUMNS,
    "failed": ["kind", "why"],  # a pull that came to nothing, for what it cost
}
TYPES = {
    "t": "datetime64[us, UTC]",
    "start": "datetime64[us, UTC]",
    "end": "datetime64[us, UTC]",
    "t_s": "float64",
    "bin_ms": "float64",
    "value": "float64",
    "tagged": "bool",
    "prorated": "bool",
    "settled": "bool",
    "quantity": "object",  # exact decimals
    "standing": "object",
    "cost_usd": "object",
}
SCHEMA_VERSION = 1
STAMP = "%Y%m%dT%H%M%S%fZ"
_NAME = re.compile(r"(?P<stamp>\d{8}T\d{12}Z)-(?P<kind>[a-z]+)\.json")


@dataclass(frozen=True)
class Pull:
    """One pull of one run: `facts` say how whole it is, and what it cost."""

    run_id: str
    kind: str
    stamp: str
    frame: pd.DataFrame
    facts: dict[str, Any]

    @property
    def pulled_at(self) -> datetime:
        """When it was pulled, UTC."""
        return datetime.strptime(self.stamp, STAMP).replace(tzinfo=UTC)


def tidy(kind: str, rows: Iterable[tuple]) -> pd.DataFrame:
    """The table of a kind from its rows, with the same types even when there are none."""
    columns = COLUMNS[kind]
    frame = pd.DataFrame(list(rows), columns=columns)
    return frame.astype({name: TYPES.get(name, "str") for name in columns})


def write_pull(
    run_folder: Path, kind: str, frame: pd.DataFrame, facts: dict[str, Any], now: datetime
) -> Pull:
    """Keep a pull beside its run. Raises BadRecord for a frame that is not of its kind."""
    _check_columns(f"the {kind} pull", kind, list(frame.columns))
    folder = run_folder / "pulls"
    folder.mkdir(exist_ok=True)
    stamp = now.astimezone(UTC).strftime(STAMP)
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    content = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_folder.name,
        "kind": kind,
        "rows": len(frame),
        "sha256": sha256(buffer.getvalue()).hexdigest(),
        "facts": facts,
    }
    text = json.dumps(content, indent=2, sort_keys=True) + "\n"
    _put(folder / f"{stamp}-{kind}.parquet", buffer.getvalue())
    _put(folder / f"{stamp}-{kind}.json", text.encode())
    return Pull(run_folder.name, kind, stamp, frame, facts)


def pull_stamps(run_folder: Path, kind: str) -> list[str]:
    """The times of all finished pulls of a kind, oldest first."""
    names = (_NAME.fullmatch(path.name) for path in (run_folder / "pulls").glob("*.json"))
    return sorted(name["stamp"] for name in names if name and name["kind"] == kind)


def read_pull(run_folder: Path, kind: str, stamp: str | None = None) -> Pull:
    """The newest pull of a kind, or the one of that time. Raises BadRecord if it is damaged."""
    stamps = pull_stamps(run_folder, kind)
    if not stamps if stamp is None else stamp not in stamps:
        raise BadRecord(
            f"{run_folder} has no {kind} pull{f' of {stamp}' if stamp else ''}. "
            f"Make one with `workbench collect {run_folder.name}`."
        )
    stamp = stamp or stamps[-1]
    try:
        return _read(run_folder, kind, stamp)
    except BadRecord as error:
        older = [one for one in stamps if one < stamp]
        advice = f"an older one is of {older[-1]}" if older else "there is no older one"
        raise BadRecord(f"{error}; {advice}. Delete its two files, or collect again.") from None


def newest_pull(run_folder: Path, kind: str) -> Pull | None:
    """The newest pull of a kind, if there is one. Raises BadRecord if it is damaged."""
    return read_pull(run_folder, kind) if pull_stamps(run_folder, kind) else None


def _read(run_folder: Path, kind: str, stamp: str) -> Pull:
    """One pull, its bytes checked."""
    path = run_folder / "pulls" / f"{stamp}-{kind}.json"
    content = read_json(path)
    try:
        said = (content["schema_version"], content["run_id"], content["kind"])
        digest, facts = content["sha256"], content["facts"]
    except KeyError as error:
        raise BadRecord(f"{path} is damaged: {error!r}") from None
    if said != (SCHEMA_VERSION, run_folder.name, kind):
        raise BadRecord(f"{path} is of {said}, not {(SCHEMA_VERSION, run_folder.name, kind)}")
    table = path.with_suffix(".parquet")
    try:
        data = table.read_bytes()
    except OSError as error:
        raise BadRecord(f"{table} cannot be read: {error}") from None
    if sha256(data).hexdigest() != digest:
        raise BadRecord(f"{table} is damaged: its bytes are not those that were written")
    try:
        frame = pd.read_parquet(BytesIO(data))
    except Exception as error:  # its digest may be that of a file that never was a table
        raise BadRecord(f"{table} cannot be read: {error!r}") from None
    later = LATER.get(kind, [])
    if list(frame.columns) == [one for one in COLUMNS.get(kind, []) if one not in later]:
        frame = frame.assign(**dict.fromkeys(later, ""))
    _check_columns(str(table), kind, list(frame.columns))
    pull = Pull(run_folder.name, kind, stamp, frame, facts)
    try:
        _ = pull.pulled_at
    except ValueError:
        raise BadRecord(f"{path} is of {stamp}, a time that there is not") from None
    return pull


def _check_columns(what: str, kind: str, columns: list[str]) -> None:
    """Refuse a frame that is not of its kind."""
    if kind not in COLUMNS:
        raise BadRecord(f"{what} is of no known kind: {', '.join(COLUMNS)}")
    if columns != COLUMNS[kind]:
        raise BadRecord(f"{what} has columns {columns}, not {COLUMNS[kind]}")


def _put(path: Path, data: bytes) -> None:
    """Write a file whole under a new name."""
    if path.exists():
        raise BadRecord(f"{path} exists; a pull is never written twice")
    with written_whole(path) as written:
        written.write_bytes(data)
