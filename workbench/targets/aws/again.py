"""A run that is billed again, when AWS has what was late as it was collected first."""

from dataclasses import replace

import pandas as pd

from workbench.bill import bill, total_usd
from workbench.designs import Design
from workbench.errors import BadInput, PullFailed
from workbench.platform.services import DYNAMODB
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.runs.records import USAGE_COLUMNS, RunData
from workbench.stacks.ledger import Entry
from workbench.targets.aws.follow import COMPLETE, End
from workbench.targets.aws.measurements import Collector, folder_of
from workbench.targets.aws.session import StackSession

LOOKS = ("items_done", "backlog", "cost_usd")  # of the timeline: made as the batch ran


def again(session: StackSession, design: Design, folder: RunData) -> RunData:
    """The run of a folder by all that AWS has of its batch now; looking is added to looking.

    Raises BadInput for a batch that is not known to have ended well, and PullFailed if less is
    there than then: metrics by the minute are kept for 15 days, log lines for 14.
    """
    run = folder.run
    batch, batches = Batch(run.items, run.seed, run.batch_id), session.batches()
    entry = session.ledger.read(run.batch_id)
    look = batches.look(batch, design)
    ended = look.status == "complete" or (look.status == "absent" and _ended_well(entry))
    if entry is None or entry.triggered_at is None or not ended:
        raise BadInput(
            f"{run.run_id} is not billed again: its batch {run.batch_id} is not known as complete."
        )
    end = End(COMPLETE, detected_at=look.detected_at, items_failed=look.items_failed)
    if look.status == "absent" and run.detected_s is not None:
        detected_at = entry.triggered_at + run.detected_s
        end = End(COMPLETE, detected_at=detected_at, items_failed=run.items_failed)
    collector = Collector(session, design, batch, batches, entry.triggered_at, end.detected_at)
    collector.again = True
    looked = folder.usage[folder.usage["label"] == "measuring"]
    ours = looked["service"] == DYNAMODB  # reads within the window, as the batch ran
    batches.read_units = float(sum(looked.loc[ours, "quantity"]))
    measured = collector.of_complete(end)
    found = folder_of(run.run_id, collector, measured, end, [])
    if measured.missing() and _usd(found.usage) < _usd(folder.usage):
        raise PullFailed(
            f"CloudWatch has less of {run.run_id} than when it was billed: its bill stays as it is."
        )
    timeline = pd.concat([folder.timeline[folder.timeline["metric"].isin(LOOKS)], found.timeline])
    return replace(
        found,
        usage=_added(found.usage, looked[~ours]),
        timeline=timeline.sort_values(["t_s", "metric"], ignore_index=True),
    )


def _ended_well(entry: Entry | None) -> bool:
    """What the ledger knows of a batch that AWS has forgotten: an execution of `durable` is kept
    for a day after its end, and that is when the bill comes."""
    return entry is not None and entry.phase in ("notified", "collected")


def _usd(usage: pd.DataFrame) -> float:
    """The dollars of a batch, but for looking at it."""
    return float(total_usd(bill(usage[usage["label"] != "measuring"], load_book())))


def _added(usage: pd.DataFrame, looked: pd.DataFrame) -> pd.DataFrame:
    """A usage table with what an earlier look has used."""
    *names, amount = USAGE_COLUMNS
    both = pd.concat([usage, looked]).groupby(names, sort=True)[amount].sum()
    return both.reset_index().astype({amount: object})[USAGE_COLUMNS]
