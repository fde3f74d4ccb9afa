"""Usage of the `sqs` design that is its own: its queues, and one record an item or a message."""

from collections.abc import Iterator
from math import ceil

from workbench.designs import Sqs
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.queue_usage import Line, item_sends, queue_lines, table_lines

RECORD_BYTES = 250  # an item's record with its keys, and the 100 bytes that storage adds


def sqs_lines(evidence: Evidence, design: Sqs) -> Iterator[Line]:
    """Requests of the queues, units and storage of the table."""
    size = design.send_batch_size

    def planned(queue: str) -> tuple[int, int]:
        segments = ceil(evidence.items / design.segment_items)
        if queue == "PlanQueue":
            return 1 + segments, 1 + ceil(segments / size)
        if queue == "ItemQueue":
            return item_sends(evidence.items, design, design.segment_items, size)
        return 0, 0

    records = evidence.items
    if design.track == "message":
        records = ceil(evidence.items / design.items_per_message)
    yield from queue_lines(evidence, design, planned, size)
    yield from table_lines(evidence, records * RECORD_BYTES / 2)  # they leave one after the other
