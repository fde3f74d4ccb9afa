"""One try of an item: how long its work took by the clock outside, and why it failed."""

from typing import NamedTuple

from lambdas import outside, work
from lambdas.items import Item

REASON_MAX = 300  # characters kept of a reason


class Attempt(NamedTuple):
    """What came of a try: why it failed, or nothing, and the milliseconds inside `process`."""

    reason: str
    work_ms: float


def attempt(item: Item) -> Attempt:
    """Work an item; whatever it raises fails this item alone."""
    began_at, reason = outside.now(), ""
    try:
        work.process(item)
    except Exception as error:
        reason = reason_of(error)
    return Attempt(reason, max(0.0, (outside.now() - began_at) * 1000))


def reason_of(error: BaseException) -> str:
    """An exception's type and the first line of its text: never empty, of bounded length."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text[:REASON_MAX]
