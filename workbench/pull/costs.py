"""What a run cost by Cost Explorer: by usage type, for its design's tag, in its hours or days.

Cost Explorer knows no runs. What two runs of a design cost in one hour (or day) is shared out by
their own meters and marked so, or refused without a meter: a run's weight in a line is what its own
bill has of it, times the part of the run that lies in that hour or day; a line that no meter has is
shared by the whole of the bills. A run that nobody names in `others`, such as one of the cron rule,
cannot be kept apart.

Usage types carry a region's prefix there: `USE1-Requests-Tier1` and `Requests-Tier1` are one line.
Names are matched on their end, and what stands before must be a region's prefix: the end alone
would take `IA-WriteRequestUnits` for `WriteRequestUnits`, and `Lambda-Edge-Request` for `Request`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from workbench.bill import exact_sum
from workbench.designs.tags import DESIGN_TAG
from workbench.errors import BadInput, MissingPrice
from workbench.platform.services import CLOUDWATCH, COST_EXPLORER
from workbench.platform.units import QUANTITY_PLACES
from workbench.prices import PriceBook, load_book
from workbench.pull.cost_explorer import (
    NOT_BESIDES,
    STEPS,
    CostLine,
    cost_lines,
    explain_nothing,
    of_services,
    record_types,
    refuses_hours,
    tagged,
    without_tag,
)
from workbench.pull.standing import POLLS, standing_part
from workbench.pull.store import tidy
from workbench.pull.window import MeasuringCost, Window, likely_window
from workbench.runs.records import RunData
from workbench.stacks.aws_errors import AwsFailed

# USE1-, APN1-, EU- (Ireland), and whole names such as us-east-1- (KMS).
PREFIX = re.compile(r"^(?:EU|[A-Z]{2,4}\d|[a-z]{2}(?:-[a-z]+)+-\d)-(?=.)")

# Lines that no tag reaches: metrics and API requests belong to no resource.
UNTAGGED = {
    (CLOUDWATCH, "CW:Requests"): "telemetry",
    (CLOUDWATCH, "CW:MetricMonitorUsage"): "telemetry",
    (CLOUDWATCH, "CW:GMD-Metrics"): "measuring",
    (CLOUDWATCH, "DataScanned-Bytes"): "measuring",
    (COST_EXPLORER, "APIRequest"): "measuring",
}

Line = tuple[str, str]  # service, usage type without prefix


def plain(usage_type: str) -> str:
    """A usage type without its region's prefix."""
    return PREFIX.sub("", usage_type)


def line_of(service: str, usage_type: str, book: PriceBook) -> Line:
    """The line that a usage type is of: no prefix, and one name where AWS has several."""
    name = plain(usage_type)
    try:
        return service, plain(book.price(service, name).usage_type)
    except MissingPrice:
        return service, name


def list_price(line: Line, book: PriceBook) -> Decimal | None:
    """The list price of a line's first unit, in dollars; None if the book has none."""
    try:
        return book.price(*line).tiers[0].usd
    except MissingPrice:
        return None


def is_untagged(line: Line) -> bool:
    """Whether a line is one that carries no tag."""
    return line in UNTAGGED


SETTLED_AFTER = timedelta(hours=48)
HOURS_KEPT = timedelta(days=14)  # of hourly data, aws-cost-explorer/pricing
STEP = Decimal(1).scaleb(-QUANTITY_PLACES)
GRANULARITIES = ("auto", "HOURLY", "DAILY")
COMPARABLE = Decimal("0.99")  # of the list price: what is billed below it has a reason


@dataclass(frozen=True)
class CostQuestion:
    """When to look, and how. `others` are the runs that may share the hours or days.

    `idle_polls` says of an hour or day how many polls were the stack's own. `granularity=auto`
    takes hours where they are switched on and kept still, else days.
    """

    window: Window
    others: Sequence[RunData] = ()
    tag_key: str = DESIGN_TAG
    granularity: str = "auto"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    book: PriceBook = field(default_factory=load_book)
    idle_polls: Callable[[Window], Decimal] = lambda _: Decimal(0)

    def __post_init__(self) -> None:
        if self.granularity not in GRANULARITIES:
            known = ", ".join(GRANULARITIES)
            raise BadInput(f"granularity={self.granularity!r} is not known. Take one of {known}.")

    @property
    def settled(self) -> bool:
        """Whether Cost Explorer has had the time to get all of it."""
        return self.now - self.window.end >= SETTLED_AFTER


class Shares:
    """Which part of a line is a run's own."""

    def __init__(
        self, folder: RunData, window: Window, others: Sequence[RunData], book: PriceBook
    ) -> None:
        self._book = book
        self._own = folder
        self._window = window
        self._others = [
            (other, likely_window(other.run))
            for other in others
            if other.run.run_id != folder.run.run_id
            and (other.run.design, other.run.target) == (folder.run.design, folder.run.target)
        ]

    def is_shared(self, bucket: Window) -> bool:
        """Whether another run was in this hour or day."""
        return any(window.shared_s(bucket) for _, window in self._others)

    def share(self, line: CostLine, resource: str = "") -> Decimal:
        """The run's own part of a line that it shares, 0 to 1; of a resource's, where one is
        named by its role."""
        name = line_of(line.service, line.usage_type, self._book)
        folders = [(self._own, self._window), *self._others]
        within = [(one, window) for one, window in folders if window.shared_s(line.bucket)]
        weights = [self._weight(one, window, line.bucket, name, resource) for one, window in within]
        if not sum(weights):
            weights = [self._weight(one, window, line.bucket) for one, window in within]
        if not sum(weights):
            raise BadInput(f"run {self._own.run.run_id} and others of its time have empty bills")
        return weights[0] / sum(weights) if within[0][0] is self._own else Decimal(0)

    def _weight(
        self,
        folder: RunData,
        window: Window,
        bucket: Window,
        name: Line | None = None,
        resource: str = "",
    ) -> Decimal:
        """What a run's bill has of a line, or in all, for its time in the hour or day."""
        bill = folder.bill
        if bill is None:
            raise BadInput(
                f"run {folder.run.run_id} has no bill of its own meter, and another run of its "
                f"design was in the same hour or day ({bucket.start:%Y-%m-%d %H:%M} UTC): what "
                "Cost Explorer has of both cannot be told apart."
            )
        if name is None:
            amount = exact_sum(bill["cost_usd"])
        else:
            told = bill
            if resource and folder.resources is not None:
                told = folder.resources[folder.resources["resource"] == resource]
            lines = zip(told["service"], told["usage_type"], told["quantity"], strict=True)
            amount = exact_sum(q for s, kind, q in lines if line_of(s, kind, self._book) == name)
        return amount * Decimal(window.shared_s(bucket) / window.seconds)


def pull_costs(
    client: Any, folder: RunData, question: CostQuestion, cost: MeasuringCost | None = None
) -> pd.DataFrame:
    """The costs of a run, tidy (`COST_COLUMNS`), one row a usage type and hour or day.

    Credits, refunds and tax are left out. `standing` is how much of the quantity may be the stack's
    while it stood; where several runs share a line, they share that too. Rows with `tagged` false
    are the whole account's, for usage that no tag reaches (PutMetricData, custom metrics, Cost
    Explorer itself). Raises PullFailed if the tag is not active or there are no data yet, AwsFailed
    if access is denied.
    """
    cost = cost or MeasuringCost()
    granularity, own = _own_lines(client, folder, question, cost)
    services = dict.fromkeys(service for service, _ in UNTAGGED)
    conditions = [without_tag(question.tag_key), of_services(*services), NOT_BESIDES]
    account = [
        line
        for line in cost_lines(client, question.window, granularity, conditions, cost)
        if is_untagged(line_of(line.service, line.usage_type, question.book))
    ]
    shares = Shares(folder, question.window, question.others, question.book)
    rows = [_row(line, shares, question, is_own=True) for line in own]
    rows += [_row(line, shares, question, is_own=False) for line in account]
    return tidy("costs", sorted(rows, key=lambda row: (not row[8], row[0], row[1], row[6])))


def why_below_list(
    client: Any, frame: pd.DataFrame, design: str, question: CostQuestion, cost: MeasuringCost
) -> dict[str, str]:
    """Dollars by record type, as text, where a run's are below their list prices; else nothing.

    The question costs a cent, and says why: a savings plan, a discount, or neither.
    """
    own, paid, listed = frame[frame["tagged"]], [], []
    columns = ("service", "usage_type", "quantity", "standing", "cost_usd")
    for service, kind, amount, stood, usd in zip(*(own[name] for name in columns), strict=True):
        price = list_price(line_of(service, kind, question.book), question.book)
        if price is not None and amount:
            listed.append((amount - stood) * price)
            paid.append(usd * (amount - stood) / amount)
    if exact_sum(paid) >= exact_sum(listed) * COMPARABLE:
        return {}
    by_hour = (own["end"] - own["start"]).max() <= STEPS["HOURLY"]
    condition = tagged(question.tag_key, design)
    sums = record_types(client, question.window, "HOURLY" if by_hour else "DAILY", condition, cost)
    return {name: f"{usd:f}" for name, usd in sorted(sums.items())}


def _own_lines(
    client: Any, folder: RunData, question: CostQuestion, cost: MeasuringCost
) -> tuple[str, list[CostLine]]:
    """The lines under the run's tag, and whether they are by the hour or the day."""
    condition = [tagged(question.tag_key, folder.run.design), NOT_BESIDES]
    granularities = (question.granularity,)
    if question.granularity == "auto":  # finest first
        kept = question.now - question.window.start < HOURS_KEPT
        granularities = ("HOURLY", "DAILY") if kept else ("DAILY",)
    for granularity in granularities:
        try:
            lines = cost_lines(client, question.window, granularity, condition, cost)
        except AwsFailed as error:
            if question.granularity == "auto" and granularity == "HOURLY" and refuses_hours(error):
                continue
            raise
        if lines:
            return granularity, lines
        break
    raise explain_nothing(client, question.window, question.tag_key, folder.run.design, cost)


def _row(line: CostLine, shares: Shares, question: CostQuestion, is_own: bool) -> tuple:
    """One row: the run's share of a line, or what the account has of one without a tag."""
    prorated = is_own and shares.is_shared(line.bucket)
    name, standing = line_of(line.service, line.usage_type, question.book), Decimal(0)
    if is_own:
        polls = question.idle_polls(line.bucket) if name == POLLS else Decimal(0)
        standing = standing_part(name, line.quantity, polls)
    amounts = (line.quantity, standing, line.cost_usd)
    if prorated:
        share = shares.share(line)
        amounts = tuple((amount * share).quantize(STEP) for amount in amounts)
    return (
        line.service,
        line.usage_type,
        line.unit,
        *amounts,
        line.bucket.start,
        line.bucket.end,
        is_own,
        prorated,
        question.settled,
        *("", ""),  # Cost Explorer knows no resource, and so no label
    )
