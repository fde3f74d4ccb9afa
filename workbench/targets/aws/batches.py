"""What a target asks of a deployed design: trigger a batch, look at it, stop it, let it go on."""

from dataclasses import dataclass
from typing import Protocol

from workbench.designs import Design
from workbench.runs.batch import Batch


@dataclass(frozen=True)
class OpenBatch:
    """A batch that is not over; the stack's functions work on it, or wait for it."""

    batch_id: str
    status: str  # OPEN, CANCELLED, …


@dataclass(frozen=True)
class BatchStatus:
    """A batch as its state tells at one moment."""

    status: str  # absent, open, complete (told or about to be), cancelled, failed
    items_done: int = 0
    backlog: int = 0  # messages that wait or are worked; items, where there are no messages
    detected_at: float | None = None  # seconds since 1970
    items_failed: int | None = None
    reason: str = ""


class Batches(Protocol):
    """The batches of one deployed design."""

    read_units: float  # that our own looks at a table cost

    def others(self, batch_id: str) -> list[OpenBatch]:
        """Batches that are open besides this one; a few, if there are many."""
        ...

    def trigger(self, batch: Batch, design: Design) -> float:
        """Start a batch, once however often it is asked; the time at it, on AWS's clock."""
        ...

    def look(self, batch: Batch, design: Design) -> BatchStatus:
        """How far a batch is."""
        ...

    def known(self, batch_id: str) -> bool:
        """Whether a batch is there: a trigger takes a moment."""
        ...

    def stop(self, batch_id: str) -> str:
        """Stop a batch so that it can go on; what is left of it and what goes on, in words."""
        ...

    def resume(self, batch_id: str) -> None:
        """Let a stopped batch go on."""
        ...

    def purge(self, batch_id: str) -> str:
        """Give up a stopped batch for good; what was thrown away, in words."""
        ...

    def children(self, batch_id: str) -> int:
        """How many children a map has started for a batch; 0 where there is no map."""
        ...
