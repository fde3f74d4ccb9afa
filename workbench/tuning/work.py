"""What the items of a goal are, by knobs that somebody gives."""

from collections.abc import Mapping
from typing import Any

from workbench.border import settings, whole_number
from workbench.workload.durations import USUAL, item_ms_of

Knobs = dict[str, Any]  # by name


def work_of(knobs: Mapping[str, Any], value_max: int = USUAL.longest_ms) -> tuple[Knobs, Knobs]:
    """What the items are by some knobs, as a goal takes it, and the knobs that say nothing of it;
    where no knob says how long an item takes, it takes up to `value_max` ms."""
    fixed = settings(knobs)
    longest_ms = whole_number("value_max", fixed.pop("value_max", value_max))
    item_ms = item_ms_of({"value_max": longest_ms, "durations": fixed.pop("durations", None)})
    return {"item_ms": item_ms, "cpu_ms": whole_number("cpu_ms", fixed.pop("cpu_ms", 0), 0)}, fixed
