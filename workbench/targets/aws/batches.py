"""What a target asks of a deployed design: trigger a batch, look at it, stop it, let it go on."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.designs import Design
from workbench.runs.batch import Batch
from workbench.stacks.aws_clients import Aws
from workbench.targets.aws.timeouts import Clock
from workbench.targets.aws.usage import BatchMeasurements, Least, Line

OPEN_LOOK = 10  # open batches that are looked at: one is enough to refuse a run


@dataclass(frozen=True)
class OpenBatch:
    """A batch that is not over; the stack's functions work on it, or wait for it."""

    batch_id: str
    status: str  # OPEN, CANCELLED, …


@dataclass(frozen=True)
class BatchStatus:
    """A batch by its state at one moment."""

    status: str  # absent, open, complete (notified or about to be), cancelled, failed
    items_done: int = 0
    backlog: int = 0  # messages that wait or are worked; items, where there are no messages
    detected_at: float | None = None  # seconds since 1970
    items_failed: int | None = None
    reason: str = ""  # why it failed, or was cancelled by AWS: it was late


class Batches(ABC):
    """The batches of one deployed design, whose stack has these outputs."""

    resumable = True  # whether one that was stopped can go on

    def __init__(self, aws: Aws, outputs: Mapping[str, str], clock: Clock) -> None:
        self._aws, self._out, self._clock = aws, outputs, clock
        self.read_units = 0.0  # that our own looks at a table cost

    @abstractmethod
    def others(self, batch_id: str) -> list[OpenBatch]:
        """Batches that are open besides this one; a few, if there are many."""

    @abstractmethod
    def trigger(self, batch: Batch, design: Design, deadline_s: int) -> float:
        """Start a batch, once however often it is asked; the time at it, on AWS's clock."""

    @abstractmethod
    def look(self, batch: Batch, design: Design) -> BatchStatus:
        """How far a batch is."""

    def known(self, batch_id: str) -> bool:  # noqa: ARG002
        """Whether a batch is there: a trigger may take a moment."""
        return True

    @abstractmethod
    def is_cancelled(self, batch_id: str) -> bool:
        """Whether a batch was cancelled, or timed out."""

    @abstractmethod
    def stop(self, batch_id: str) -> str:
        """Stop a batch so that it can go on; what is left of it and what goes on, in words."""

    @abstractmethod
    def resume(self, batch_id: str) -> str:
        """Let a stopped batch go on; what is to be known of how it does, in words."""

    @abstractmethod
    def purge(self, batch_id: str) -> str:
        """Give up a stopped batch for good; what was thrown away, in words."""

    def children(self, batch_id: str) -> int:  # noqa: ARG002
        """How many children a map has started for a batch."""
        return 0

    def least(self, design: Design, items: int, failed: int) -> Least:  # noqa: ARG002
        """What the metrics of a whole batch cannot stay below, by part and metric."""
        return {}

    @abstractmethod
    def usage_lines(self, measured: BatchMeasurements) -> Iterator[Line]:
        """The usage of a batch that is the design's own, beside its functions and telemetry."""
