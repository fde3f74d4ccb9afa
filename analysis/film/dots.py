"""Where each dot of a design is in each frame: it waits, is at work, is done, or on its way.

Dots are counted, not followed: they go in their order, whichever items are done first. A place at
work that comes free is taken by the next dot.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import ceil

import numpy as np
import pandas as pd

MOST = 1_000  # dots a design
MOVE = 12  # frames that a dot is on its way


@dataclass(frozen=True)
class Scale:
    """How many items a dot stands for, and how many dots that makes."""

    each: int
    dots: int

    def of(self, items: np.ndarray, total: int) -> np.ndarray:
        """Numbers of items as whole dots; all items are all dots."""
        return np.where(items >= total, self.dots, items // self.each).astype(int)


def scale_of(items: int) -> Scale:
    """As many items a dot as it takes to show them all."""
    each = max(1, ceil(items / MOST))
    return Scale(each, ceil(items / each))


@dataclass(frozen=True)
class Dots:
    """A design's dots: the frames at which each goes to work and is done, and its place at work."""

    begins: np.ndarray
    ends: np.ndarray
    places: np.ndarray

    def zones(self, frame: int) -> np.ndarray:
        """The zone of each dot: 0 it waits, 1 it is at work, 2 it is done."""
        return (self.begins <= frame).astype(int) + (self.ends <= frame)

    def at(self, frame: int, homes: tuple[np.ndarray, ...]) -> np.ndarray:
        """Where each dot is, in pixels; `homes` are the places of the three zones."""
        waiting, work, done = homes
        count = len(self.begins)
        start, desk, end = waiting[:count], work[self.places], done[:count]
        left = start + (desk - start) * _way(np.minimum(frame, self.ends) - self.begins)
        return left + (end - left) * _way(frame - self.ends)


def dots_of(moments: pd.DataFrame, items: int, scale: Scale) -> Dots:
    """The dots of a run whose moments are one row a frame."""
    done = scale.of(moments["items_done"].to_numpy(), items)
    begun = np.maximum(done, scale.of(items - moments["waiting"].to_numpy(), items))
    numbers = np.arange(scale.dots)
    begins = np.searchsorted(np.maximum.accumulate(begun), numbers, side="right")
    ends = np.searchsorted(np.maximum.accumulate(done), numbers, side="right")
    return Dots(begins, ends, _places(begins, ends))


def homes_of(columns: int, rows: int, pitch: int, lefts: list[int], top: int) -> tuple:
    """The places of the three zones: waiting empties from its right, the others fill from left."""
    number = np.arange(columns * rows)
    column, row = number // rows, number % rows
    across = columns - 1 - column, column, column
    return tuple(
        np.stack([left + own * pitch, top + row * pitch], axis=1).astype(float)
        for left, own in zip(lefts, across, strict=True)
    )


def _places(begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A place at work for each dot: the lowest that is free when it begins."""
    places, free, busy, ahead = np.zeros(len(begins), dtype=int), [*range(len(begins))], 0, 0
    heapify(free)
    for dot, begin in enumerate(begins):
        while busy < ahead and ends[busy] <= begin:
            heappush(free, places[busy])
            busy += 1
        places[dot] = heappop(free)
        ahead = dot + 1
    return places


def _way(frames: np.ndarray) -> np.ndarray:
    """The share of a way that is behind after some frames: it begins and ends slowly."""
    share = np.clip(frames / MOVE, 0.0, 1.0)[:, None]
    return share * share * (3 - 2 * share)
