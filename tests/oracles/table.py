"""The batch-state table, told plainly: two buckets of write capacity, and how the table grows."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oracles.sqs import SqsStory


class Table:
    """Grants writes first come, first served."""

    def __init__(self, story: "SqsStory") -> None:
        self.story = story
        self.units_per_s = story.p.table_units_per_s
        self.free_at = self.keys_free_at = -story.p.burst_s
        self.period_units = 0

    def reserve(self, units: int) -> float:
        """When so many writes to item records, asked for now, are granted."""
        p, now = self.story.p, self.story.now
        self.write_elsewhere(units)
        self.free_at = max(self.free_at, now - p.burst_s) + units * (1.0 / self.units_per_s)
        self.keys_free_at = max(self.keys_free_at, now - p.burst_s) + units * (
            1.0 / p.key_units_per_s
        )
        granted_s = max(now, self.free_at, self.keys_free_at)
        if granted_s > now:
            self.story.tally["throttles"] += 1
        return granted_s

    def write_elsewhere(self, units: int) -> None:
        """Writes to other records of the table: counted, never the bottleneck."""
        self.story.tally["written_units"] += units
        self.period_units += units

    def grow(self) -> None:
        """Once a period: the table takes up to twice what it took in the last one."""
        p = self.story.p
        taken = 2.0 * self.period_units / p.growth_s
        self.units_per_s = min(p.table_quota_per_s, max(self.units_per_s, taken))
        self.period_units = 0
        self.story.kernel.at(self.story.now + p.growth_s, self.grow)
