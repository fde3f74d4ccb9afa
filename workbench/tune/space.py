"""The candidates of a tuning: every combination of a few values a knob that can work."""

from itertools import product
from typing import Any

from workbench.designs import Design, make_design
from workbench.errors import BadInput, BadKnob
from workbench.tune.goal import Goal

LOTS = (1, 10, 25, 50, 100, 200, 350, 500, 2_000, 5_000)  # items in one lot; the most joins them
LOT_MAX = 10_000
CONCURRENCIES = (1, 10, 100)
SHARED: dict[str, tuple] = {"memory_mb": (128, 256, 512)}


def candidates(goal: Goal) -> list[Design]:
    """Every candidate that the designs' own checks let pass; BadInput if there is none."""
    axes = _axes(goal)
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
            f"no knobs of {goal.design} can work for {goal.items:,} items of up to "
            f"{goal.value_max:,} ms. The first refusal: {refusal} "
            "Take shorter items, or fix fewer knobs."
        )
    return found


def _axes(goal: Goal) -> dict[str, tuple]:
    """The knobs that are searched, with their values."""
    concurrencies = {c for c in CONCURRENCIES if c < goal.item_concurrency}
    axes: dict[str, Any] = {
        "item_concurrency": tuple(sorted({*concurrencies, goal.item_concurrency})),
        goal.search.lot: _lots(goal),
        **SHARED,
        **goal.search.axes,
    }
    return {name: values for name, values in axes.items() if name not in goal.kept}


def _lots(goal: Goal) -> tuple[int, ...]:
    """Numbers of items in a lot: round ones, and the largest that can work."""
    largest = 0
    low, high = 1, LOT_MAX
    while low <= high:
        middle = (low + high) // 2
        if _can_hold(goal, middle):
            largest, low = middle, middle + 1
        else:
            high = middle - 1
    return tuple(sorted({lot for lot in LOTS if lot <= largest} | ({largest} if largest else {1})))


def _can_hold(goal: Goal, lot: int) -> bool:
    """Whether a lot of so many items can work at all, alone in its invocation."""
    knobs = dict(goal.search.roomy) | {"item_concurrency": goal.item_concurrency} | goal.kept
    try:
        make_design(goal.design, settings=knobs | {goal.search.lot: lot})
    except BadKnob:
        return False
    return True
