"""Collecting what a data export has of a run, beside its older pulls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, PullFailed
from workbench.platform.services import HOME_REGION
from workbench.prices import load_book
from workbench.pull.collect import keep, neighbours
from workbench.pull.cost_explorer import STEPS
from workbench.pull.costs import CostQuestion
from workbench.pull.exports.costs import export_frame, find
from workbench.pull.exports.files import Entry, Place, delivered
from workbench.pull.exports.resources import Stack
from workbench.pull.exports.tables import Line, Seen, read_lines
from workbench.pull.standing import IdlePolls
from workbench.pull.store import Pull, newest_pull
from workbench.pull.window import MeasuringCost, Window, likely_window, window_of
from workbench.runs.records import Run, read_folder


@dataclass(frozen=True)
class Reading:
    """The rows of an export's files in a run's hours, and what was seen on the way."""

    place: Place
    files: list[Entry]
    window: Window
    seen: Seen

    def __iter__(self) -> Iterator[Line]:
        for file in self.files:
            with self.place.opened(file.path) as path:
                yield from read_lines(path, file.path, self.window, self.seen)
            if len(self.seen.tables) > 1:
                names = " and ".join(sorted(self.seen.tables))
                raise BadInput(f"--export {self.place.name}: holds {names}. Name one of them.")


def collect_export(run_folder: Path, place: Place, now: datetime | None = None) -> Pull:
    """Keep what an export has of a run. Nothing is asked of AWS but the export's own files.

    Raises PullFailed where the export has no row of the run's stack in its hours.
    """
    folder, now = read_folder(run_folder), now or datetime.now(UTC)
    run = folder.run
    window, design = window_of(run), make_design(run.design, settings=run.knobs)
    files, seen = delivered(place, window), Seen()
    metrics = newest_pull(run_folder, "cloudwatch")
    names = metrics.facts["names"] if metrics else {}
    found = find(Reading(place, files, window, seen), Stack(DESIGNS[run.design], names), run.region)
    if not found.own:
        raise PullFailed(_nothing(run, window, seen, bool(names)))
    others, region = neighbours(run_folder, window), run.region or HOME_REGION
    written = max(file.at for file in files)
    # What was written later than the export is in none of its rows, whenever they are read.
    question = CostQuestion(window, others, now=min(now, written), book=load_book(region))
    polls = IdlePolls(design, [window, *(likely_window(other.run) for other in others)])
    frame, record_types = export_frame(found, folder, question, polls)
    facts: dict[str, Any] = {
        "source": f"data export {seen.tables.pop()}",
        "written_at": written.isoformat(),
        "settled": question.settled,
        "prorated": bool(frame["prorated"].any()),
        "region": region,
        "others": [other.run.run_id for other in others],
        "record_types": record_types,
        "idle_polls": polls.source,
    }
    return keep(run_folder, "costs", frame, facts, window, MeasuringCost(), now)


def _nothing(run: Run, window: Window, seen: Seen, named: bool) -> str:
    """Why an export has no row of a run's stack."""
    stack = DESIGNS[run.design].stack
    when = f"{window.start:%Y-%m-%d %H:%M} to {window.end:%H:%M} UTC"
    text = f"the export has no row of {stack}'s resources from {when}"
    if not seen.rows or seen.first is None:
        return f"{text}: its files have no rows at all."
    first, last = (f"{one:%Y-%m-%d %H:%M}" for one in (seen.first, seen.last or seen.first))
    text += f"; its {seen.rows:,} rows begin from {first} to {last}"
    if seen.last and seen.last + STEPS["HOURLY"] <= window.start:
        return f"{text}. An export has a run about a day later: copy it again then."
    how = "by the names of its CloudWatch pull" if named else "by the stack's name"
    return f"{text}. They were looked for {how}, in region {run.region or 'any'}."
