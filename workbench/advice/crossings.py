"""What would change an answer: where along an axis another design becomes the cheapest.

The choices keep their knobs, but for those that the axis must change; the model is asked at each
point. A crossing is found between two neighbours of a coarse grid, to within 5 %.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log

from workbench.advice.answer import Answer, Choice
from workbench.advice.question import Question
from workbench.designs import ITEM_TRAITS, refit_design
from workbench.errors import BadInput
from workbench.tuning.goal import score
from workbench.workload.durations import ALL, MS_MAX, Durations, Uniform

SEEDS = (1, 2)
NO_WORKLOAD = {"durations": None} | dict.fromkeys(ITEM_TRAITS, 0)
STEP = 10 ** (1 / 3)  # of the coarse grid
NEAR = 1.05
ITEMS_MOST = 10_000_000  # beyond, a point takes seconds
TAIL_SHARE = 0.99 * ALL
TAILS = (0.1, 0.3, 1.0, 3.0, 10.0)  # times as long, the longest one in a hundred

Winner = Callable[[float], str | None]  # at a factor: the cheapest design in time; None: no one


@dataclass(frozen=True)
class Crossing:
    """Between two factors of an axis, nearer than 5 %, the cheapest design changes."""

    axis: str
    factor: float
    before: str | None  # below it
    after: str | None


def crossings(answer: Answer) -> list[Crossing]:
    """Along items, length and tail, nearest first on each axis."""
    asked = answer.question
    low, high = 1_000 / asked.items, ITEMS_MOST / asked.items
    items = _along(answer, lambda f: replace(asked, items=max(1, round(asked.items * f))))
    mean = _along(answer, lambda f: replace(asked, item_ms=longer(asked.item_ms, f)))
    tail = _along(answer, lambda f: replace(asked, item_ms=heavier(asked.item_ms, f)))
    most = MS_MAX / max(1, asked.item_ms.longest_ms)
    found = [
        *_crossings("items", items, _grid(min(low, 1.0), max(high, 1.0))),
        *_crossings("length", mean, _grid(0.01, min(100.0, most))),
        *_crossings("tail", tail, [factor for factor in TAILS if factor <= most]),
    ]
    return sorted(found, key=lambda one: (one.axis, abs(log(one.factor))))


def longer(item_ms: Uniform | Durations, factor: float) -> Uniform | Durations:
    """Items so many times as long."""
    if isinstance(item_ms, Uniform):
        return Uniform(max(1, round(item_ms.longest_ms * factor)))
    return Durations(tuple((share, round(ms * factor)) for share, ms in item_ms.points))


def heavier(item_ms: Uniform | Durations, factor: float) -> Uniform | Durations:
    """The longest one in a hundred so many times as long, and never shorter than the others."""
    if isinstance(item_ms, Uniform):
        ninety_nine = round(0.99 * item_ms.longest_ms)
        points = ((0, 0), (round(TAIL_SHARE), ninety_nine), (ALL, item_ms.longest_ms))
        item_ms = Durations(points)
    floor = round(item_ms.quantile_ms(TAIL_SHARE / ALL))
    longer_ms = (
        (share, ms if share <= TAIL_SHARE else max(floor, round(ms * factor)))
        for share, ms in item_ms.points
    )
    return Durations(tuple(longer_ms))


def _along(answer: Answer, asked_at: Callable[[float], Question]) -> Winner:
    """Who is the cheapest in time, by the factor of an axis."""

    def winner(factor: float) -> str | None:
        question = asked_at(factor)
        dollars = {}
        for one in answer.choices:
            if (usd := _usd(one, question)) is not None:
                dollars[one.name] = usd
        return min(dollars, key=dollars.__getitem__) if dollars else None

    return winner


def _usd(one: Choice, question: Question) -> float | None:
    """Dollars of a month with a choice's knobs; None where they cannot do it in time."""
    try:
        design = refit_design(one.design, NO_WORKLOAD | question.workload_knobs)
        design.refuse_items(question.items)
    except BadInput:
        return None
    found = score(design, question.items, SEEDS, question.terms)
    if not found.completes or found.mean_s > question.within_s:
        return None
    return found.mean_usd * float(question.batches_per_month) + one.standing_usd


def _crossings(axis: str, winner: Winner, factors: Sequence[float]) -> Iterable[Crossing]:
    """Each change between two neighbours, narrowed down."""
    told = [(factor, winner(factor)) for factor in factors]
    for (low, before), (high, after) in pairwise(told):
        if before != after:
            yield _narrowed(axis, winner, (low, before), (high, after))


def _narrowed(
    axis: str, winner: Winner, low: tuple[float, str | None], high: tuple[float, str | None]
) -> Crossing:
    """By halves, as long as it is wide."""
    while high[0] / low[0] > NEAR:
        middle = (low[0] * high[0]) ** 0.5
        who = winner(middle)
        low, high = ((middle, who), high) if who == low[1] else (low, (middle, who))
    return Crossing(axis, (low[0] * high[0]) ** 0.5, low[1], high[1])


def _grid(low: float, high: float) -> list[float]:
    """Factors from low to high by a third of ten, 1 among them."""
    below, above = [1.0], [1.0]
    while below[-1] / STEP >= low:
        below.append(below[-1] / STEP)
    while above[-1] * STEP <= high:
        above.append(above[-1] * STEP)
    return [*reversed(below), *above[1:]]
