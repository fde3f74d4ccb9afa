"""All that the charts stand on, read once: runs, bills, timelines, side tables.

Side tables are what the charts show besides runs, kept as CSV under `results/tables/`:

simplicity   resources, services, statements and code of each design (analysis.simplicity)
limits       how long each limit held the batch back, by items (the model says)
agreement    published measurements and what the model makes of them (workbench.agreement)
savings      from `published` to `tuned` one change at a time (workbench.tune.gains)
predictions  every prediction beside what came, line by line (workbench.runs.predictions)
"""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import measures
from analysis.needs import NothingToShow, same_knobs, usable
from analysis.simplicity import ownership
from workbench.errors import BadInput, BadRecord
from workbench.prices import load_book
from workbench.runs.sets import usd_by_label

COLUMNS = {  # of the side tables
    "simplicity": ["design", "measure", "value"],
    "limits": ["design", "items", "limit", "held_s"],
    "agreement": (
        "id quantity unit measured modelled error_percent goal_percent within_goal sure era "
        "source note"
    ).split(),
    "savings": (
        "design step change usd_per_million usd_low usd_high knowing_usd_per_million minutes "
        "floor_usd_per_million completes"
    ).split(),
    "predictions": (
        "run_id design target items predicted_at line unit predicted low high actual error_percent"
    ).split(),
}


@dataclass(frozen=True)
class Frames:
    """The frames of a results folder or a packed set; each is read when first asked for."""

    results: Path

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Every run with its knobs and what its batch cost."""
        runs = measures.runs_with_knobs(self.results)
        if runs.empty:
            return runs
        return measures.with_batch_usd(runs, usd_by_label(self.results))

    @cached_property
    def bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs nearest a million items."""
        chosen = measures.near_a_million(same_knobs(usable(self.runs, in_dollars=True)))
        return measures.run_tables(self.results, "bill", set(chosen.runs["run_id"]))

    @cached_property
    def batch_bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs of that batch."""
        return measures.run_tables(self.results, "bill", set(self.batch["run_id"]))

    @cached_property
    def batch(self) -> pd.DataFrame:
        """One run a design of the one batch that time lines and video show."""
        return measures.story_batch(self.runs)

    @cached_property
    def batch_timelines(self) -> pd.DataFrame:
        """The timelines of its runs."""
        return measures.run_tables(self.results, "timeline", set(self.batch["run_id"]))

    @cached_property
    def invocations(self) -> pd.DataFrame:
        """The processor's invocations of every run that kept them."""
        calls = measures.run_tables(self.results, "invocations")
        return calls[calls["function"] == "processor"]

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """The runs at one setting with what a month of such batches costs, at their prices."""
        runs = same_knobs(usable(self.runs, in_dollars=True)).runs
        book = load_book(date=runs["price_date"].iloc[0])
        bills = measures.run_tables(self.results, "bill", set(runs["run_id"]))
        return ownership(runs, bills, book)

    def needed(self, name: str) -> pd.DataFrame:
        """A side table that has rows. Raises NothingToShow where nobody has written it."""
        if (table := self.table(name)).empty:
            command = "make agreement" if name == "agreement" else "make study"
            raise NothingToShow(f"there is no table of {name} to draw. Run `{command}`.")
        return table

    def table(self, name: str) -> pd.DataFrame:
        """A side table: simplicity, limits, agreement; empty if nobody has written it."""
        return read_side_table(self.results, name)


def write_side_table(results: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write a side table whole; an older one is replaced."""
    _check(name, list(frame.columns), "the frame")
    path = results / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".tmp-{name}-{os.getpid()}.csv")
    frame.to_csv(temporary, index=False, lineterminator="\n")
    temporary.replace(path)
    return path


def read_side_table(results: Path, name: str) -> pd.DataFrame:
    """A side table, its columns checked; without a row if it was never written."""
    path = results / "tables" / f"{name}.csv"
    if not path.exists():
        _check(name, COLUMNS.get(name, []), "the reader")
        return pd.DataFrame(columns=COLUMNS[name])
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise BadRecord(f"{path} cannot be read: {error}") from None
    _check(name, list(frame.columns), str(path))
    return frame


def _check(name: str, columns: list[str], where: str) -> None:
    """Refuse an unknown table, and one with other columns than its own."""
    if name not in COLUMNS:
        raise BadInput(f"side table {name!r} is not known. Take one of {', '.join(COLUMNS)}.")
    if columns != COLUMNS[name]:
        raise BadRecord(f"{where} of {name} has columns {columns}, not {COLUMNS[name]}")
