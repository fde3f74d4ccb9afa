"""What processing an item means, and one try of it: its time, and the reason if it fails.

Bring your own work by replacing `process`.
"""

from typing import Any, NamedTuple

from lambdas import outside
from lambdas.items import Item, fails

REASON_MAX = 300  # characters kept of a reason


def process(item: Item) -> None:
    """Sleep for the item's milliseconds; a poisoned item asks for less than none and raises."""
    outside.sleep(item.value / 1000)


def work(item: Item, failing: bool) -> None:
    """Process an item; a try that is drawn to fail raises after that."""
    process(item)
    if failing:
        raise RuntimeError("this try is one of fails_per_million")


class Attempt(NamedTuple):
    """What came of a try: why it failed, or nothing, and the milliseconds inside `process`."""

    reason: str
    work_ms: float


def attempt(item: Item, knobs: dict[str, Any], tries: int = 1) -> Attempt:
    """Work an item, after computing as the knobs say; what it raises fails this item alone."""
    began_at, reason = outside.now(), ""
    try:
        if cpu_ms := knobs.get("cpu_ms"):
            outside.compute(cpu_ms)
        work(item, fails(item, tries, knobs.get("fails_per_million", 0)))
    except Exception as error:
        reason = reason_of(error)
    return Attempt(reason, max(0.0, (outside.now() - began_at) * 1000))


def reason_of(error: BaseException) -> str:
    """An exception's type and the first line of its text: never empty, of bounded length."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text[:REASON_MAX]
