"""The swarm's knowledge of the `sqs` design: records, leases, a loop of poll messages."""

from json import loads
from random import Random
from typing import Any

from workbench.designs import Sqs
from workbench.swarm.fault_record import Called, Expected, FaultRecord, Invoked, items_in
from workbench.swarm.protocols.protocol import Places, batch_may_fail
from workbench.swarm.protocols.queued import ASYNC_S, DELAY_MAX_S, QueuedProtocol

DEAD_HIDDEN_S = 1_800  # of the dead letters: six times 300 s
POLL_HIDDEN_S = 360  # of the polling queue: six times 60 s
BATCHER_LEASE_S = 930  # also of what the failures consumer works
SPLIT_LEASE_S = 330
ABSENT_S = 60 * 60  # so long the finalizer polls for a batch that was never written
ATTEMPTS = 3  # that really began, before a one-item message may fail


class SqsProtocol(QueuedProtocol):
    """`sqs`."""

    places: Places = (
        ("batcher", ("TransactWriteItems", "BatchWriteItem", "SendMessageBatch", "UpdateItem")),
        ("processor", ("BatchWriteItem", "UpdateItem", "SendMessage", "DeleteItem", "GetItem")),
        ("finalizer", ("SendMessage", "UpdateItem", "Publish", "TransactWriteItems", "Query")),
        ("failures", ("UpdateItem", "TransactWriteItems", "BatchWriteItem", "SendMessage")),
    )
    ended_status = "NOTIFIED"
    plan_wait_s = BATCHER_LEASE_S
    dead_wait_s = DEAD_HIDDEN_S + BATCHER_LEASE_S
    poll_wait_s = POLL_HIDDEN_S

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
        return design.visibility_timeout_s + design.lease_s + SPLIT_LEASE_S + DELAY_MAX_S

    def start_wait_s(self, design: Sqs) -> float:
        return ABSENT_S + ASYNC_S + design.stuck_after_s

    def failed_items(self, batch: Expected, sk: str, record: dict) -> tuple[list[str], bool]:
        if "stop" in record:
            return batch.ids[record["start"] : record["stop"]], True
        return [sk], False

    def created_by(self, batch: Expected, message: dict[str, Any]) -> list[str]:
        if message["batch"] != batch.batch_id or message["kind"] == "plan":
            return batch.ids if message["batch"] == batch.batch_id else []
        size = batch.knobs["segment_items"]
        return batch.ids[message["segment"] * size : (message["segment"] + 1) * size]

    def puts(self, call: Called) -> list[dict[str, Any]]:
        if call.operation != "TransactWriteItems":
            return []
        actions = call.request["TransactItems"]
        return [action["Put"]["Item"] for action in actions if "Put" in action]

    def excuses_listing(self, seen: FaultRecord, item: str) -> bool:
        return seen.struck[item] >= ATTEMPTS

    def planned_again_s(self, seen: FaultRecord, batch: Expected) -> float:
        """The wait for the finalizer, where the root died before it could ask for the plan."""
        asked = any(
            call.role == "batcher"
            and call.operation == "SendMessage"
            and f'"kind":"plan","batch":"{batch.batch_id}"' in call.request["MessageBody"]
            for call in seen.calls
        )
        return 0.0 if asked else batch.knobs["stuck_after_s"]

    def claimed(self, batch: Expected) -> bool:
        return batch.knobs["claim"]

    def looks(self, one: Invoked, item: str) -> bool:
        """From the second receive of a message on; a first receive costs no read."""
        mine = [record for record in one.event["Records"] if item in items_in(record["body"])]
        return all(int(one["attributes"]["ApproximateReceiveCount"]) > 1 for one in mine)

    def sends_again(self, seen: FaultRecord, batch: Expected) -> bool:
        stuck = seen.ended_s >= batch.knobs["stuck_after_s"]
        return stuck or super().sends_again(seen, batch)

    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return batch.knobs["claim"]

    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:
        """All tries of its root were struck, so that it has no record."""
        return batch_may_fail(seen) and seen.meta(batch) is None

    def polls(self, seen: FaultRecord, batch: Expected) -> list[float]:
        """When the next poll message was sent, about a batch that exists."""
        sent = [
            (call.t_s, loads(call.request["MessageBody"]))
            for call in seen.calls
            if call.role == "finalizer"
            and call.operation == "SendMessage"
            and "PollQueue" in call.request["QueueUrl"]
        ]
        return [
            t_s
            for t_s, message in sent
            if message["batch"] == batch.batch_id and "absent" not in message
        ]

    def goes_on(self, call: Called, batch_id: str) -> str:
        asks = call.role == "finalizer" and call.operation == "SendMessage"
        if asks and f'"batch":"{batch_id}"' in call.request["MessageBody"]:
            return "the next poll of it is asked for"
        return ""
