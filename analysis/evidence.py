"""The evidence about one run: its own bill, the model's, and what AWS bills for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from workbench.errors import BadInput, BadRecord
from workbench.platform.services import HOME_REGION
from workbench.prices import PriceBook, load_book
from workbench.pull.store import Pull, newest_pull
from workbench.pull.window import started
from workbench.runs.records import Run, is_there, read_folder, readable_runs
from workbench.runs.sets import read_runs, read_tables

COST_EXPLORER = "Cost Explorer"
METERED = ("aws", "local")  # whose runs a meter has counted; the best first
NOT_ITSELF = (
    "a run of the model would be compared with itself. Make one with `workbench run --target local`"
)


@dataclass(frozen=True)
class Evidence:
    """The bills of one run, those that there are."""

    run: Run
    bill: pd.DataFrame
    modelled: pd.DataFrame | None
    costs: Pull | None
    now: datetime

    @property
    def billed(self) -> pd.DataFrame | None:
        """The newest frame of AWS's costs, by Cost Explorer or a data export."""
        return self.costs and self.costs.frame

    @property
    def source(self) -> str:
        """Where AWS's costs are from."""
        return self.costs.facts.get("source", COST_EXPLORER) if self.costs else COST_EXPLORER

    @property
    def bills(self) -> str:
        """What AWS's costs are of, for `reconcile.answer`."""
        of = "under the design's tag" if self.source == COST_EXPLORER else "for the stack's parts"
        article = "" if self.source == COST_EXPLORER else "The "
        return f"{article}{self.source} bills {{}} {of}"

    @property
    def book(self) -> PriceBook:
        """The prices of the run's region."""
        return load_book(self.costs.facts.get("region", HOME_REGION) if self.costs else HOME_REGION)

    @property
    def record_types(self) -> dict[str, str]:
        """AWS's dollars by record type, where they were asked for."""
        return self.costs.facts.get("record_types", {}) if self.costs else {}

    @property
    def days_since_run(self) -> float:
        """Days from the run's end to the pull, or to now where there is none."""
        seconds = max(self.run.detected_s or 0, self.run.processed_s or 0)
        ended = started(self.run) + timedelta(seconds=seconds)
        until = self.costs.pulled_at if self.costs else self.now
        return max(0.0, (until - ended).total_seconds() / 86_400)

    def __str__(self) -> str:
        """What there is, in plain words."""
        run = self.run
        lines = [
            f"{run.run_id}: design {run.design} on {run.target}, {run.items:,} items, "
            f"{run.status}, {self.days_since_run:,.1f} days ago.",
            "Modelled: a run of the model with the same knobs and items is there."
            if self.modelled is not None
            else "Modelled: no run of the model with the same knobs and items is there.",
        ]
        if self.costs is None:
            lines.append("Billed: nothing was pulled yet. `workbench collect` pulls it.")
        else:
            facts = self.costs.facts
            settled = "settled" if facts["settled"] else "not settled yet"
            shared = ", shared out with other runs of its time" if facts["prorated"] else ""
            how = facts.get("idle_polls")
            polls = f"; idle polls are {how}" if how else ""
            pulled = f"pulled {self.costs.pulled_at:%Y-%m-%d %H:%M} UTC"
            lines.append(f"Billed: by {self.source}, {pulled}, {settled}{shared}{polls}.")
        return "\n".join(lines)


def gather(results: Path, run_id: str = "", now: datetime | None = None) -> Evidence:
    """The evidence about a run, or about the newest that can be compared. Raises BadInput for one
    that is not there, or that is the model's, which has nothing but the model to be held against.

    A damaged pull is an error, never passed over for an older one.
    """
    path = results / "runs" / run_id if run_id else newest_run(results)
    if not is_there(path):
        raise BadInput(f"run_id={run_id!r}: {path} is no run folder")
    folder = read_folder(path)
    if folder.run.target not in METERED:
        raise BadInput(f"run_id={run_id!r} ran on {folder.run.target}: {NOT_ITSELF}")
    if folder.bill is None:
        raise BadRecord(f"{path} has no bill.parquet: there is nothing to compare")
    return Evidence(
        run=folder.run,
        bill=folder.bill,
        modelled=modelled_bill(results, folder.run),
        costs=newest_pull(path, "costs"),
        now=now or datetime.now(UTC),
    )


def newest_run(results: Path) -> Path:
    """The run that started last on aws, else on local: those that a meter counted."""
    found = [one for one in readable_runs(results) if one[1].target in METERED]
    if not found:
        raise BadInput(f"{results}/runs has no run on {' or '.join(METERED)} yet: {NOT_ITSELF}")
    rank = {target: -place for place, target in enumerate(METERED)}
    return max(found, key=lambda one: (rank[one[1].target], one[1].started_at, one[0].name))[0]


def modelled_bill(results: Path, run: Run) -> pd.DataFrame | None:
    """The bill of the newest run of the model with the same knobs and items, its seed if it can."""
    same = [
        (other.seed == run.seed, other.started_at, other.run_id)
        for other in read_runs(results)
        if other.target == "model"
        and (other.design, other.items, other.knobs) == (run.design, run.items, run.knobs)
    ]
    if not same:
        return None
    bill = read_tables(results, "bill", {max(same)[2]}).drop(columns="run_id")
    return bill if len(bill) else None
