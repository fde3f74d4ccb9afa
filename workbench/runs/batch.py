"""A batch, and the rule by which its items are drawn.

Item `i` of a batch comes from the seed and `i` alone (a counter through a 64-bit mixer), so that
any segment can be drawn by itself and every target works the very same items. `lambdas.items` is
the handlers' own implementation of this rule, the model has a compiled one; tests hold all equal.

    z     = mix64(mix64(seed) + (i + 1) * GOLDEN)        all modulo 2**64
    id    = z as 16 hexadecimal digits                   unique: mix64 is a bijection
    value = ((z >> 32) * (value_max + 1)) >> 32          0..value_max milliseconds, or, with the
            knob `durations`, the quantile of z >> 32 between its points
    value = -1 where ((z & 0xffffffff) * 1_000_000) >> 32 < poison_per_million
"""

from dataclasses import dataclass

import numpy as np

from workbench.border import whole_number
from workbench.workload.durations import SLOPE_BITS, Durations, Uniform

GOLDEN = 0x9E3779B97F4A7C15
SEED_MAX = 2**63 - 1
_U = np.uint64


@dataclass(frozen=True)
class Batch:
    """What is to be processed: how many items, drawn from which seed, under which name."""

    items: int
    seed: int
    batch_id: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", whole_number("items", self.items, 1))
        object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, SEED_MAX))


def mix64(z: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over an array of uint64."""
    with np.errstate(over="ignore"):
        z = (z ^ (z >> _U(30))) * _U(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> _U(27))) * _U(0x94D049BB133111EB)
    return z ^ (z >> _U(31))


def draw(
    seed: int, start: int, stop: int, item_ms: Uniform | Durations, poison_per_million: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The draws `z` (uint64) and values (int64, ms, -1 poisoned) of items start..stop-1."""
    with np.errstate(over="ignore"):
        steps = np.arange(start + 1, stop + 1, dtype=np.uint64) * _U(GOLDEN)
        z = mix64(mix64(np.array([seed], dtype=np.uint64)) + steps)
    values = _drawn_ms(item_ms, z >> _U(32))
    poisoned = ((z & _U(0xFFFFFFFF)) * _U(1_000_000)) >> _U(32) < _U(poison_per_million)
    return z, np.where(poisoned, -1, values)


def _drawn_ms(item_ms: Uniform | Durations, bits: np.ndarray) -> np.ndarray:
    """The milliseconds (int64) of items by their 32 bits (uint64)."""
    if isinstance(item_ms, Uniform):
        return ((bits * _U(item_ms.longest_ms + 1)) >> _U(32)).astype(np.int64)
    starts, ms, slopes = np.array(item_ms.table, np.uint64)
    at = np.searchsorted(starts, bits, side="right") - 1
    more = ((bits - starts[at]) * slopes[at] + _U(1 << SLOPE_BITS - 1)) >> _U(SLOPE_BITS)
    return (ms[at] + more).astype(np.int64)
