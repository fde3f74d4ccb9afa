"""The batch-state table: how fast it takes writes.

A bucket that refills at a steady rate and holds `burst_s` of it, kept as the time at which it will
be free: a request is granted once the bucket has its units, first come, first served. Retries of
throttled requests are that waiting, as a fluid. The table as a whole and the item keys together
have one each; a saturated on-demand table doubles after `growth_s`.
"""

import numpy as np

from workbench.targets.model.engine.compiled import compiled
from workbench.targets.model.sqs.settings import SqsSettings


@compiled
def reserve(p: SqsSettings, s: np.void, time_s: float, units: int) -> float:
    """When `units` writes to item records, asked for at a time, are granted."""
    s.written_units += units
    s.growth_units += units
    s.table_free_at = max(s.table_free_at, time_s - p.burst_s) + units * s.table_unit_s
    s.key_free_at = max(s.key_free_at, time_s - p.burst_s) + units * s.key_unit_s
    granted = max(time_s, s.table_free_at, s.key_free_at)
    if granted > time_s:
        s.throttles += 1
    return granted


@compiled
def write_elsewhere(s: np.void, units: int) -> None:
    """Writes to other records of the table: a few a segment or a batch, never the bottleneck."""
    s.written_units += units
    s.growth_units += units


@compiled
def grow(p: SqsSettings, s: np.void, time_s: float) -> None:
    """Once a period: the table takes up to twice what it took in the last one."""
    taken = 2.0 * s.growth_units / p.growth_s
    s.table_rate = min(p.table_quota_per_s, max(s.table_rate, taken))
    s.table_unit_s = 1.0 / s.table_rate  # multiplying is faster than dividing
    s.growth_units = 0
    s.growth_at = time_s + p.growth_s
