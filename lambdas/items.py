"""The items of a batch: drawn from its seed, one by one, so that any segment stands by itself.

A counter through the finalizer of SplitMix64. The id is the 64-bit draw, so ids are unique, look
random to DynamoDB, and are the same on a second attempt. Bring your own items by replacing
`create`: give the items of a range of indices, the same ones every time.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

GOLDEN = 0x9E3779B97F4A7C15
SHAPES = ("value_max", "durations", "cpu_ms", "poison_per_million")  # knobs of items and their work
MASK = 0xFFFFFFFFFFFFFFFF
POINT = re.compile(r"(\d{1,3})(?:\.(\d{1,6}))?:(\d{1,6})")


class Item(NamedTuple):
    """One item: its unique id, and the milliseconds that processing it takes."""

    id: str
    value: int


def create(seed: int, start: int, stop: int, knobs: dict) -> Iterator[Item]:
    """Items start..stop-1; `value_max` or `durations`, and `poison_per_million`, shape them."""
    base, values = mix64(seed), knobs["value_max"] + 1
    quantile = _quantile(knobs["durations"]) if knobs.get("durations") else None
    poison = knobs.get("poison_per_million", 0)
    for index in range(start + 1, stop + 1):
        z = mix64((base + index * GOLDEN) & MASK)
        poisoned = ((z & 0xFFFFFFFF) * 1_000_000) >> 32 < poison
        value = quantile(z >> 32) if quantile else ((z >> 32) * values) >> 32
        yield Item(f"{z:016x}", -1 if poisoned else value)


def sent(items: Iterable[Iterable], knobs: dict) -> Iterator[list]:
    """Items as they travel: id, value, and a filler of `item_bytes` ASCII characters, if any."""
    payload = ["." * knobs["item_bytes"]] if knobs.get("item_bytes") else []
    return ([*item, *payload] for item in items)


def read_durations(text: str) -> list[tuple[int, int]]:
    """The points `percent:ms` of a quantile function: of 2**32 draws the first, and milliseconds.

    ValueError if they do not ascend from 0 to 100 percent.
    """
    points = []
    for part in text.split(" "):
        spelled = POINT.fullmatch(part)
        if not spelled:
            raise ValueError(f"durations {part[:40]!r} is not percent:ms")
        whole, rest, ms = spelled.groups(default="")
        share = int(whole) * 10**6 + int(rest.ljust(6, "0"))  # in 10**8
        points.append((share * 2**32 // 10**8, int(ms)))
    starts, values = zip(*points, strict=True)
    ascend = list(starts) == sorted(set(starts)) and list(values) == sorted(values)
    if not ascend or (starts[0], starts[-1]) != (0, 2**32):
        raise ValueError("durations must ascend from 0 to 100 percent")
    return points


def mean_ms(knobs: dict) -> float:
    """What an item waits on average."""
    if not knobs.get("durations"):
        return knobs["value_max"] / 2
    points = pairwise(read_durations(knobs["durations"]))
    return sum((b - a) * (c + d) for (a, c), (b, d) in points) / 2**33


def _quantile(text: str) -> Callable[[int], int]:
    """The milliseconds of an item by its 32 bits: linear between points, in whole numbers."""
    points = read_durations(text)
    starts = [start for start, _ in points]
    slopes = [((d - c) << 40) // (b - a) for (a, c), (b, d) in pairwise(points)]

    def value(draw: int) -> int:
        at = bisect_right(starts, draw) - 1
        return points[at][1] + (((draw - starts[at]) * slopes[at] + (1 << 39)) >> 40)

    return value


def mix64(z: int) -> int:
    """A bijection of 64-bit numbers that makes neighbours look unrelated."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def shard_of(item_id: str, shards: int) -> int:
    """The shard of the batch state of an item's record."""
    return int(item_id[8:16], 16) % shards
