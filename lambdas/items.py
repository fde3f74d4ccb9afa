"""The items of a batch: drawn from its seed, one by one, so that any segment stands by itself.

A counter through the finalizer of SplitMix64. The id is the 64-bit draw, so ids are unique, look
random to DynamoDB, and are the same on a second attempt. Bring your own items by replacing
`create`: give the items of a range of indices, the same ones every time.
"""

from collections.abc import Iterator
from typing import NamedTuple

GOLDEN = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF


class Item(NamedTuple):
    """One item: its unique id, and the milliseconds that processing it takes."""

    id: str
    value: int


def create(seed: int, start: int, stop: int, knobs: dict) -> Iterator[Item]:
    """Items start..stop-1; the knobs `value_max` and `poison_per_million` shape them."""
    base = mix64(seed)
    values = knobs["value_max"] + 1
    poison = knobs.get("poison_per_million", 0)
    for index in range(start + 1, stop + 1):
        z = mix64((base + index * GOLDEN) & MASK)
        poisoned = ((z & 0xFFFFFFFF) * 1_000_000) >> 32 < poison
        yield Item(f"{z:016x}", -1 if poisoned else ((z >> 32) * values) >> 32)


def mix64(z: int) -> int:
    """A bijection of 64-bit numbers that makes neighbours look unrelated."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def shard_of(item_id: str, shards: int) -> int:
    """The shard of the batch state of an item's record."""
    return int(item_id[8:16], 16) % shards
