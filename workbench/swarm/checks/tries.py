"""What fails is tried as often as promised, listed as it was, and goes no more than its rounds."""

import json
from collections.abc import Iterator
from typing import Any

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called, plain
from workbench.swarm.protocols.queued import ROUNDS, sent_to


def check_tries(seen: FaultRecord) -> Iterator[str]:
    """Items listed after too few tries or without a word why, dead letters that circulate."""
    for call in seen.calls:
        if not call.error and call.role in ("processor", "failures"):
            for record in map(plain, seen.protocol.puts(call)):
                if record["pk"].startswith("failed#"):
                    yield from _listed(seen, call, record)
    yield from seen.protocol.mislisted(seen)
    yield from _rounds(seen)


def _listed(seen: FaultRecord, call: Called, record: dict[str, Any]) -> Iterator[str]:
    name, wanted = f"item {record['sk']} is listed", seen.protocol.tries
    if not record.get("reason"):
        yield f"{name} without a reason"
    tried = [one for one in seen.by_item.get(record["sk"], ()) if one.begun_s <= call.t_s]
    if call.role == "processor" and len(tried) < wanted:
        yield f"{name} after {len(tried)} tries; {wanted} are promised"
    said = record.get("attempts")
    if "#" not in record["sk"] and (call.role, said) not in seen.protocol.attempts:
        yield f"{name} by {call.role} with {said} tries; {wanted} are promised"


def _rounds(seen: FaultRecord) -> Iterator[str]:
    """Letters that the consumer sends again without counting, or once too often."""
    for call in seen.calls:
        for queue in ("PlanQueue", "ItemQueue") if call.role == "failures" else ():
            for message in map(json.loads, sent_to(call, queue)):
                rounds = _rounds_before(seen, call, message)
                if rounds is None or ("items" in message and "n" not in message):
                    continue  # the consumer's own message, or items whose records count
                said = message.get("round", 0)
                if said == 0 and rounds + 1 >= ROUNDS:
                    continue  # a part of which only the messages are missing begins anew
                endless = not {"segment", "stop", "n"} & message.keys()  # a plan
                if said != rounds + 1 or (said >= ROUNDS and not endless):
                    yield (
                        f"failures {call.request_id} sends a letter of {rounds} rounds again as "
                        f"one of {said}: {json.dumps(message)[:100]}"
                    )


def _rounds_before(seen: FaultRecord, call: Called, message: dict[str, Any]) -> int | None:
    """The rounds of the dead letter that a message is sent for; None if there is none such."""
    wanted = {name: one for name, one in message.items() if name not in ("round", "again")}
    found = []
    for record in seen.requests[call.request_id].event["Records"]:
        letter, rounds = json.loads(record["body"]), 0
        if isinstance(letter, dict):
            rounds = letter.pop("round", 0)
            letter.pop("again", None)  # how often it was received is no part of what it asks for
        if letter == wanted:
            found.append(rounds)
    said = message.get("round", 0)
    return said - 1 if said - 1 in found else next(iter(found), None)
