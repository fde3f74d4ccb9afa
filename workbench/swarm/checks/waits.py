"""What is put off is put off as long as its own cause asks; nothing is left to its queue."""

import json
from collections.abc import Iterator

from workbench.swarm.checks.ends import NOT_IN_FLIGHT
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called, Delivered

PUT_OFF = "ChangeMessageVisibility"
SENDS = ("SendMessage", "SendMessageBatch")


def check_waits(seen: FaultRecord) -> Iterator[str]:
    """Messages that were put off too long, too short or not at all."""
    by_receipt = {one.receipt: one for one in seen.delivered}
    put_off: set[tuple[str, str]] = set()
    for call in seen.calls:
        if call.operation == PUT_OFF and not call.error:
            one = by_receipt[call.request["ReceiptHandle"]]
            put_off.add((call.request_id, one.message_id))
            yield from _put_off(seen, call, one)
        elif call.operation == PUT_OFF and NOT_IN_FLIGHT in call.error and call.role:
            # It was seen again meanwhile, and is another's to put off.
            one = by_receipt[call.request["ReceiptHandle"]]
            put_off.add((call.request_id, one.message_id))
        elif call.operation in SENDS and not call.error and call.role:
            yield from _sent(seen, call)
    yield from _left(seen, put_off)


def _put_off(seen: FaultRecord, call: Called, one: Delivered) -> Iterator[str]:
    wait_s = call.request["VisibilityTimeout"]
    allowed_s = seen.protocol.put_off_s(seen, call, json.loads(one.body), one.receives)
    # Whole seconds, rounded up, and one at least.
    if not any(low <= wait_s <= max(1, high + 1) for low, high in allowed_s):
        asked = " or ".join(f"{low:.1f} to {high:.1f}" for low, high in allowed_s) or "none"
        yield (
            f"{call.role} {call.request_id} puts a message off for {wait_s} s at its receive "
            f"{one.receives}; asked for are, in seconds, {asked}: {one.body[:100]}"
        )


def _sent(seen: FaultRecord, call: Called) -> Iterator[str]:
    """Delays of messages that are sent."""
    for entry in call.request.get("Entries", [call.request]):
        message = json.loads(entry["MessageBody"])
        low_s, high_s = seen.protocol.delayed_s(seen, call, message)
        if not int(low_s) <= entry.get("DelaySeconds", 0) <= high_s:
            yield (
                f"{call.role} {call.request_id} sends a message {entry.get('DelaySeconds', 0)} s "
                f"late; {low_s:.0f} to {high_s:.0f} s are asked for: {entry['MessageBody'][:100]}"
            )


def _left(seen: FaultRecord, put_off: set[tuple[str, str]]) -> Iterator[str]:
    """Messages given back by an invocation that ended well, and left to the queue's own time."""
    struck = {hit.request_id for hit in seen.plan.hits if hit.what == PUT_OFF}
    for one in seen.invoked:
        if one.end != "answered" or one.role not in seen.protocol.puts_off:
            continue
        for message_id in one.given_back:  # of all its copies in this event
            if (one.request_id, message_id) not in put_off and one.request_id not in struck:
                yield f"{one.role} {one.request_id} gives {message_id} back without a time"
