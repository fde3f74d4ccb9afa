"""A curve: model runs of one setting over the number of items, as few as tell all between.

Quantities and seconds lie on straight lines between two runs, in logarithms. Runs are added where
these lines are off; the rest is thinned. Where more invocations are wanted than run at a time, a
last wave begins, and the time jumps as its first lot grows: there two runs stand a lot apart.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import exp, log, sqrt

from workbench.calculator.setting import ITEMS_MAX, ITEMS_MIN, Column, Point, Usage
from workbench.prices import PriceBook

BEGUN = 4  # runs a decade of items, before any is added
OFF_MAX = 0.018  # of dollars and of time, where two runs are joined
THINNED_MAX = 0.004  # the same, of runs that are left out
CLOSEST = 1.03  # sizes nearer than this are not told apart: the time is from one's to the other's
LESS_EXACT = 3  # as many times as far off may be what coordination costs
WAVES_TOLD = 33  # after as many, one more takes 3 % more
SHORT_S = 10.0  # of a batch that takes less, a part of this may be off


@dataclass(frozen=True)
class Off:
    """How far a curve is from runs: parts of the dollars, of those of coordination, of the time."""

    usd: float
    coordination: float
    time: float


class Rates(dict[Column, float]):
    """Dollars a unit by column, before any tier and without what is free."""

    def __init__(self, book: PriceBook) -> None:
        self.book = book

    def __missing__(self, column: Column) -> float:
        rate = self[column] = float(self.book.price(*column[:2]).tiers[0].usd)
        return rate

    def usd(self, usage: Usage) -> float:
        """What usage costs."""
        return sum(self[column] * quantity for column, quantity in usage.items())

    def coordination_usd(self, usage: Usage) -> float:
        """What coordination is of that."""
        return self.usd({column: own for column, own in usage.items() if column[2]})


@dataclass(frozen=True)
class Curve:
    """Points in the order of their items."""

    points: tuple[Point, ...]

    @cached_property
    def _items(self) -> list[int]:
        return [one.items for one in self.points]

    def usage(self, items: int) -> Usage:
        """What so many items use."""
        return between(*self._around(items), items)[0]

    def done_s(self, items: int) -> tuple[float, float]:
        """Seconds until all are done, from and to: apart where they jump between two near runs."""
        low, high = self._around(items)
        if low.items < items < high.items < CLOSEST * low.items:
            return min(low.done_s, high.done_s), max(low.done_s, high.done_s)
        done_s = between(low, high, items)[1]
        return done_s, done_s

    def off(self, point: Point, rates: Rates) -> Off:
        """How far it is from a point."""
        low_s, high_s = self.done_s(point.items)
        done_s = min(max(point.done_s, low_s), high_s)
        return _off(self.usage(point.items), done_s, point, rates)

    def _around(self, items: int) -> tuple[Point, Point]:
        """The two points that so many items lie between, or on one of."""
        right = max(1, bisect_left(self._items, items))
        return self.points[right - 1], self.points[right]


def between(low: Point, high: Point, items: int) -> tuple[Usage, float]:
    """Usage and seconds on the lines between two points."""
    part = log(items / low.items) / log(high.items / low.items)
    plain = (items - low.items) / (high.items - low.items)

    def on_line(a: float, b: float) -> float:
        if a > 0 and b > 0:
            return exp(log(a) + (log(b) - log(a)) * part)
        return a + (b - a) * plain

    columns = {**low.usage, **high.usage}
    usage = {one: on_line(low.usage.get(one, 0), high.usage.get(one, 0)) for one in columns}
    return usage, on_line(low.done_s, high.done_s)


def sampled(
    play: Callable[[int], Point], lot: int, places: int, rates: Rates, most: int = ITEMS_MAX
) -> Curve:
    """The runs of a curve from 100 to `most` items, worked in lots, as many at a time as `places`.

    Two runs are not broken up where the line between them held twice in a row.
    """
    points = {items: play(items) for items in _begun(most)}
    todo = [(low, high, False) for low, high in pairwise(sorted(points))]
    while todo:
        low, high, held = todo.pop()
        if high / low < CLOSEST or high - low < 2:
            continue
        probes = _probes(low, high, lot, places)
        points |= {items: play(items) for items in probes if items not in points}
        holds = all(_holds(points[low], points[items], points[high], rates) for items in probes)
        if not (holds and held):
            todo += [(a, b, holds) for a, b in pairwise(sorted({low, *probes, high}))]
    return Curve(tuple(points[items] for items in sorted(points)))


def thinned(points: Sequence[Point], far: Callable[[Point, Point, Point], float]) -> list[Point]:
    """The points without which the lines would be off: `far` says how much, at one left out."""
    low, *between_ends, high = points
    offs = [far(low, one, high) for one in between_ends]
    if not offs or max(offs) <= THINNED_MAX:
        return [low, high]
    at = 1 + offs.index(max(offs))
    return [*thinned(points[: at + 1], far), *thinned(points[at:], far)[1:]]


def far_in_time(low: Point, middle: Point, high: Point) -> float:
    """How far the time at a point is from the line between two."""
    return _off_time(between(low, high, middle.items)[1], middle)


def far_in_usage(rates: Rates, low: Point, middle: Point, high: Point) -> float:
    """How far each quantity at a point is from the line between two, in parts of the dollars."""
    usage, _ = between(low, high, middle.items)
    apart = {one: abs(own - middle.usage.get(one, 0)) for one, own in usage.items()}
    return max(
        rates.usd(apart) / rates.usd(middle.usage),
        _part(rates.coordination_usd(apart), rates.coordination_usd(middle.usage)) / LESS_EXACT,
    )


def _begun(most: int) -> Iterator[int]:
    """The sizes that every curve has."""
    size = float(ITEMS_MIN)
    while round(size) < most:
        yield round(size)
        size *= 10 ** (1 / BEGUN)
    yield most


def _probes(low: int, high: int, lot: int, places: int) -> tuple[int, ...]:
    """Where two runs are tried: on both sides of a jump that matters, else in the middle.

    The time jumps as the lot grows with which one more wave begins.
    """
    middle, wave = round(sqrt(low * high)), lot * places
    jump = max(1, round(middle / wave)) * wave
    if low < jump < jump + lot < high and jump <= WAVES_TOLD * wave:
        return jump, jump + lot
    return (middle,)


def _holds(low: Point, middle: Point, high: Point, rates: Rates) -> bool:
    usage, done_s = between(low, high, middle.items)
    off = _off(usage, done_s, middle, rates)
    return max(off.usd, off.time) <= OFF_MAX


def _off(usage: Usage, done_s: float, point: Point, rates: Rates) -> Off:
    usd, coordination = (
        _part(abs(price(usage) - price(point.usage)), price(point.usage))
        for price in (rates.usd, rates.coordination_usd)
    )
    return Off(usd, coordination, _off_time(done_s, point))


def _part(apart: float, whole: float) -> float:
    return apart / whole if whole else 0.0


def _off_time(done_s: float, point: Point) -> float:
    return abs(done_s - point.done_s) / max(point.done_s, SHORT_S)
