"""The items of a batch: drawn from its seed, one by one, so that any segment stands by itself.

A counter through the finalizer of SplitMix64. The id is the 64-bit draw, so ids are unique, look
random to DynamoDB, and are the same on a second attempt. Bring your own items by replacing
`create`: give the items of a range of indices, the same ones every time.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

GOLDEN = 0x9E3779B97F4A7C15
WORK = ("cpu_ms", "fails_per_million")  # knobs of working an item, where they say something
SHAPES = ("value_max", "durations", "poison_per_million", *WORK)
MASK = 0xFFFFFFFFFFFFFFFF


class Item(NamedTuple):
    """One item: its unique id, and the milliseconds that processing it takes."""

    id: str
    value: int


def create(seed: int, start: int, stop: int, knobs: dict) -> Iterator[Item]:
    """Items start..stop-1; `value_max` or `durations`, and `poison_per_million`, shape them."""
    base, poison = mix64(seed), knobs.get("poison_per_million", 0)
    for index in range(start + 1, stop + 1):
        z = mix64((base + index * GOLDEN) & MASK)
        yield Item(f"{z:016x}", -1 if _drawn(z, poison) else waits_ms(knobs, z >> 32))


def sent(items: Iterable[Iterable], knobs: dict) -> Iterator[list]:
    """Items as they travel: id, value, and a filler of `item_bytes` ASCII characters, if any."""
    payload = ["." * knobs["item_bytes"]] if knobs.get("item_bytes") else []
    return ([*item, *payload] for item in items)


def waits_ms(knobs: dict, draw: int) -> int:
    """The milliseconds of an item by its 32 bits: up to `value_max`, or along `durations`.

    These are points of the quantile function: of 2**32 draws the first, and its milliseconds.
    Between two it is linear, in whole numbers.
    """
    points = knobs.get("durations")
    if not points:
        return (draw * (knobs["value_max"] + 1)) >> 32
    at = bisect_right(points, [draw + 1])
    (start, low), (stop, high) = points[at - 1 : at + 1]
    slope = ((high - low) << 40) // (stop - start)
    return low + (((draw - start) * slope + (1 << 39)) >> 40)


def fails(item: Item, tries: int, per_million: int) -> bool:
    """Whether this try of an item is one of so many in a million that fail."""
    return bool(per_million) and _drawn(
        mix64((int(item.id, 16) + tries * GOLDEN) & MASK), per_million
    )


def _drawn(z: int, per_million: int) -> bool:
    """Whether a draw is among so many of a million."""
    return ((z & 0xFFFFFFFF) * 1_000_000) >> 32 < per_million


def mix64(z: int) -> int:
    """A bijection of 64-bit numbers that makes neighbours look unrelated."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def shard_of(item_id: str, shards: int) -> int:
    """The shard of the batch state of an item's record."""
    return int(item_id[8:16], 16) % shards
