"""How a batch is cut: ranges of item indices for segments, and chunks of these."""

from typing import Any, NamedTuple

from lambdas.trigger import Trigger

TRIES_MAX = 3  # of an item, and of a chunk whose processor dies
OPERATIONS_MAX = 3_000  # of a durable execution, hard (Lambda quotas)
CHUNK_OPERATIONS = TRIES_MAX + 1  # and the list of what is left
CHUNKS_MAX = OPERATIONS_MAX // CHUNK_OPERATIONS - 10  # room for the rest, and invocations that fail


class Range(NamedTuple):
    """Items start..stop-1 of a batch."""

    start: int
    stop: int

    @property
    def items(self) -> int:
        """How many they are."""
        return self.stop - self.start


def cut(whole: Range, size: int) -> list[Range]:
    """A range in pieces of a size, the last one smaller."""
    return [
        Range(start, min(start + size, whole.stop))
        for start in range(whole.start, whole.stop, size)
    ]


def at_once(trigger: Trigger, segments: int) -> tuple[int, int]:
    """How many segments go on at a time, and how many chunks of each: in all no more than asked."""
    most, chunks = trigger.knobs["max_concurrency"], trigger.knobs["chunks_per_segment"]
    together = min(segments, -(-most // chunks))
    return together, max(1, most // together)


def refuse_sizes(knobs: dict[str, Any]) -> None:
    """Refuse sizes that no plan can be made of, and those that pass Lambda's limits.

    A chunk is one operation of its segment's execution, and four if it fails to its last try.
    """
    for name, most in (("items_per_chunk", 10_000), ("chunks_per_segment", CHUNKS_MAX)):
        size = knobs[name]
        if type(size) is not int or not 1 <= size <= most:
            raise ValueError(f"knob {name} {size!r} is not a whole number from 1 to {most:,}")
