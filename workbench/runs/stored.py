"""The runs of a results folder as a user handles them: found, looked at, removed."""

import os
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bill import by_label
from workbench.bill.terms import Terms
from workbench.designs import DESIGNS
from workbench.errors import BadInput, BadRecord
from workbench.project import REFERENCE
from workbench.runs.failures import failed_line
from workbench.runs.records import (
    Run,
    RunData,
    is_there,
    listed,
    read_folder,
    read_if_there,
    read_run,
)
from workbench.runs.repriced import bill_again
from workbench.runs.results_folder import is_packed
from workbench.runs.sets import packed_runs, parts_of, read_runs, read_tables
from workbench.stacks.ledger import Ledger
from workbench.temporary import temporary

FAILURES_SHOWN = 100  # failed items of a run; all are in its failures.parquet
NAMED_MAX = 5  # runs that an error names


@dataclass(frozen=True)
class Stored:
    """A run folder: its run, or why it cannot be read."""

    path: Path
    run: Run | None
    damage: str = ""


@dataclass(frozen=True)
class Details:
    """A run with what its other files add. Dollars are exact; a knob gives (value, default).

    `failed` is a line about the items that failed, empty if none did; `failures` the first of them.
    """

    path: Path
    run: Run
    usd_by_label: dict[str, Decimal] = field(default_factory=dict)
    changed_knobs: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    failed: str = ""
    failures: list[dict[str, Any]] = field(default_factory=list)


def stored_runs(
    results: Path, design: str | None = None, target: str | None = None
) -> list[Stored]:
    """The runs of a design and target, the newest last; damaged folders first, always listed."""
    found = [Stored(results / "runs" / run.run_id, run) for run in packed_runs(results)]
    if not is_packed(results):
        found += [_stored(path) for path in _run_folders(results)]
    damaged = [one for one in found if one.run is None]
    whole = [
        one
        for one in found
        if one.run and design in (None, one.run.design) and target in (None, one.run.target)
    ]
    return damaged + sorted(whole, key=lambda one: (one.run.started_at, one.run.run_id))


def find_run(results: Path, name: str) -> Path:
    """The folder of a run by its path, its id, or the beginning of its id if no other has it."""
    if os.sep in name or is_there(Path(name)):
        if not Path(name).is_dir():
            raise BadInput(f"there is no run folder {name}.")
        return Path(name)
    folders = _places(results)
    exact = [path for path in folders if path.name == name]
    found = exact or [path for path in folders if name and path.name.startswith(name)]
    if not found:
        raise BadInput(f"no run in {results} is called {name!r}. `workbench runs list` lists them.")
    if len(found) > 1:
        some = ", ".join(path.name for path in found[:NAMED_MAX])
        more = "" if len(found) <= NAMED_MAX else f" and {len(found) - NAMED_MAX} more"
        raise BadInput(f"{name!r} begins {len(found)} runs: {some}{more}. Give more of its name.")
    return found[0]


def details(path: Path) -> Details:
    """A run with its dollars by label, the knobs that are not default, and what failed."""
    run, bill = _run_and_bill(path)
    usd = by_label(bill) if len(bill) else {}
    default = DESIGNS[run.design]().knobs() if run.design in DESIGNS else {}
    changed = {
        name: (value, default.get(name))
        for name, value in run.knobs.items()
        if name not in default or default[name] != value
    }
    table = _table(path, "failures")
    first = pd.DataFrame() if table is None else table.head(FAILURES_SHOWN).astype(object)
    return Details(
        path,
        run,
        usd,
        changed,
        failed_line(run, table) if run.items_failed else "",
        first.where(first.notna(), None).to_dict("records"),
    )


def billed_anew(found: Details, terms: Terms) -> Details:
    """The same run billed on other terms, from the usage that it has kept."""
    folder = whole_run(found.path)
    if folder.usage.empty:
        raise BadInput(f"{found.run.run_id} has kept no usage, so it cannot be billed anew.")
    run, bill = bill_again(found.run, folder.usage, terms, terms.book())
    return replace(found, run=run, usd_by_label=by_label(bill))


def whole_run(path: Path) -> RunData:
    """A run with its tables, from its folder or from the packed set or part that has it."""
    if path.is_dir():
        return read_folder(path)
    run = run_of(path)
    set_of_it, names = path.parent.parent, ("timeline", "usage")
    needed = (read_tables(set_of_it, name, {path.name}).drop(columns="run_id") for name in names)
    return RunData(run, *needed, _table(path, "bill"), resources=_table(path, "resources"))


def run_of(path: Path) -> Run:
    """A run's record, wherever it is kept."""
    packed = [] if path.is_dir() else packed_runs(path.parent.parent, {path.name})
    return packed[0] if packed else read_run(path)


def refuse_removal(path: Path) -> None:
    """Refuse to remove what is no run folder of one's own, or a batch that is still open on AWS."""
    place = path.resolve()
    if place.parent.name != "runs":
        raise BadInput(f"{path} is no run folder: those are in the folder `runs` of the results.")
    if place.is_relative_to(REFERENCE.resolve()):
        raise BadInput(f"{path} is a reference run, which is never removed.")
    if is_packed(place.parent.parent):
        raise BadInput(f"{path} is in a packed set, of which single runs are not removed.")
    for part, _ in parts_of(place.parent.parent, {place.name}):
        raise BadInput(
            f"{place.name} is kept with other runs of a sweep, of which single ones are not "
            f"removed. The whole part is the folder {part}."
        )
    stored, ledger = _stored(path), Ledger(place.parent.parent)
    batches = {place.name} | ({stored.run.batch_id} if stored.run else set())
    still_open = sorted(batch for batch in batches if ledger.is_open(batch))
    if still_open:
        raise BadInput(
            f"the batch {still_open[0]} is still open on AWS. Let it end, or give it up first: "
            f"`workbench purge {still_open[0]}`."
        )


def remove_run(path: Path) -> None:
    """Remove a run folder with all in it, and its prediction."""
    refuse_removal(path)
    place = path.resolve()
    with temporary(place.parent) as removed:
        os.rename(place, removed)  # out of the way at once, however long its files take
    prediction = place.parent.parent / "predictions" / f"{place.name}.json"
    prediction.unlink(missing_ok=True)


def _run_and_bill(path: Path) -> tuple[Run, pd.DataFrame]:
    """A run and its bill, from its folder or from the packed set or part that has it."""
    bill = _table(path, "bill")
    return run_of(path), pd.DataFrame() if bill is None else bill


def _table(path: Path, name: str) -> pd.DataFrame | None:
    """A table of a run, wherever it is kept; None where it has none."""
    if path.is_dir():
        return read_if_there(path, name)
    table = read_tables(path.parent.parent, name, {path.name}).drop(columns="run_id")
    return table if len(table) else None


def _places(results: Path) -> list[Path]:
    """Where each run is or, of one without a folder of its own, where it would be."""
    if is_packed(results):
        ids = [run.run_id for run in read_runs(results)]
    else:
        ids = [one for _, own in parts_of(results) for one in own]
    return [*_run_folders(results), *(results / "runs" / one for one in sorted(ids))]


def _run_folders(results: Path) -> list[Path]:
    """Every folder of a run, whole or damaged, in order of name."""
    return [path for path in listed(results / "runs") if path.name[0] != "." and path.is_dir()]


def _stored(path: Path) -> Stored:
    try:
        return Stored(path, read_run(path))
    except BadRecord as error:
        return Stored(path, None, str(error))
