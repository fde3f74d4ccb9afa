"""The target `model`: a batch as events in compiled code, 100 million items in about a second.

Compiled code is imported when a batch runs, so that asking for the target costs nothing.
"""

from typing import TYPE_CHECKING, Self

import pandas as pd

from workbench.designs import Design
from workbench.engine.kernel import seed_for
from workbench.platform.profile import DEFAULT, Profile, load_profile
from workbench.runs.batch import Batch
from workbench.runs.parts import RunRows
from workbench.runs.records import RunData
from workbench.targets.base import OnProgress, Progress, RunOptions

if TYPE_CHECKING:
    from workbench.targets.model.models import Outcome


class ModelTarget:
    """Simulates a batch. `replication` > 0 draws the latencies anew, and the same items.

    `warm` environments of the processor are there from a run before.
    """

    name = "model"

    def __init__(
        self, profile: str | Profile = DEFAULT, replication: int = 0, warm: int = 0
    ) -> None:
        self.profile = load_profile(profile) if isinstance(profile, str) else profile
        self.replication, self.warm = replication, warm

    @classmethod
    def create(cls, options: RunOptions) -> Self:  # noqa: ARG003
        """The target: it spends no money and keeps nothing on disk."""
        return cls()

    def close(self) -> None:
        """Nothing is held."""

    def run(self, design: Design, batch: Batch, on_progress: OnProgress) -> RunData:
        """One batch to its end; refuses what AWS would refuse, and more than 100 million items."""
        data = self.outcome(design, batch).run_data(batch)
        on_progress(Progress(batch.items, batch.items, data.run.detected_s))
        return data

    def rows(self, design: Design, batch: Batch) -> RunRows:
        """The same batch as rows, without a frame: for the many runs of a sweep."""
        return self.outcome(design, batch).run_rows(batch)

    def cloud(self, design: str) -> None:  # noqa: ARG002
        """There is none to ask."""
        return

    def publish_bill(self, bill: pd.DataFrame) -> None:
        """There is no cloud that would show it."""

    def outcome(self, design: Design, batch: Batch) -> "Outcome":
        """The kernel's whole outcome, with the limits that held the batch."""
        from workbench.targets.model.models import simulate

        return simulate(design, batch, self.profile, self.stream_seed(batch), self.warm)

    def stream_seed(self, batch: Batch) -> int:
        """The seed of everything but the items' values."""
        if not self.replication:
            return batch.seed
        return seed_for(batch.seed, f"model/replication/{self.replication}")
