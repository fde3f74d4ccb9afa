"""What a tuning is to reach, the floor it is held against, the candidates, and what each costs.

Candidates are scored on the model, over seeds that all of them share.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import product
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from workbench.bill import bill, total_usd
from workbench.bill.pricing import Already
from workbench.bill.terms import LIST_PRICES, Terms
from workbench.border import positive, settings, whole_number
from workbench.designs import DESIGNS, Design, Search, make_design
from workbench.designs.design import VCPU_MB
from workbench.engine.statistics import Interval, interval
from workbench.errors import BadInput, BadKnob
from workbench.platform.profile import Profile, load_profile
from workbench.platform.services import LAMBDA
from workbench.platform.units import quantity
from workbench.prices import PriceBook
from workbench.runs.batch import Batch
from workbench.runs.records import USAGE_COLUMNS
from workbench.targets.model.forecast import modelled
from workbench.workload.durations import USUAL, Durations, Uniform

FLOOR_GB = 0.125  # the smallest memory that Lambda has
LOTS = (1, 10, 25, 50, 100, 200, 350, 500, 2_000, 5_000)  # items in one lot; the most joins them
LOT_MAX = 10_000
FINER = (0.5, 0.7, 0.85, 1.2, 1.4, 2)  # of a lot, the next ones that are tried
ROUNDS = (1, 2, 3, 4)  # of invocations that fill every place, after which all items are done
CONCURRENCIES = (1, 10, 100)
SHARED: dict[str, tuple] = {"memory_mb": (128, 256, 512)}


@dataclass(frozen=True)
class Goal:
    """Which design for which batch; `fixed` knobs are not searched.

    `within_s` bounds the time until completion is known, `budget_usd` the batch's dollars, which
    are on the `terms`.
    """

    design: str
    items: int
    item_ms: Uniform | Durations = USUAL  # how long items wait
    cpu_ms: int = 0  # what an item computes besides, on a whole CPU
    within_s: float = 3_600
    budget_usd: float | None = None
    item_concurrency: int = 1  # items at a time inside one invocation, at most
    terms: Terms = LIST_PRICES
    fixed: dict[str, Any] = field(default_factory=dict)
    memory_least_mb: int = 128  # that an invocation of the processor needs

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            known = ", ".join(DESIGNS)
            raise BadInput(f"design={self.design!r} is not known. Take one of {known}.")
        read: dict[str, Any] = {
            "items": whole_number("items", self.items),
            "item_concurrency": whole_number("item_concurrency", self.item_concurrency, 1),
            "within_s": float(positive("within_s", self.within_s)),
            "fixed": settings(self.fixed),
        }
        if self.budget_usd is not None:
            read["budget_usd"] = float(positive("budget_usd", self.budget_usd))
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @property
    def kept(self) -> dict[str, Any]:
        """The knobs that no candidate changes."""
        own = {"cpu_ms": self.cpu_ms} if self.cpu_ms else {}
        return self.item_ms.knobs | own | dict(self.search.promised) | self.fixed

    @property
    def search(self) -> Search:
        """What the design lets be searched."""
        return DESIGNS[self.design].search


def floor_usd(
    items: int, mean_ms: float, book: PriceBook, month: Already | None = None, cpu_ms: int = 0
) -> float:
    """Dollars of the work alone: its time, smallest memory, arm64's first tier.

    Computing takes as many GB-seconds with any memory below a whole CPU's. With a `month`, only
    what is beyond the free tier that it has left.
    """
    price = book.price(LAMBDA, "Lambda-GB-Second-ARM")
    gb_s = items * (mean_ms * FLOOR_GB + cpu_ms * VCPU_MB / 1024) / 1000
    if month is None:
        return gb_s * float(price.tiers[0].usd)
    line = (*price.key, price.unit, "work", quantity(gb_s))
    usage = pd.DataFrame([line], columns=USAGE_COLUMNS).astype({"quantity": object})
    return float(total_usd(bill(usage, book, free_tier=True, already=month)))


def candidates(goal: Goal, coarse: bool = False) -> list[Design]:
    """Every candidate that the designs' own checks let pass; BadInput if there is none.

    `coarse`: every second lot, and of each other knob only both ends.
    """
    axes = _axes(goal)
    if coarse:
        own = goal.search.lot
        axes = {n: v[:: 2 if n == own else max(1, len(v) - 1)] for n, v in axes.items()}
    found, refusal = [], None
    for values in product(*axes.values()):
        try:
            settings = goal.kept | dict(zip(axes, values, strict=True))
            design = make_design(goal.design, settings=settings)
            design.refuse_items(goal.items)
            found.append(design)
        except BadKnob as error:
            refusal = refusal or error
    if not found:
        raise BadInput(
            f"no knobs of {goal.design} can work for {goal.items:,} items of "
            f"{goal.item_ms.line}. The first refusal: {refusal} "
            "Take shorter items, or fix fewer knobs."
        )
    return found


def neighbours(goal: Goal, design: Design, pairs: bool = False) -> list[Design]:
    """The design with another value of each knob that is searched, one at a time; of the lot also
    values between those that candidates have. `pairs`: with such a lot and another value at once,
    as a lot that fills every place at once does so for one number of places only.
    """
    axes, lot = _axes(goal), goal.search.lot
    lots = _near(goal, design, max(axes[lot])) if lot in axes else []
    changes: list[dict[str, Any]] = [{name: v} for name, values in axes.items() for v in values]
    if pairs:
        changes = [
            {lot: own, name: value}
            for name in goal.search.axes.keys() & axes.keys()
            for own, value in product(lots, axes[name])
        ]
    found = []
    for change in [*changes, *({lot: own} for own in lots)]:
        try:
            other = replace(design, **change)
            other.refuse_items(goal.items)
        except BadKnob:
            continue
        found.append(other)
    return [one for one in dict.fromkeys(found) if one != design]


def _near(goal: Goal, design: Design, largest: int) -> list[int]:
    """Lots a little smaller and larger than the design's, and those that all end together."""
    places = design.processor_concurrency * design.item_concurrency
    full = [ceil(goal.items / (places * rounds)) for rounds in ROUNDS]
    finer = [round(getattr(design, goal.search.lot) * part) for part in FINER]
    return sorted({one for one in (*full, *finer) if 1 <= one <= largest})


def hurry(goal: Goal, designs: list[Design]) -> list[Design]:
    """These again with each of the knobs that buy time, but for those that the goal keeps."""
    found = []
    for design, knobs in product(designs, goal.search.hurried):
        if not goal.kept.keys() & knobs.keys():
            found.append(make_design(goal.design, settings=design.knobs() | dict(knobs)))
    return list(dict.fromkeys(found))


def _axes(goal: Goal) -> dict[str, tuple]:
    """The knobs that are searched, with their values."""
    concurrencies = {c for c in CONCURRENCIES if c < goal.item_concurrency}
    axes: dict[str, Any] = {
        "item_concurrency": tuple(sorted({*concurrencies, goal.item_concurrency})),
        goal.search.lot: _lots(goal),
        **SHARED,
        **goal.search.axes,
    }
    enough = {memory for memory in axes["memory_mb"] if memory >= goal.memory_least_mb}
    axes["memory_mb"] = tuple(sorted(enough | {goal.memory_least_mb}))
    return {name: values for name, values in axes.items() if name not in goal.kept}


def _lots(goal: Goal) -> tuple[int, ...]:
    """Numbers of items in a lot: round ones up to one that holds all, and the largest that can."""
    largest = 0
    low, high = 1, LOT_MAX
    while low <= high:
        middle = (low + high) // 2
        if _can_hold(goal, middle):
            largest, low = middle, middle + 1
        else:
            high = middle - 1
    enough = min((lot for lot in LOTS if lot >= goal.items), default=LOT_MAX)
    largest = min(largest, enough)
    return tuple(sorted({lot for lot in LOTS if lot <= largest} | {max(1, largest)}))


def _can_hold(goal: Goal, lot: int) -> bool:
    """Whether a lot of so many items can work at all, alone in its invocation."""
    knobs = dict(goal.search.roomy) | {"item_concurrency": goal.item_concurrency} | goal.kept
    try:
        make_design(goal.design, settings=knobs | {goal.search.lot: lot})
    except BadKnob:
        return False
    return True


SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Score:
    """One candidate: dollars of a batch and seconds until completion is known, a seed each.

    `binding_limit` is what held it back longest; `completes` is False if AWS would cut it short.
    """

    design: Design
    items: int
    usd: tuple[float, ...]
    coordination_usd: tuple[float, ...]
    detected_s: tuple[float, ...]
    binding_limit: str
    completes: bool

    @property
    def mean_usd(self) -> float:
        """Mean dollars of a batch."""
        return float(np.mean(self.usd))

    @property
    def mean_s(self) -> float:
        """Mean seconds until completion is known."""
        return float(np.mean(self.detected_s))

    @property
    def per_million_usd(self) -> Interval:
        """Dollars per million items, with the interval over the seeds."""
        return interval([usd * 1e6 / self.items for usd in self.usd])

    @property
    def minutes(self) -> Interval:
        """Minutes until completion is known, with the interval over the seeds."""
        return interval([seconds / 60 for seconds in self.detected_s])


def score(
    design: Design, items: int, seeds: tuple[int, ...] = SEEDS, terms: Terms = LIST_PRICES
) -> Score:
    """A candidate on the model; the same seeds give every candidate the same items and draws."""
    off = tuple(terms.discounts.items())
    book, profile = _constants(terms.region, terms.price_date, off, terms.free_share)
    runs = [
        modelled(design, Batch(items, seed, "candidate"), book, profile, month=terms.month)
        for seed in seeds
    ]
    return Score(
        design,
        items,
        usd=tuple(float(one.usd) for one in runs),
        coordination_usd=tuple(float(one.coordination_usd) for one in runs),
        detected_s=tuple(one.detected_s for one in runs),
        binding_limit=runs[0].outcome.binding_limit,
        completes=not any(one.outcome.late for one in runs),
    )


def score_many(
    designs: list[Design], items: int, seeds: tuple[int, ...], terms: Terms
) -> list[Score]:
    """Many candidates; what a process is handed at once."""
    return [score(design, items, seeds, terms) for design in designs]


@cache  # reading them takes longer than most candidates
def _constants(
    region: str, price_date: str | None, off: tuple[tuple[str, Decimal], ...], free_share: Decimal
) -> tuple[PriceBook, Profile]:
    terms = Terms(region, price_date, dict(off), free_share=free_share)
    return terms.book(), load_profile()


def front(scores: list[Score]) -> list[Score]:
    """Those that no other beats in both dollars and time, fastest first."""
    best, kept = float("inf"), []
    for one in sorted(scores, key=lambda s: (s.mean_s, s.mean_usd)):
        if one.mean_usd < best:
            best = one.mean_usd
            kept.append(one)
    return kept
