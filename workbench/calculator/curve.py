"""A curve: model runs of one setting over the number of items, as few as tell all between.

Quantities and seconds lie on straight lines between two runs, in logarithms. Runs are added where
these lines are off; the rest is thinned. Where more invocations are wanted than run at a time, a
last wave begins, and the time jumps: there two runs stand side by side.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import exp, log, sqrt

from workbench.calculator.setting import ITEMS_MAX, ITEMS_MIN, Point, Usage
from workbench.prices import PriceBook

BEGUN = 3  # runs a decade of items, before any is added
OFF_MAX = 0.015  # of dollars, and of the time until completion is known, where two runs are joined
THINNED_MAX = 0.004  # the same, of runs that are left out
CLOSEST = 1.02  # sizes nearer than this are not told apart, but at a jump
WAVES_TOLD = 33  # after as many, one more takes 3 % more
SHORT_S = 10.0  # of a batch that takes less, a part of this may be off


@dataclass(frozen=True)
class Off:
    """How far a curve is from runs: parts of the dollars and of the time."""

    usd: float
    time: float

    @property
    def worst(self) -> float:
        """The larger of the two."""
        return max(self.usd, self.time)


@dataclass(frozen=True)
class Curve:
    """Points in the order of their items."""

    points: tuple[Point, ...]

    @cached_property
    def _items(self) -> list[int]:
        return [one.items for one in self.points]

    def at(self, items: int) -> tuple[Usage, float]:
        """Usage, and seconds until all are done."""
        right = bisect_left(self._items, items)
        if self._items[right] == items:
            return self.points[right].usage, self.points[right].done_s
        return between(self.points[right - 1], self.points[right], items)

    def off(self, point: Point, book: PriceBook) -> Off:
        """How far it is from a point."""
        usage, done_s = self.at(point.items)
        return _off(usage, done_s, point, book)


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


def list_usd(book: PriceBook, usage: Usage) -> float:
    """What usage costs at a list, without what is free."""
    total = 0.0
    for (service, usage_type, _), quantity in usage.items():
        slices = book.price(service, usage_type).slices(Decimal(0), Decimal(quantity))
        total += sum(float(part) * float(each) for part, each in slices)
    return total


def sampled(
    play: Callable[[int], Point], wave: int, book: PriceBook, most: int = ITEMS_MAX
) -> Curve:
    """The runs of a curve from 100 to `most` items; a `wave` is as many as run at a time.

    Two runs are not broken up where the line between them held twice in a row, or does not rise.
    """
    points = {items: play(items) for items in _begun(most)}
    todo = [(low, high, False) for low, high in pairwise(sorted(points))]
    while todo:
        low, high, held = todo.pop()
        if high / low < CLOSEST or high - low < 2:
            continue
        probes = _probes(low, high, wave)
        points |= {items: play(items) for items in probes if items not in points}
        ends = points[low], points[high]
        holds = all(_holds(ends[0], points[items], ends[1], book) for items in probes)
        if holds and (held or ends[1].done_s < ends[0].done_s * (1 + 2 * OFF_MAX)):
            continue
        todo += [(a, b, holds) for a, b in pairwise(sorted({low, *probes, high}))]
    return Curve(tuple(points[items] for items in sorted(points)))


def thinned(curve: Curve, far: Callable[[Point, Point, Point], float]) -> list[Point]:
    """The points without which the lines would be off: `far` says how much, at one left out."""
    points, kept = curve.points, [0]
    while kept[-1] < len(points) - 1:
        start = kept[-1]
        kept.append(max(_reached(points, start, far), start + 1))
    return [points[at] for at in kept]


def far_in_time(low: Point, middle: Point, high: Point) -> float:
    """How far the time at a point is from the line between two."""
    return _off_time(between(low, high, middle.items)[1], middle)


def far_in_usage(book: PriceBook, low: Point, middle: Point, high: Point) -> float:
    """How far each quantity at a point is from the line between two, in parts of the dollars."""
    usage, _ = between(low, high, middle.items)
    apart = {one: abs(own - middle.usage.get(one, 0)) for one, own in usage.items()}
    return list_usd(book, apart) / list_usd(book, middle.usage)


def _reached(points: Sequence[Point], start: int, far: Callable[..., float]) -> int:
    """The last point to which the line from a start leaves no point between too far off."""
    end = start + 1
    while end + 1 < len(points):
        low, high = points[start], points[end + 1]
        if any(far(low, one, high) > THINNED_MAX for one in points[start + 1 : end + 1]):
            break
        end += 1
    return end


def _begun(most: int) -> Iterator[int]:
    """The sizes that every curve has."""
    size = float(ITEMS_MIN)
    while round(size) < most:
        yield round(size)
        size *= 10 ** (1 / BEGUN)
    yield most


def _probes(low: int, high: int, wave: int) -> tuple[int, ...]:
    """Where two runs are tried: on both sides of a jump that matters, else in the middle."""
    middle = round(sqrt(low * high))
    jump = round(middle / wave) * wave
    if low < jump < high - 1 and jump <= WAVES_TOLD * wave:
        return jump, jump + 1
    return (middle,)


def _holds(low: Point, middle: Point, high: Point, book: PriceBook) -> bool:
    usage, done_s = between(low, high, middle.items)
    return _off(usage, done_s, middle, book).worst <= OFF_MAX


def _off(usage: Usage, done_s: float, point: Point, book: PriceBook) -> Off:
    return Off(
        abs(list_usd(book, usage) / list_usd(book, point.usage) - 1), _off_time(done_s, point)
    )


def _off_time(done_s: float, point: Point) -> float:
    return abs(done_s - point.done_s) / max(point.known_s, SHORT_S)
