"""What each knob means, in a sentence with its unit, and what it is for: once, for all designs.

Whatever shows knobs to people reads this. A knob that is not named here is shown by its limits.
"""

from dataclasses import Field, dataclass, fields

from workbench.designs.design import WORKLOAD_KNOBS, Design
from workbench.designs.parts import DISPATCH, KNOWING, WORK

TELEMETRY, FAILURES = "telemetry", "failures"
PURPOSES = (WORK, DISPATCH, KNOWING, FAILURES, TELEMETRY)
FIRST = 6  # of the knobs that tuning searches, as many as a reader takes in at once
UNITS = {"mb": "MB", "ms": "ms", "s": "seconds", "items": "items", "units": "units a second"}


@dataclass(frozen=True)
class Meaning:
    """What a knob is for, one of `PURPOSES`, and what it says."""

    purpose: str
    text: str


MEANINGS = {
    "memory_mb": Meaning(WORK, "memory of the processor; CPU comes in proportion"),
    "item_concurrency": Meaning(WORK, "items that one invocation works at a time"),
    "max_concurrency": Meaning(WORK, "the most that is worked at a time: invocations, or children"),
    "items_per_message": Meaning(WORK, "items that travel in one message"),
    "items_per_child": Meaning(WORK, "items of one child of the map, which is one invocation"),
    "items_per_chunk": Meaning(WORK, "items that one invocation of the processor works"),
    "messages_per_invocation": Meaning(WORK, "the most messages that one invocation is given"),
    "cpu": Meaning(WORK, "the processor architecture of every function"),
    "batcher_memory_mb": Meaning(DISPATCH, "memory of the function that hands out the items"),
    "batch_window_s": Meaning(DISPATCH, "how long the event source waits for more messages"),
    "send_batch_size": Meaning(DISPATCH, "messages sent to the queue in one call"),
    "segment_items": Meaning(DISPATCH, "items that one invocation of the batcher creates"),
    "batcher_concurrency": Meaning(DISPATCH, "segments that are created at a time"),
    "chunks_per_segment": Meaning(DISPATCH, "chunks of one durable execution"),
    "child_type": Meaning(DISPATCH, "kind of the map's children: by their time, or by transitions"),
    "pollers_min": Meaning(DISPATCH, "least provisioned pollers of the items, paid by the hour"),
    "pollers_max": Meaning(DISPATCH, "most provisioned pollers of the items, paid by the hour"),
    "track": Meaning(KNOWING, "what has a record of its own in the table"),
    "claim": Meaning(KNOWING, "whether items are claimed, so that each has one owner at a time"),
    "state_shards": Meaning(KNOWING, "partitions that the records of a batch are spread over"),
    "poll_s": Meaning(KNOWING, "time from one look of the finalizer to the next"),
    "write_batch_size": Meaning(KNOWING, "records written to the table in one call"),
    "warm_write_units": Meaning(KNOWING, "writes that the table is ready for at once, paid ahead"),
    "max_receives": Meaning(FAILURES, "tries of a message before it goes to the dead letters"),
    "child_tries": Meaning(FAILURES, "tries of a child after errors other than throttles"),
    "stuck_after_s": Meaning(FAILURES, "age from which an open record is sent again"),
    "telemetry": Meaning(TELEMETRY, "how metrics are sent: by log lines, or a paid call an item"),
    "logs": Meaning(TELEMETRY, "what is logged: a line an invocation, or also each item"),
}  # fmt: skip


def tooltip(knob: Field) -> str:
    """What a knob means, its unit and its limits, on one line."""
    limits, meaning = knob.metadata, MEANINGS.get(knob.name)
    if limits["of"]:
        takes = f"one of {', '.join(map(str, limits['of']))}"
    else:
        unit = UNITS.get(knob.name.rpartition("_")[2], "")
        takes = f"{limits['low']:,} to {limits['high']:,} {unit}".rstrip()
        takes += " or none" if "None" in str(knob.type) else ""
    return f"{knob.name}: {meaning.text}. {takes}" if meaning else f"{knob.name}: {takes}"


def first_knobs(design: type[Design]) -> tuple[str, ...]:
    """The knobs that matter most: of those that tuning searches, the lot first."""
    names = (design.search.lot, "item_concurrency", "max_concurrency", "memory_mb")
    own = [f.name for f in fields(design)]
    return tuple(dict.fromkeys(n for n in (*names, *design.search.axes) if n in own))[:FIRST]


def other_knobs(design: type[Design]) -> dict[str, list[str]]:
    """The other knobs of a design by purpose, those of the items left out."""
    first, found = first_knobs(design), {purpose: [] for purpose in PURPOSES}
    for name in (f.name for f in fields(design)):
        if name not in (*first, *WORKLOAD_KNOBS):
            found[MEANINGS[name].purpose if name in MEANINGS else WORK].append(name)
    return {purpose: names for purpose, names in found.items() if names}
