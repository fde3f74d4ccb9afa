"""The ledger of batches on AWS: written before anything happens, so that nothing happens twice.

    results/ledger/<batch>.json        one batch: its order, and how far it is
    results/ledger/settings-<stack>.json   a stack's settings before a run changed them

    planned ─> triggered ─> notified ─> collected
                   └─> stopped ─> triggered (resumed) or purged        any ─> failed, destroyed

A batch is planned before it is triggered and its id is the trigger's token; so a run that dies is
found again by its order, and triggering it once more is harmless. Stacks go by a hash of their
ARN, which holds the account's id.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from workbench.border import read_json
from workbench.designs import Design
from workbench.errors import BadRecord, shown
from workbench.runs.batch import Batch
from workbench.runs.records import read_run, skip_damaged
from workbench.runs.run import RUN_ID, fits
from workbench.temporary import written_whole

LIVE = ("planned", "triggered", "notified", "stopped")
ENDED = ("collected", "failed", "purged", "destroyed")
PHASES = (*LIVE, *ENDED)


@dataclass(frozen=True)
class Entry:
    """One batch. `triggered_at` is in seconds since 1970, on AWS's clock."""

    batch_id: str
    order: str  # a hash of what was asked for, and of where
    design: str
    items: int
    seed: int
    stack: str  # a hash of the stack's ARN
    region: str
    knobs: dict[str, Any]
    phase: str = "planned"
    triggered_at: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise BadRecord(f"phase {self.phase!r} is none of {', '.join(PHASES)}")

    def at(self, phase: str, **changes: Any) -> "Entry":
        """The same batch in another phase."""
        return replace(self, phase=phase, **changes)


class Ledger:
    """The ledger under one folder of results."""

    def __init__(self, results: Path) -> None:
        self._folder = results / "ledger"
        self._runs = results / "runs"

    def write(self, entry: Entry) -> Entry:
        """Write an entry, whole or not at all."""
        _write(self._folder / f"{entry.batch_id}.json", asdict(entry))
        return entry

    def read(self, batch_id: str) -> Entry | None:
        """A batch's entry, or None if this ledger never had it."""
        path = self._folder / f"{batch_id}.json"
        return _read_entry(path) if RUN_ID.fullmatch(batch_id) and path.exists() else None

    def entries(self) -> list[Entry]:
        """Every batch, in order of name."""
        paths = sorted(self._folder.glob("*.json"))
        return [_read_entry(path) for path in paths if not path.name.startswith("settings-")]

    def live(self, stack: str) -> list[Entry]:
        """The batches of a stack that did not end, as far as this ledger knows."""
        found = [one for one in self.entries() if one.stack == stack and one.phase in LIVE]
        return [one for one in found if not self._collected(one)]

    def is_open(self, batch_id: str) -> bool:
        """Whether a batch did not end, as far as this ledger knows; False if it never had it."""
        entry = self.read(batch_id)
        return entry is not None and entry.phase in LIVE and not self._collected(entry)

    def find(self, order: str) -> Entry | None:
        """The batch of an order that did not end: the one to go on with."""
        found = [one for one in self.entries() if one.order == order and one.phase in LIVE]
        return next((one for one in reversed(found) if not self._collected(one)), None)

    def settings(self, stack: str) -> dict[str, Any] | None:
        """A stack's settings before a run changed them, if they were not put back yet."""
        path = self._settings_path(stack)
        return _read(path) if path.exists() else None

    def keep_settings(self, stack: str, settings: Mapping[str, Any]) -> None:
        """Keep a stack's settings before they are changed."""
        _write(self._settings_path(stack), settings)

    def drop_settings(self, stack: str) -> None:
        """The settings are put back."""
        self._settings_path(stack).unlink(missing_ok=True)

    def _settings_path(self, stack: str) -> Path:
        return self._folder / f"settings-{stack}.json"

    def _collected(self, entry: Entry) -> bool:
        """Whether a batch that was notified has a run folder: then it ended well.

        The folder goes by its run's name, which is another where a batch was continued.
        """
        if entry.phase != "notified":
            return False
        for path in self._runs.glob("*/run.json"):
            if f'"{entry.batch_id}"' in path.read_text(errors="replace", encoding="utf-8"):
                try:
                    run = read_run(path.parent)
                except BadRecord as error:
                    skip_damaged(path.parent, error)
                    continue
                if run.batch_id == entry.batch_id and run.status == "complete":
                    self.write(entry.at("collected"))
                    return True
        return False


def order_of(design: Design, batch: Batch, stack: str) -> str:
    """What makes two orders the same: the batch, every knob, and the stack."""
    asked = [design.name, batch.items, batch.seed, design.knobs(), stack]
    return blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=16).hexdigest()


def _read_entry(path: Path) -> Entry:
    """An entry, its fields checked."""
    content = _read(path)
    known = {field.name for field in fields(Entry)}
    if set(content) != known:
        different = ", ".join(sorted(set(content) ^ known))
        raise BadRecord(f"{path}: the fields {different} do not fit. Move the file away.")
    for one in fields(Entry):
        if not fits(content[one.name], one.type):
            value = shown(content[one.name])
            raise BadRecord(f"{path}: {one.name}={value} does not fit. Move the file away.")
    entry = Entry(**content)
    if path.name != f"{entry.batch_id}.json" or not RUN_ID.fullmatch(entry.batch_id):
        raise BadRecord(f"{path} is of batch {shown(entry.batch_id)}. Move the file away.")
    return entry


def _read(path: Path) -> dict[str, Any]:
    """A file of the ledger."""
    try:
        return read_json(path)
    except BadRecord as error:
        raise BadRecord(f"{error}. Look at it, then move it away.") from None


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file under another name, and to the disk, before it takes its own."""
    with written_whole(path) as written, written.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
