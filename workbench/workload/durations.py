"""How long items take: uniform from nothing, or along the points of a quantile function.

A point is a percent and its milliseconds: `0:120 50:800 99:6000 100:60000`; between two it is
linear. An item takes the quantile of its own 32 bits, in whole milliseconds. All arithmetic on the
way from the bits is of whole numbers, so handlers, model and tables agree to the millisecond.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log
from typing import Any

import numpy as np

from workbench.errors import BadKnob

ALL = 10**8  # the share of a quantile, in parts of it
MS_MAX = 600_000
POINTS_MAX = 65
SLOPE_BITS = 40  # of the milliseconds that a point's next is away, for each of 2**32 draws
RARE = 1e-12  # how seldom items together take longer than they are given time
POINT = re.compile(r"(\d{1,3})(?:\.(\d{1,6}))?:(\d{1,6})")
_U = np.uint64


@dataclass(frozen=True)
class Uniform:
    """Whole milliseconds from 0 to `longest_ms`, each as likely."""

    longest_ms: int

    @property
    def mean_ms(self) -> float:
        """The mean."""
        return self.longest_ms / 2

    @property
    def mean_digits(self) -> float:
        """The mean length of an item's milliseconds as JSON writes them."""
        powers = [10**k for k in range(len(str(self.longest_ms)))]
        digits = sum(len(str(low)) * (min(self.longest_ms + 1, low * 10) - low) for low in powers)
        return (digits + 1) / (self.longest_ms + 1)  # the 1 is that of "0"

    def quantile_ms(self, share: float) -> float:
        """The milliseconds that this share of the items takes at most."""
        return share * self.longest_ms

    def limit_ms(self, items: int) -> float:
        """What so many items take together at most."""
        return items * self.longest_ms

    def drawn_ms(self, bits: np.ndarray) -> np.ndarray:
        """The milliseconds (int64) of items by their 32 bits (uint64)."""
        return ((bits * _U(self.longest_ms + 1)) >> _U(32)).astype(np.int64)


@dataclass(frozen=True)
class Durations:
    """Points of a quantile function: shares in parts of 10**8, ascending, and milliseconds."""

    points: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, text: str) -> "Durations":
        """The durations that the knob `durations` spells; BadKnob says what is wrong with it."""
        matches = [POINT.fullmatch(part) for part in text.split(" ")]
        if not all(matches):
            wrong = text.split(" ")[matches.index(None)]
            raise _refusal(text, f"{wrong!r} is not percent:ms, such as 50:800 or 99.9:6000")
        found = [one.groups(default="") for one in matches if one]
        points = ((int(a) * 10**6 + int(b.ljust(6, "0")), int(ms)) for a, b, ms in found)
        return cls(tuple(points))

    def __post_init__(self) -> None:
        shares, ms = zip(*self.points, strict=True)
        if not 2 <= len(shares) <= POINTS_MAX:
            raise _refusal(self.text, f"{len(shares)} points, and not 2 to {POINTS_MAX}")
        if shares[0] != 0 or shares[-1] != ALL or list(shares) != sorted(set(shares)):
            raise _refusal(self.text, "percents must ascend from 0 to 100")
        if list(ms) != sorted(ms) or ms[-1] > MS_MAX:
            raise _refusal(self.text, f"milliseconds must not descend, up to {MS_MAX:,}")

    @property
    def text(self) -> str:
        """The knob."""
        return " ".join(f"{_percent(share)}:{ms}" for share, ms in self.points)

    @property
    def longest_ms(self) -> int:
        """The longest that an item takes."""
        return self.points[-1][1]

    @cached_property
    def mean_ms(self) -> float:
        """The mean."""
        width, low, high = self._pieces
        return float((width * (low + high)).sum() / 2)

    @cached_property
    def mean_digits(self) -> float:
        """The mean length of an item's milliseconds as JSON writes them."""
        return 1.0 + sum(1 - self._share_below(10**k - 0.5) for k in range(1, 6))

    def quantile_ms(self, share: float) -> float:
        """The milliseconds that this share of the items takes at most."""
        shares, ms = zip(*self.points, strict=True)
        return float(np.interp(share, np.array(shares) / ALL, ms))

    def limit_ms(self, items: int) -> float:
        """What so many items take together at most, but for once in 10**12 times."""
        return _limit_ms(self, items)

    @cached_property
    def table(self) -> np.ndarray:
        """Points as draws read them (uint64, 3 rows): bits, milliseconds, slope to the next."""
        bits = [share * 2**32 // ALL for share, _ in self.points]
        ms = [ms for _, ms in self.points]
        ends = zip(bits, bits[1:], ms, ms[1:], strict=False)
        slopes = [((d - c) << SLOPE_BITS) // (b - a) for a, b, c, d in ends]
        return np.array([bits, ms, [*slopes, 0]], np.uint64)

    def drawn_ms(self, bits: np.ndarray) -> np.ndarray:
        """The milliseconds (int64) of items by their 32 bits (uint64)."""
        starts, ms, slopes = self.table
        at = np.searchsorted(starts, bits, side="right") - 1
        more = ((bits - starts[at]) * slopes[at] + _U(1 << SLOPE_BITS - 1)) >> _U(SLOPE_BITS)
        return (ms[at] + more).astype(np.int64)

    @property
    def _pieces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Between each two points: the share of the items, the milliseconds at both ends."""
        shares, ms = np.array(self.points, float).T
        return np.diff(shares) / ALL, ms[:-1], ms[1:]

    def _share_below(self, limit_ms: float) -> float:
        """How many items take less."""
        width, low, high = self._pieces
        wide = np.where(high > low, high - low, 1.0)
        below = np.where(high > low, np.clip((limit_ms - low) / wide, 0, 1), low < limit_ms)
        return float((width * below).sum())


def item_ms_of(knobs: Mapping[str, Any]) -> Uniform | Durations:
    """How long items take, by the knobs of a run; some know no `durations` yet."""
    text = knobs.get("durations")
    return Durations.read(text) if text else Uniform(knobs["value_max"])


@lru_cache(maxsize=4096)
def _limit_ms(durations: Durations, items: int) -> float:
    """Chernoff's bound of a sum at the best of a hundred exponents, each of which holds."""
    longest = durations.longest_ms
    if items < 2 or not longest:
        return float(items * longest)
    width, low, high = (one[:, None] for one in durations._pieces)
    t = np.geomspace(1e-4, 1e3, 100) / longest
    gap = np.maximum((high - low) * t, 1e-12)
    mean = width * np.exp((high - longest) * t) * -np.expm1(-gap) / gap  # of exp(t (x - longest))
    bound = (items * np.log(mean.sum(axis=0)) - log(RARE)) / t + items * longest
    return float(min(items * longest, bound.min()))


def _percent(share: int) -> str:
    whole, rest = divmod(share, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _refusal(text: str, why: str) -> BadKnob:
    shown = text if len(text) < 80 else f"{text[:77]}..."
    return BadKnob("durations", shown, why)
