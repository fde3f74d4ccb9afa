"""A batch begins once, is marked while it is open, and nothing is asked for it once it is over."""

import json
from collections.abc import Iterator
from typing import Any

from workbench.swarm.fault_plan import STALE_MAX_S
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, batch_of, leases

SENDS = ("SendMessage", "SendMessageBatch")


def check_lifecycle(seen: FaultRecord) -> Iterator[str]:
    """Batches that are begun again, or gone on with, or not to be found among the open ones."""
    for batch in seen.batches:
        yield from seen.protocol.unmarked(seen, batch)
        planned_s = seen.protocol.planned_s(seen, batch)
        over_s = _over_s(seen, batch)
        for call in seen.calls:
            if not _asks(call, batch.batch_id):
                continue
            begun = seen.requests[call.request_id]
            again = call.role == "batcher" and "Records" not in _event(begun.event)
            if again and planned_s is not None and begun.begun_s > planned_s:
                yield f"{batch.batch_id} was planned at {planned_s:.0f} s, and is begun again"
            elif over_s is not None and begun.begun_s > over_s + STALE_MAX_S:
                yield (
                    f"{batch.batch_id} was over at {over_s:.0f} s; {call.role} {call.request_id} "
                    f"goes on with it at {call.t_s:.0f} s"
                )


def _event(event: Any) -> Any:
    return event if isinstance(event, dict) else {}


def _over_s(seen: FaultRecord, batch: Expected) -> float | None:
    """When a batch was marked as over, or cancelled."""
    cancelled_s = seen.cancelled_s(batch)
    return seen.protocol.over_s(seen, batch) if cancelled_s is None else cancelled_s


def _asks(call: Called, batch_id: str) -> bool:
    """Whether a call asks for work on a batch: a message of it, or a lease on its records."""
    if call.error or call.role not in ("batcher", "failures"):
        return False
    if call.operation in SENDS:
        texts = [one["MessageBody"] for one in call.request.get("Entries", [call.request])]
        return any(json.loads(text).get("batch") == batch_id for text in texts)
    return leases(call) and batch_of(call) == batch_id
