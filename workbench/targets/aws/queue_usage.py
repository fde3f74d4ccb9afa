"""What queues and the table of a batch are billed for, where a design has them."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from math import ceil

from workbench.designs import Design
from workbench.designs.parts import DISPATCH
from workbench.platform.services import DYNAMODB, SQS
from workbench.platform.units import GB, gb_months, quantity, sqs_requests
from workbench.targets.aws.evidence import Evidence

Line = tuple[str, str, str, str, Decimal]
Planned = Callable[[str], tuple[int, int]]

RECEIVE_MAX = 10  # messages of one receive or one delete (SQS quotas)
DEAD = "DeadLetters"


def queue_lines(
    evidence: Evidence, design: Design, planned: Planned, send_size: int
) -> Iterator[Line]:
    """Requests of each queue: sends, receives and deletes, and polls that found nothing.

    `planned` gives the messages that a batch without failures sends to a queue, and in how many
    calls; a call that brings work about has up to `send_size` of them.
    """
    per_call = {"ItemQueue": min(RECEIVE_MAX, design.messages_per_invocation), DEAD: RECEIVE_MAX}
    for part in design.parts.queues:
        queue, size = part.construct, per_call.get(part.construct, 1)
        received = evidence.reading.sum(queue, "NumberOfMessagesReceived")
        deleted = evidence.reading.sum(queue, "NumberOfMessagesDeleted")
        empty = round(evidence.reading.sum(queue, "NumberOfEmptyReceives"))
        call_size = send_size if part.purpose == DISPATCH else 1
        requests = 0 if queue == DEAD else _sends(evidence, queue, planned, call_size)
        requests += ceil(received / size) + ceil(deleted / size) + empty
        yield SQS, "Requests-Tier1", "Requests", part.purpose, Decimal(requests)


def _sends(evidence: Evidence, queue: str, planned: Planned, call_size: int) -> int:
    """Requests of the sends to a queue, each of 64 KB or a part of it; a redrive is SQS's own."""
    sent = round(evidence.reading.sum(queue, "NumberOfMessagesSent"))
    if not sent:
        return 0
    messages, calls = planned(queue)
    calls = sent if sent < messages else calls + sent - messages
    average_bytes = evidence.reading.sum(queue, "SentMessageSize") / sent
    return calls * sqs_requests(round(average_bytes * min(call_size, sent)))


def item_sends(items: int, design: Design, part_items: int, send_size: int) -> tuple[int, int]:
    """Messages of the items, and the calls that send them, where each part has so many items."""
    parts = ceil(items / part_items)
    messages = calls = 0
    for size, count in ((part_items, parts - 1), (items - (parts - 1) * part_items, 1)):
        of_part = ceil(size / design.items_per_message)
        messages += count * of_part
        calls += count * ceil(of_part / send_size)
    return messages, calls


def table_lines(evidence: Evidence, stored_bytes: float) -> Iterator[Line]:
    """Units of the batch-state table, without our own reads, and what it stored on average."""
    written = evidence.reading.sum("table", "ConsumedWriteCapacityUnits")
    read = evidence.reading.sum("table", "ConsumedReadCapacityUnits")
    ours = min(read, evidence.looking.read_units)
    unit = "WriteRequestUnits"
    yield DYNAMODB, unit, unit, "knowing", quantity(round(written, 1))
    unit = "ReadRequestUnits"
    yield DYNAMODB, unit, unit, "knowing", quantity(round(read - ours, 1))
    yield DYNAMODB, unit, unit, "measuring", quantity(round(ours, 1))
    hours = (evidence.window.end - evidence.window.start) / 3600
    stored = gb_months(stored_bytes / GB, hours)
    yield DYNAMODB, "TimedStorage-ByteHrs", "GB-Mo", "knowing", stored
