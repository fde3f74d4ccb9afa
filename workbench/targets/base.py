"""The one seam between what to run and where: `Target.run`.

Nothing above a target asks which one it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workbench.batch import Batch
from workbench.designs import Design
from workbench.records import Folder


@dataclass(frozen=True)
class Progress:
    """How far a batch is, on the target's own clock."""

    items_done: int
    items: int
    elapsed_s: float
    cost_usd: float | None = None


Watcher = Callable[[Progress], None]


class Target(Protocol):
    """Runs a batch and hands over its run with the timeline and the usage; the bill comes later."""

    name: str

    def run(self, design: Design, batch: Batch, watch: Watcher) -> Folder:
        """Run a batch to its end; `watch` is told now and then how far it is."""
        ...
