"""Following a batch to its end: by its notification, and by its state where that says more."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from workbench.designs import Design
from workbench.runs.batch import Batch
from workbench.targets.aws.batches import Batches, BatchStatus
from workbench.targets.aws.notifications import Notification, Notifications
from workbench.targets.aws.timeouts import Clock, Timeouts
from workbench.targets.base import OnProgress, Progress

TIMEOUT_LEAST_S = 900
TIMEOUT_FACTOR = 4  # of the time that a batch should take
ACCOUNT_CONCURRENCY = 1_000  # of an account that never asked for more (Lambda quotas)
CREATE_PER_S = 1_000  # items a second, taken low: one key takes that many writes
COMPLETE, FAILED, STOPPED, LATE, GONE = "complete", "failed", "stopped", "late", "gone"


@dataclass(frozen=True)
class Sample:
    """A look at one moment, in seconds since the trigger."""

    t_s: float
    items_done: int
    backlog: int
    cost_usd: Decimal


@dataclass(frozen=True)
class End:
    """How it ended: complete, failed, stopped (on dollars), late, or gone (cancelled)."""

    kind: str
    reason: str = ""
    notification: Notification | None = None
    detected_at: float | None = None  # seconds since 1970


@dataclass
class Follower:
    """Follows one batch. `spent` says the dollars so far, when that part of the items is done."""

    batch: Batch
    design: Design
    batches: Batches
    notifications: Notifications
    spent: Callable[[float], Decimal]
    max_usd: Decimal
    triggered_at: float
    timeout_s: float
    clock: Clock
    timeouts: Timeouts
    samples: list[Sample] = field(default_factory=list)
    told: str = ""  # why it failed, as a notification said that its state does not confirm

    def follow(self, on_progress: OnProgress) -> End:
        """Wait for the end, and tell how far the batch is meanwhile."""
        told_at: float | None = None  # when the state first said that it was over
        while True:
            notification = self.notifications.wait(self.batch.batch_id, self._wait_s())
            look = self.batches.look(self.batch, self.design)
            sample = self._sample(look)
            on_progress(self._progress(sample))
            if notification is not None and not self._stale(notification, look):
                return self._noticed(notification, look)
            now = self.clock.now()
            if look.status == "complete":
                told_at = told_at or now
                if now - told_at >= self.timeouts.notice_s:
                    return End(COMPLETE, detected_at=look.detected_at)
            elif end := self._ended(look, sample):
                return end
            if now - self.triggered_at >= self.timeout_s:
                return End(LATE, self._late(look))

    def _wait_s(self) -> float:
        """Look often at first, then less and less: a long batch changes slowly."""
        elapsed_s = self.clock.now() - self.triggered_at
        return min(self.timeouts.look_max_s, max(self.timeouts.look_s, elapsed_s / 20))

    def _sample(self, look: BatchStatus) -> Sample:
        t_s = self.clock.now() - self.triggered_at
        done = look.items_done / self.batch.items
        sample = Sample(t_s, look.items_done, look.backlog, self.spent(done))
        self.samples.append(sample)
        return sample

    def _stale(self, notification: Notification, look: BatchStatus) -> bool:
        """Whether a failure is told of a batch that runs: it was resumed, or is about to end."""
        if notification.status != FAILED or look.status != "open":
            return False
        self.told = notification.reason
        return True

    def _progress(self, sample: Sample) -> Progress:
        return Progress(
            items_done=sample.items_done,
            items=self.batch.items,
            elapsed_s=sample.t_s,
            cost_usd=float(sample.cost_usd),
        )

    def _noticed(self, notification: Notification, look: BatchStatus) -> End:
        detected_at = notification.detected_at or look.detected_at
        if notification.status == "complete":
            return End(COMPLETE, notification=notification, detected_at=detected_at)
        why = notification.reason or "no reason told"
        reason = f"the batch {notification.status.replace('_', ' ')}: {why}"
        return End(FAILED, reason, notification)

    def _ended(self, look: BatchStatus, sample: Sample) -> End | None:
        """An end that no notification tells of."""
        if look.status == "failed":
            reason = f"{look.reason} {self.told}".strip()
            return End(FAILED, reason)
        if look.status == "cancelled":
            return End(GONE, "the batch was cancelled by somebody else")
        if sample.cost_usd > self.max_usd and look.status == "open":
            spent = f"${sample.cost_usd:.4f} are spent by our meter"
            return End(STOPPED, f"{spent} and --max-usd is ${self.max_usd.normalize():f}")
        return None

    def _late(self, look: BatchStatus) -> str:
        done = f"{look.items_done:,} of {self.batch.items:,} items"
        return (
            f"no notification within {self.timeout_s:,.0f} s: the batch is {look.status}, about "
            f"{done} are done, {look.backlog:,} wait. Run the same order again to go on following"
        )


def timeout_s(design: Design, items: int) -> float:
    """How long a batch may take: several times what it should, and never less than 15 minutes."""
    at_once = min(design.processor_concurrency, ACCOUNT_CONCURRENCY) * design.item_concurrency
    work_s = items * design.value_max / 1000 / at_once + items / CREATE_PER_S
    work_s += design.wait_s(items)
    return max(TIMEOUT_LEAST_S, TIMEOUT_FACTOR * work_s)
