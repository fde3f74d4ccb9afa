"""The swarm's knowledge of the `sqs` design: records and leases."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from workbench.designs import Sqs
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Invoked, items_in
from workbench.swarm.protocols.protocol import ITEMS_MAX, Places
from workbench.swarm.protocols.queued import DELAY_MAX_S, QueuedProtocol
from workbench.swarm.rules.sqs.rules import RULES
from workbench.swarm.rules.sqs.scenarios import SCENARIOS

DEAD_HIDDEN_S = 1_800  # of the dead letters: six times 300 s
POLL_HIDDEN_S = 360  # of the polling queue: six times 60 s
BATCHER_LEASE_S = 930  # also of what the failures consumer works
CANCELLED_S = 3_600  # between two looks at a batch that was cancelled


class SqsProtocol(QueuedProtocol):
    """`sqs`."""

    rules = RULES
    scenarios = SCENARIOS
    places: Places = (
        ("batcher", ("PutItem", "BatchWriteItem", "SendMessageBatch", "UpdateItem")),
        ("processor", ("BatchWriteItem", "UpdateItem", "SendMessage", "TransactWriteItems")),
        ("finalizer", ("ChangeMessageVisibility", "UpdateItem", "Publish", "DeleteItem", "Query")),
        ("failures", ("UpdateItem", "TransactWriteItems", "BatchWriteItem", "SendMessage")),
    )
    beside = True
    keeps_cancelled = True
    ended_status = "NOTIFIED"
    attempts = (("processor", 3), ("failures", 3))
    eventual = (("processor", "GetItem"),)
    plan_wait_s = BATCHER_LEASE_S
    dead_wait_s = DEAD_HIDDEN_S + BATCHER_LEASE_S + DELAY_MAX_S
    poll_wait_s = POLL_HIDDEN_S + DELAY_MAX_S

    def own_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "batch_window_s": dice.choice((0, 0, 0, 0, 5)),
            "track": dice.choice(("item", "message")),
            "claim": dice.random() < 0.5,
            "state_shards": dice.randint(1, 8),
            "poll_s": dice.choice((10, 30, 60, 120, 300)),
            "send_batch_size": dice.choice((1, 3, 10, 10)),
            "write_batch_size": dice.choice((1, 5, 25, 25)),
            "max_receives": dice.choice((4, 5, 6)),
            "stuck_after_s": dice.choice((60, 300, 3_600, 21_600, 200_000)),
        }

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:
        shards = {"state_shards": dice.randint(1, 8), "poll_s": dice.choice((20, 60, 120))}
        return knobs | shards | {"claim": dice.random() < 0.5}

    def item_wait_s(self, design: Sqs) -> float:
        return design.visibility_timeout_s + design.lease_s + DELAY_MAX_S

    def failed_items(self, batch: Expected, sk: str, record: dict) -> tuple[list[str], bool]:
        if "stop" in record:
            return batch.ids[record["start"] : record["stop"]], True
        return [sk], False

    def created_by(self, batch: Expected, message: dict[str, Any]) -> list[str]:
        if message["batch"] != batch.batch_id or "segment" not in message:
            return batch.ids if message["batch"] == batch.batch_id else []
        size = batch.knobs["segment_items"]
        return batch.ids[message["segment"] * size : (message["segment"] + 1) * size]

    def puts(self, call: Called) -> list[dict[str, Any]]:
        if call.operation != "TransactWriteItems":
            return []
        actions = call.request["TransactItems"]
        return [action["Put"]["Item"] for action in actions if "Put" in action]

    def excuses_listing(self, seen: FaultRecord, item: str, failing: int) -> bool:
        return seen.struck[item] + failing >= self.tries

    def planned_again_s(self, seen: FaultRecord, batch: Expected) -> float:
        """A lost message is sent again when its record is old, one at a poll."""
        lost = seen.plan.counts["lose"]
        return batch.knobs["stuck_after_s"] + lost * 2 * batch.knobs["poll_s"] if lost else 0.0

    def forgotten_s(self, batch: Expected) -> float:
        """Not before a long queue has had four times its time."""
        knobs = batch.knobs
        at_a_time = (knobs["max_concurrency"] or 1_000) * knobs["item_concurrency"]
        queue_s = batch.items * knobs["value_max"] / 1000 / at_a_time
        return max(knobs["stuck_after_s"], 4 * queue_s)

    def converge_s(self, design: Sqs, rates: FaultRates, last_s: float) -> float:
        lost_s = design.stuck_after_s + 2 * ITEMS_MAX * design.poll_s if rates.lose else 0.0
        return super().converge_s(design, rates, last_s) + lost_s

    def claimed(self, batch: Expected) -> bool:
        return batch.knobs["claim"]

    def looks(self, one: Invoked, item: str) -> bool:
        """From the second receive of a message on; a first receive costs no read."""
        mine = [record for record in one.event["Records"] if item in items_in(record["body"])]
        return all(
            int(one["attributes"]["ApproximateReceiveCount"]) > 1
            and not _unremembered(json.loads(one["body"]))
            for one in mine
        )

    def sends_again(self, seen: FaultRecord, batch: Expected) -> bool:
        stuck = seen.ended_s >= batch.knobs["stuck_after_s"]
        return stuck or super().sends_again(seen, batch)

    def unmarked(self, seen: FaultRecord, batch: Expected) -> Iterator[str]:
        """A batch is marked before it is planned, and stays so if it is stopped."""
        planned_s, put_s = self.planned_s(seen, batch), float("inf")
        for call in seen.calls:
            put = call.operation == "PutItem" and not call.error
            if put and _names(call.request["Item"]) == ("open", batch.batch_id):
                put_s = min(put_s, call.t_s)
        if planned_s is not None and put_s > planned_s:
            yield f"{batch.batch_id} is planned, and not marked as open"
        stays = put_s < seen.ended_s and seen.cancelled(batch)
        if stays and ("open", batch.batch_id) not in seen.records:
            yield f"{batch.batch_id} was cancelled, and is no longer marked as open"

    def planned_s(self, seen: FaultRecord, batch: Expected) -> float | None:
        for call in seen.calls:
            flag = "SET planned" in call.request.get("UpdateExpression", "") and not call.error
            if flag and _names(call.request["Key"])[0] == f"batch#{batch.batch_id}":
                return call.t_s
        return None

    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return batch.knobs["claim"]

    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return False  # a trigger that dies goes through the dead letters until its batch is open

    def held_s(
        self, seen: FaultRecord, call: Called, message: dict[str, Any]
    ) -> Iterator[tuple[float, float]]:
        """Until another's lease ends, or a cancelled batch is looked at again."""
        if any(seen.cancelled(one) for one in seen.batches if one.batch_id == message.get("batch")):
            again_s = message["knobs"]["lease_s"] if call.role == "processor" else CANCELLED_S
            yield again_s, again_s
        for refused_s, until_s in seen.waited_for[call.request_id]:
            yield until_s - call.t_s, until_s - refused_s


def _names(key: dict[str, Any]) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]


def _unremembered(message: dict[str, Any]) -> bool:
    """Whether the first try of a message can have done a part of it, and no record says which."""
    knobs = message["knobs"]
    first = not (knobs["claim"] or message.get("again"))
    values = [pair[1] for pair in message["items"]]
    return first and knobs["track"] == "message" and min(values) < 0
