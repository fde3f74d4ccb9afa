"""What each knob bought: from one design to another one change at a time, the largest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import pandas as pd

from workbench.bill.terms import LIST_PRICES, Terms
from workbench.designs import DESIGNS, Design, make_design
from workbench.errors import BadKnob
from workbench.prices import load_book
from workbench.tuning.goal import SEEDS, Score, floor_usd, score

# Knobs that say one thing together: how large a lot is.
TOGETHER = (("items_per_message", "messages_per_invocation"), ("items_per_child", "child_type"))
SAVINGS_COLUMNS = (
    "design step change usd_per_million usd_low usd_high coordination_usd_per_million minutes "
    "floor_usd_per_million completes"
).split()
STORY_ITEMS = 1_000_000

Change = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A design after one more change; the first step is where it all starts."""

    change: Change
    score: Score

    @property
    def label(self) -> str:
        """The change as text."""
        return ", ".join(f"{name}={value}" for name, value in self.change.items())


def steps_between(
    start: Design,
    end: Design,
    items: int,
    seeds: tuple[int, ...] = SEEDS,
    terms: Terms = LIST_PRICES,
) -> list[Step]:
    """Every change from start to end, each time the one that saves most; seeds are shared."""
    steps = [Step({}, score(start, items, seeds, terms))]
    left = {n: v for n, v in end.knobs().items() if start.knobs()[n] != v}
    while left:
        tried = [  # one seed ranks them: all share it
            Step(change, score(design, items, seeds[:1], terms))
            for change, design in _moves(steps[-1].score.design, left)
        ]
        best = min(tried, key=lambda step: (not step.score.completes, step.score.mean_usd))
        steps.append(Step(best.change, score(best.score.design, items, seeds, terms)))
        left = {n: v for n, v in left.items() if n not in best.change}
    return steps


def savings(items: int = STORY_ITEMS, value_max: int = 1_000) -> pd.DataFrame:
    """The waterfall of both designs, `published` to `tuned` to `tuned-concurrent`.

    One row a step (`SAVINGS_COLUMNS`), in dollars per million items and minutes; the same items in
    every step, whatever range of values a preset has. The last step of a design that claims gives
    the claim up: it alone promises less.
    """
    rows = []
    floor = floor_usd(1_000_000, value_max / 2, load_book())
    for name in (one for one in DESIGNS if "published" in DESIGNS[one].presets):
        presets = ("published", "tuned", "tuned-concurrent")
        start, tuned, last = (make_design(name, p, {"value_max": value_max}) for p in presets)
        steps = steps_between(start, tuned, items)
        steps += steps_between(tuned, last, items)[1:]
        given_up = {knob: type(last)().knobs()[knob] for knob in last.search.promised}
        if given_up:
            steps += steps_between(last, replace(last, **given_up), items)[1:]
        rows += [(name, *row, floor) for row in _rows(steps)]
    frame = pd.DataFrame(rows, columns=[*(c for c in SAVINGS_COLUMNS if "floor" not in c), "floor"])
    return frame.rename(columns={"floor": "floor_usd_per_million"})[SAVINGS_COLUMNS]


def _rows(steps: list[Step]) -> Iterator[tuple]:
    for number, step in enumerate(steps):
        usd, done = step.score.per_million_usd, step.score
        coordination = sum(done.coordination_usd) / len(done.usd) * 1e6 / done.items
        label = step.label or "published"
        yield (number, label, usd.middle, usd.low, usd.high, coordination, done.mean_s / 60,
               done.completes)  # fmt: skip


def _moves(design: Design, left: Change) -> Iterator[tuple[Change, Design]]:
    """The changes that can be made next: single ones, else pairs, else all at once."""
    groups = [{n: left[n] for n in names if n in left} for names in TOGETHER]
    taken = {name for names in TOGETHER for name in names}
    singles = [{n: v} for n, v in left.items() if n not in taken]
    changes = [*(group for group in groups if group), *singles]
    found = list(_feasible(design, changes))
    if not found:
        found = list(_feasible(design, [a | b for a, b in combinations(changes, 2)]))
    yield from found or [(left, replace(design, **left))]


def _feasible(design: Design, changes: list[Change]) -> Iterator[tuple[Change, Design]]:
    for change in changes:
        try:
            yield change, replace(design, **change)
        except BadKnob:
            continue
