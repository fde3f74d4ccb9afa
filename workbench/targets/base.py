"""The one seam between what to run and where: `Target.run`.

Nothing above a target asks which one it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import pandas as pd

from workbench.designs import Design
from workbench.platform.services import HOME_REGION
from workbench.pull.window import CloudAccess
from workbench.runs.batch import Batch
from workbench.runs.records import RunData


@dataclass(frozen=True)
class Progress:
    """How far a batch is, on the target's own clock."""

    items_done: int  # or failed, so far
    items: int
    elapsed_s: float
    usage: Callable[[], pd.DataFrame] | None = None  # so far, where the target meters as it goes
    cost_usd: float | None = None  # so far; filled in by what has the prices


OnProgress = Callable[[Progress], None]


class Forecast(NamedTuple):
    """What a batch is modelled to cost, and how long until it is known to be complete."""

    usd: Decimal
    seconds: float


@dataclass(frozen=True)
class RunOptions:
    """Money and place for a target, and what a simulated cloud begins with."""

    results: Path = Path("results")
    region: str = HOME_REGION  # whose prices count
    max_usd: Decimal = Decimal(1)
    forecast: Callable[[Design, int], Forecast] | None = None  # of so many items, at these prices
    fill: Path | None = None  # a Python file that fills a simulated cloud first


class Target(Protocol):
    """Runs a batch and hands over its run with the timeline and the usage; the bill comes later."""

    name: str

    def run(self, design: Design, batch: Batch, on_progress: OnProgress) -> RunData:
        """Run a batch to its end; `on_progress` is called now and then with how far it is."""
        ...

    @classmethod
    def create(cls, options: RunOptions) -> Self:
        """The target on these terms."""
        ...

    def close(self) -> None:
        """Give up what the target holds of this process."""
        ...

    def publish_bill(self, bill: pd.DataFrame) -> None:
        """Takes the bill of the run that has just ended; a simulated cloud shows it as its own."""
        ...

    def cloud(self, design: str) -> CloudAccess | None:
        """What can be asked about the runs of a design; None where there is no cloud to ask."""
        ...
