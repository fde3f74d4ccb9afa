"""What a run cost by Cost Explorer: by usage type, for its design's tag, in its hours or days.

Cost Explorer knows no runs. What two runs of a design cost in one hour (or day) is shared out by
their own meters and marked so, or refused without a meter. A run that nobody names in `others`,
such as one of the cron rule, cannot be told apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from workbench.errors import BadInput, PullFailed
from workbench.prices import PriceBook, load_book
from workbench.pull.cost_explorer import (
    CostLine,
    cost_lines,
    explain_nothing,
    of_services,
    refuses_hours,
    tagged,
    without_tag,
)
from workbench.pull.proration import Shares
from workbench.pull.spent import Spent
from workbench.pull.tables import tidy
from workbench.pull.usage_types import UNTAGGED, is_untagged, line_of
from workbench.pull.window import Window
from workbench.runs.records import RunData

SETTLED_AFTER = timedelta(hours=48)
HOURS_KEPT = timedelta(days=14)  # of hourly data, aws-cost-explorer/pricing
GRANULARITIES = ("auto", "HOURLY", "DAILY")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class CostQuestion:
    """When to look, and how. `others` are the runs that may share the hours or days.

    `granularity=auto` takes hours where they are switched on and kept still, else days.
    """

    window: Window
    others: Sequence[RunData] = ()
    tag_key: str = "design"
    granularity: str = "auto"
    now: datetime = field(default_factory=_now)
    book: PriceBook = field(default_factory=load_book)

    def __post_init__(self) -> None:
        if self.granularity not in GRANULARITIES:
            known = ", ".join(GRANULARITIES)
            raise BadInput(f"granularity={self.granularity!r} is not known. Take one of {known}.")

    @property
    def settled(self) -> bool:
        """Whether Cost Explorer has had the time to get all of it."""
        return self.now - self.window.end >= SETTLED_AFTER


def pull_costs(
    client: Any, folder: RunData, question: CostQuestion, spent: Spent | None = None
) -> pd.DataFrame:
    """The costs of a run, tidy (`COST_COLUMNS`), one row a usage type and hour or day.

    Credits and refunds are left out. Rows with `tagged` false are the whole account's, for usage
    that no tag reaches (PutMetricData, custom metrics, Cost Explorer itself). Raises PullFailed if
    the tag is not active, access is denied or there are no data yet.
    """
    spent = spent or Spent()
    granularity, own = _own_lines(client, folder, question, spent)
    services = dict.fromkeys(service for service, _ in UNTAGGED)
    conditions = [without_tag(question.tag_key), of_services(*services)]
    account = [
        line
        for line in cost_lines(client, question.window, granularity, conditions, spent)
        if is_untagged(line_of(line.service, line.usage_type, question.book))
    ]
    shares = Shares(folder, question.window, question.others, question.book)
    rows = [_row(line, shares, question, is_own=True) for line in own]
    rows += [_row(line, shares, question, is_own=False) for line in account]
    return tidy("costs", sorted(rows, key=lambda row: (not row[7], row[0], row[1], row[5])))


def _own_lines(
    client: Any, folder: RunData, question: CostQuestion, spent: Spent
) -> tuple[str, list[CostLine]]:
    """The lines under the run's tag, and whether they are by the hour or the day."""
    condition = [tagged(question.tag_key, folder.run.design)]
    for granularity in _granularities(question):
        try:
            lines = cost_lines(client, question.window, granularity, condition, spent)
        except PullFailed as error:
            if question.granularity == "auto" and granularity == "HOURLY" and refuses_hours(error):
                continue
            raise
        if lines:
            return granularity, lines
        break
    raise explain_nothing(client, question.window, question.tag_key, folder.run.design, spent)


def _granularities(question: CostQuestion) -> tuple[str, ...]:
    """Those to try, finest first."""
    if question.granularity != "auto":
        return (question.granularity,)
    kept = question.now - question.window.start < HOURS_KEPT
    return ("HOURLY", "DAILY") if kept else ("DAILY",)


def _row(line: CostLine, shares: Shares, question: CostQuestion, is_own: bool) -> tuple:
    """One row: the run's share of a line, or what the account has of one without a tag."""
    prorated = is_own and shares.is_shared(line.bucket)
    quantity, usd = shares.part(line) if prorated else (line.quantity, line.cost_usd)
    return (
        line.service,
        line.usage_type,
        line.unit,
        quantity,
        usd,
        line.bucket.start,
        line.bucket.end,
        is_own,
        prorated,
        question.settled,
    )
