"""How long items take: uniform from nothing, or along the points of a quantile function.

A point is a percent and its milliseconds: `0:120 50:800 99:6000 100:60000`; between two it is
linear. An item takes the quantile of its own 32 bits, in whole milliseconds. All arithmetic on the
way from the bits is of whole numbers, so handlers, model and tables agree to the millisecond.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import exp, expm1, inf, log
from typing import Any

from workbench.errors import BadKnob

ALL = 10**8  # the share of a quantile, in parts of it
MS_MAX = 600_000
POINTS_MAX = 65
SLOPE_BITS = 40  # of the milliseconds that a point's next is away, for each of 2**32 draws
RARE = 1e-12  # how seldom items together take longer than they are given time
EXPONENTS = range(-45, 40)  # of 1.2, over the longest
POINT = re.compile(r"(\d{1,3})(?:\.(\d{1,6}))?:(\d{1,6})")


@dataclass(frozen=True)
class Uniform:
    """Whole milliseconds from 0 to `longest_ms`, each as likely."""

    longest_ms: int

    @property
    def mean_ms(self) -> float:
        """The mean."""
        return self.longest_ms / 2

    @property
    def knobs(self) -> dict[str, Any]:
        """The knobs that say so."""
        return {"value_max": self.longest_ms}

    @property
    def line(self) -> str:
        """In words, after "items of"."""
        return f"0 to {self.longest_ms:,} ms"

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
    def knobs(self) -> dict[str, Any]:
        """The knobs that say so."""
        return {"durations": self.text, "value_max": self.longest_ms}

    @property
    def line(self) -> str:
        """In words, after "items of"."""
        return f"{self.mean_ms:,.0f} ms on average, up to {self.longest_ms:,} ms"

    @property
    def longest_ms(self) -> int:
        """The longest that an item takes."""
        return self.points[-1][1]

    @cached_property
    def mean_ms(self) -> float:
        """The mean."""
        return sum(width * (low + high) for width, low, high in self.pieces) / 2

    @cached_property
    def mean_digits(self) -> float:
        """The mean length of an item's milliseconds as JSON writes them."""
        return 1.0 + sum(1 - self._share_below(10**k - 0.5) for k in range(1, 6))

    def quantile_ms(self, share: float) -> float:
        """The milliseconds that this share of the items takes at most."""
        at = min(bisect_right(self.points, (share * ALL, inf)), len(self.points) - 1)
        (start, low), (stop, high) = self.points[at - 1 : at + 1]
        return low + (high - low) * (share * ALL - start) / (stop - start)

    def limit_ms(self, items: int) -> float:
        """What so many items take together at most, but for once in 10**12 times."""
        return _limit_ms(self, items)

    def less(self, ms: int) -> "Durations":
        """Those of items that each take so much less, and never less than nothing."""
        left = [(share, one - ms) for share, one in self.points if one > ms]
        if len(left) == len(self.points):
            return Durations(tuple(left))
        inside = [share for share, one in self.points if one <= ms][-1]
        zero = inside
        if left and left[0][1]:
            low, high = dict(self.points)[inside], left[0][1] + ms
            zero += int((left[0][0] - inside) * (ms - low) / (high - low))
        ends = ((0, 0), (zero, 0)) if 0 < zero < ALL and len(left) < POINTS_MAX - 1 else ((0, 0),)
        return Durations((*ends, *(left or [(ALL, 0)])))

    @property
    def drawn_from(self) -> list[list[int]]:
        """Points as a batch carries them: of 2**32 draws the first, and its milliseconds."""
        return [[share * 2**32 // ALL, ms] for share, ms in self.points]

    @property
    def table(self) -> tuple[list[int], list[int], list[int]]:
        """Points as draws read them: the first 32 bits, milliseconds, slope to the next."""
        bits, ms = map(list, zip(*self.drawn_from, strict=True))
        ends = zip(pairwise(bits), pairwise(ms), strict=True)
        slopes = [((d - c) << SLOPE_BITS) // (b - a) for (a, b), (c, d) in ends]
        return bits, ms, [*slopes, 0]

    @property
    def pieces(self) -> Iterator[tuple[float, int, int]]:
        """Between each two points: the share of the items, the milliseconds at both ends."""
        return (((b - a) / ALL, c, d) for (a, c), (b, d) in pairwise(self.points))

    def _share_below(self, limit_ms: float) -> float:
        """How many items take less."""
        return sum(
            width
            * (
                min(1.0, max(0.0, (limit_ms - low) / (high - low)))
                if high > low
                else low < limit_ms
            )
            for width, low, high in self.pieces
        )


USUAL = Uniform(1_000)  # of the design that this study starts from


def item_ms_of(knobs: Mapping[str, Any]) -> Uniform | Durations:
    """How long items take, by the knobs of a run; some know no `durations` yet."""
    text = knobs.get("durations")
    return _read(text) if text else Uniform(knobs["value_max"])


@lru_cache(maxsize=256)  # a design asks each time that it is asked how long its work takes
def _read(text: str) -> Durations:
    return Durations.read(text)


@lru_cache(maxsize=4096)
def _limit_ms(durations: Durations, items: int) -> float:
    """Chernoff's bound of a sum at the best of some exponents, each of which holds."""
    longest = durations.longest_ms
    hard = float(items * longest)
    if items < 2 or not longest:
        return hard
    return min(hard, *(hard + _beyond_ms(durations, items, 1.2**n / longest) for n in EXPONENTS))


def _beyond_ms(durations: Durations, items: int, t: float) -> float:
    """How far above the longest of all Chernoff's bound lies with an exponent; below: negative."""
    mean = 0.0  # of exp(t (x - longest))
    for width, low, high in durations.pieces:
        gap = max((high - low) * t, 1e-12)
        mean += width * exp((high - durations.longest_ms) * t) * -expm1(-gap) / gap
    return (items * log(mean) - log(RARE)) / t


def _percent(share: int) -> str:
    whole, rest = divmod(share, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _refusal(text: str, why: str) -> BadKnob:
    shown = text if len(text) < 80 else f"{text[:77]}..."
    return BadKnob("durations", shown, why)
