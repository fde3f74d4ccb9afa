"""Usage of the `counters` design that is its own: its queues, and its counter shards."""

from collections.abc import Iterator
from math import ceil

from workbench.designs import Counters
from workbench.targets.aws.counters import PER_SHARD
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.queue_usage import Line, item_sends, queue_lines, table_lines

SEND_MAX = 10  # messages of one send
SHARD_BYTES = 180  # a counter shard's keys and expiry, and the 100 bytes that storage adds
NUMBER_BYTES = 4  # a message's number in a set


def counters_lines(evidence: Evidence, design: Counters) -> Iterator[Line]:
    """Requests of the queues, units and storage of the table."""

    def planned(queue: str) -> tuple[int, int]:
        part_items = design.segment_messages * design.items_per_message
        parts = ceil(evidence.items / part_items)
        if queue == "PlanQueue":
            return parts, ceil(parts / SEND_MAX)
        if queue == "ItemQueue":
            return item_sends(evidence.items, design, part_items, SEND_MAX)
        return 0, 0

    messages = ceil(evidence.items / design.items_per_message)
    stored_bytes = messages * NUMBER_BYTES + ceil(messages / PER_SHARD) * SHARD_BYTES
    yield from queue_lines(evidence, design, planned, SEND_MAX)
    yield from table_lines(evidence, stored_bytes / 2)  # they fill one after the other
