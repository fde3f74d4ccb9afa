"""Following a batch to its end: by its notification, and by its state where that says more.

Notifications come by long polls of the queue that is subscribed to the stack's topic.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any

import pandas as pd

from workbench.bill import bill, total_usd
from workbench.designs import Design
from workbench.platform.services import LONG_POLL_S
from workbench.prices import PriceBook
from workbench.runs.batch import Batch
from workbench.runs.notices import read_notice
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import plainly, scrub
from workbench.targets.aws.batches import Batches, BatchStatus
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.timeouts import Clock
from workbench.targets.base import OnProgress, Progress

READ_MAX = 10  # messages of one ReceiveMessage
WHY = "ErrorMessage"  # of a dead letter (Lambda guide, Adding a dead-letter queue)
DEADLINE_LEAST_S = 900
DEADLINE_FACTOR = 4  # of the time that a batch should take
ENFORCED_S = 5_400  # after the deadline: two looks of a finalizer, and an hour after a resume
ACCOUNT_CONCURRENCY = 1_000  # of an account that never asked for more (Lambda quotas)
CREATE_PER_S = 1_000  # items a second, taken low: one key takes that many writes
# The states of a batch that a notification of each kind is believed with.
BACKED = {
    "complete": ("complete",),
    "failed": ("cancelled", "absent"),  # a failed execution has its own reason besides
    "not_started": ("failed", "absent"),
}
COMPLETE, FAILED, STOPPED, LATE, GONE = "complete", "failed", "stopped", "late", "gone"


@dataclass(frozen=True)
class Notification:
    """What a design says of a batch."""

    batch_id: str
    status: str  # complete, failed, not_started, cancelled
    items_failed: int = 0
    detected_at: float | None = None  # seconds since 1970
    reason: str = ""


@dataclass(frozen=True)
class Sample:
    """A look at one moment, in seconds since the trigger."""

    t_s: float
    items_done: int
    backlog: int
    cost_usd: Decimal


@dataclass(frozen=True)
class End:
    """How it ended: complete, failed, stopped (on dollars, at its deadline), late or gone."""

    kind: str
    reason: str = ""
    notification: Notification | None = None
    detected_at: float | None = None  # seconds since 1970
    items_failed: int | None = None  # by the notification, or by the state


@dataclass
class Follower:
    """Follows one batch. `spent` says the dollars so far, when that part of the items is done."""

    session: StackSession
    batches: Batches
    batch: Batch
    design: Design
    spent: Callable[[float], Decimal]
    max_usd: Decimal
    timeout_s: float
    triggered_at: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    reported: str = ""  # why it failed, as a notification said that its state does not confirm

    def follow(self, on_progress: OnProgress) -> End:
        """Wait for the end, and report how far the batch is meanwhile."""
        clock, timeouts = self.session.clock, self.session.timeouts
        began_at = clock.now()  # it may have been triggered days ago, and resumed
        waiting = {one.batch_id for one in self.session.ledger.live(self.session.deployed.key)}
        queue = self.session.deployed.outputs["NoticesQueueUrl"]
        notifications = Notifications(self.session.aws, queue, waiting.__contains__)
        complete_at: float | None = None  # when the state first said that it was over
        heard: Notification | None = None  # what no state backs yet
        while True:
            heard = notifications.wait(self.batch.batch_id, self._wait_s()) or heard
            status = self.batches.look(self.batch, self.design)
            sample = self._sample(status)
            on_progress(
                Progress(
                    items_done=sample.items_done,
                    items=self.batch.items,
                    elapsed_s=sample.t_s,
                    cost_usd=float(sample.cost_usd),
                )
            )
            if status.status == "cancelled" and status.reason:  # AWS did, at its deadline
                return End(STOPPED, status.reason.rstrip(":"))
            if heard is not None and self._is_backed(heard, status):
                return self._noticed(heard, status)
            now = clock.now()
            if status.status == "complete":
                complete_at = complete_at or now
                if now - complete_at >= timeouts.notification_s:
                    return End(
                        COMPLETE,
                        detected_at=status.detected_at,
                        items_failed=status.items_failed,
                    )
            elif end := self._ended(status, sample):
                return end
            if now - began_at >= self.timeout_s:
                return End(LATE, self._late(status))

    def _wait_s(self) -> float:
        """Look often at first, then less and less: a long batch changes slowly."""
        timeouts, elapsed_s = self.session.timeouts, self.session.clock.now() - self.triggered_at
        return min(timeouts.look_max_s, max(timeouts.look_s, elapsed_s / 20))

    def _sample(self, status: BatchStatus) -> Sample:
        t_s = self.session.clock.now() - self.triggered_at
        done = status.items_done / self.batch.items
        sample = Sample(t_s, status.items_done, status.backlog, self.spent(done))
        self.samples.append(sample)
        return sample

    def _is_backed(self, notification: Notification, status: BatchStatus) -> bool:
        """Whether the batch's state agrees: anybody who may send to the queue can say anything.

        A state may be a moment behind; and a failure may be of a batch that was resumed since.
        """
        if notification.status == FAILED:
            self.reported = notification.reason
        return status.status in BACKED.get(notification.status, ())

    def _noticed(self, notification: Notification, status: BatchStatus) -> End:
        detected_at = notification.detected_at or status.detected_at
        if notification.status == "complete":
            return End(
                COMPLETE,
                notification=notification,
                detected_at=detected_at,
                items_failed=notification.items_failed,
            )
        why = notification.reason or "no reason given"
        reason = f"the batch {notification.status.replace('_', ' ')}: {why}"
        return End(FAILED, reason, notification)

    def _ended(self, status: BatchStatus, sample: Sample) -> End | None:
        """An end without a notification."""
        if status.status == "failed":
            own, told = status.reason, self.reported
            between = " " if own.endswith(":") else ". "  # an aborted execution has no words
            return End(FAILED, between.join(one for one in (own, told) if one))
        if status.status == "cancelled":
            return End(GONE, "the batch was cancelled by somebody else")
        if sample.cost_usd > self.max_usd and status.status == "open":
            spent = f"${sample.cost_usd:.4f} are spent by our meter"
            return End(STOPPED, f"{spent} and --max-usd is ${self.max_usd.normalize():f}")
        return None

    def _late(self, status: BatchStatus) -> str:
        done = f"{status.items_done:,} of {self.batch.items:,} items"
        return (
            f"no notification within {self.timeout_s:,.0f} s: the batch is {status.status}, about "
            f"{done} are done, {status.backlog:,} wait. Run the same order again to go on following"
        )


class Notifications:
    """Reads the queue. `wanted` says whether anybody still waits to hear of a batch."""

    def __init__(self, aws: Aws, queue_url: str, wanted: Callable[[str], bool]) -> None:
        self._aws = aws
        self._queue_url = queue_url
        self._wanted = wanted

    def wait(self, batch_id: str, seconds: float) -> Notification | None:
        """The notification of a batch, waited for at most that long; None if it has not come.

        A notification that nobody waits for is deleted. Another run's is left, to be seen again.
        """
        with plainly():
            answer = self._aws.client("sqs").receive_message(
                QueueUrl=self._queue_url,
                MessageAttributeNames=[WHY],
                MaxNumberOfMessages=READ_MAX,
                WaitTimeSeconds=max(0, min(LONG_POLL_S, int(seconds))),
            )
            found = None
            for message in answer.get("Messages", []):
                notification = _read(message)
                if notification is not None and notification.batch_id == batch_id:
                    found = notification
                elif notification is not None and self._wanted(notification.batch_id):
                    continue
                self._aws.client("sqs").delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found


@dataclass
class Spending:
    """What a batch has cost so far, asked of AWS's metrics now and then.

    The metrics lag by minutes. What the forecast gives for the part that is done fills the gap; it
    alone would never see a batch that costs more than it should.
    """

    usage_so_far: Callable[[], pd.DataFrame]
    book: PriceBook
    forecast_usd: Decimal
    clock: Clock
    every_s: float

    def __post_init__(self) -> None:
        self._began_at = self.clock.now()
        self._due_at = self._began_at + self.every_s
        self._metered_usd = Decimal(0)

    def usd(self, done: float) -> Decimal:
        """Dollars so far, when this part (0 to 1) of the items is done."""
        now = self.clock.now()
        if now >= self._due_at:
            metered_usd = total_usd(bill(self.usage_so_far(), self.book))
            self._metered_usd = max(self._metered_usd, metered_usd)
            # Each look costs something too, so a long batch is looked at less often.
            self._due_at = now + max(self.every_s, (now - self._began_at) / 10)
        expected = self.forecast_usd * Decimal(repr(done))
        return max(self._metered_usd, expected)


def deadline_s(design: Design, items: int, forecast_s: float) -> int:
    """How long a batch may take before AWS stops it: several times what it should by the forecast
    and by its knobs, and never less than 15 minutes."""
    at_once = min(design.processor_concurrency, ACCOUNT_CONCURRENCY) * design.item_concurrency
    item_ms = 2 * design.item_ms.mean_ms + design.computing_ms
    work_s = items * item_ms / 1000 / at_once + items / CREATE_PER_S
    work_s += design.wait_s(items)
    return ceil(max(DEADLINE_LEAST_S, DEADLINE_FACTOR * max(work_s, forecast_s)))


def _read(message: dict[str, Any]) -> Notification | None:
    """A notification, or None for what is something else, such as an alarm."""
    why = message.get("MessageAttributes", {}).get(WHY, {}).get("StringValue", "")
    content = read_notice(message["Body"], why)
    if content is None:
        return None
    try:
        return Notification(
            batch_id=content["batch_id"],
            status=content["status"],
            items_failed=int(content.get("items_failed") or 0),
            detected_at=content.get("detected_at"),
            reason=scrub(_text(content.get("reason"))),
        )
    except (ValueError, TypeError):
        return None


def _text(reason: Any) -> str:
    """A reason as text; that of a state machine is an object."""
    return reason if isinstance(reason, str) else json.dumps(reason)
