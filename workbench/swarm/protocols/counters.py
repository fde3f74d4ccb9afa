"""The swarm's knowledge of the `counters` design: sets of message numbers, records that expire."""

from random import Random
from typing import Any

from workbench.designs import Counters
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called
from workbench.swarm.protocols.protocol import Places
from workbench.swarm.protocols.queued import (
    DELAY_MAX_S,
    ROUNDS,
    QueuedProtocol,
)
from workbench.swarm.rules.counters import RULES, SCENARIOS

SMALL_HIDDEN_S = 720  # of the dead letters and the polling queue: six times 120 s
SPREAD_S = 97  # between two neighbours of the dead letters that go round again


class CountersProtocol(QueuedProtocol):
    """`counters`."""

    rules = RULES
    scenarios = SCENARIOS
    places: Places = (
        ("batcher", ("PutItem", "GetItem", "SendMessage", "SendMessageBatch")),
        ("processor", ("UpdateItem", "SendMessage", "BatchWriteItem", "GetItem")),
        ("finalizer", ("BatchGetItem", "UpdateItem", "Publish", "Query", "GetItem")),
        ("failures", ("UpdateItem", "BatchWriteItem", "SendMessage", "GetItem")),
    )
    one_moment = False  # notified, then marked: a death between them notifies again
    ended_status = "DONE"
    attempts = (("processor", 3), ("failures", None))
    eventual = (("processor", "GetItem"), ("finalizer", "BatchGetItem"))
    kept = ("batch", "failed", "done")  # they expire by themselves
    kept_s = 30 * 86_400  # a message lives 14 days in its queue, and 14 more as a dead letter
    plan_wait_s = DELAY_MAX_S
    dead_wait_s = SMALL_HIDDEN_S + 2 * DELAY_MAX_S  # the second in going round
    poll_wait_s = SMALL_HIDDEN_S + DELAY_MAX_S

    def own_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "poll_s": dice.choice((10, 30, 60, 120, 300)),
            "batcher_concurrency": dice.choice((2, 10, None)),
            "max_receives": dice.choice((4, 5, 6)),
            "telemetry": "emf",
        }

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:
        return knobs | {"poll_s": dice.choice((20, 60, 120))}

    def item_wait_s(self, design: Counters) -> float:
        return design.visibility_timeout_s + DELAY_MAX_S

    def failed_items(self, batch: Expected, sk: str, record: dict) -> tuple[list[str], bool]:
        kind, _, number = sk.partition("#")
        if kind != "messages":
            return [sk], False
        first = int(number) * batch.knobs["items_per_message"]
        return batch.ids[first : first + record["items"]], True

    def created_by(self, batch: Expected, message: dict[str, Any]) -> list[str]:
        if message["batch"] != batch.batch_id:
            return []
        size = batch.knobs["items_per_message"]
        return batch.ids[message["first"] * size : message["stop"] * size]

    def puts(self, call: Called) -> list[dict[str, Any]]:
        if call.operation != "BatchWriteItem":
            return []
        left = call.response.get("UnprocessedItems", {})
        return [
            entry["PutRequest"]["Item"]
            for table, entries in call.request["RequestItems"].items()
            for entry in entries
            if entry not in left.get(table, [])
        ]

    def delayed_s(
        self, seen: FaultRecord, call: Called, message: dict[str, Any]
    ) -> tuple[float, float]:
        """A letter that goes round comes back by its number, so that neighbours come apart."""
        if call.role == "failures" and "round" in message:
            delay_s = SPREAD_S * message.get("first", message.get("n")) % DELAY_MAX_S
            return delay_s, delay_s
        return super().delayed_s(seen, call, message)

    def excuses_listing(self, seen: FaultRecord, item: str, failing: int) -> bool:
        """All its tries fail, or a message of it went through all receives of all rounds."""
        counts = seen.plan.counts
        received = seen.struck[item] + seen.throttled[item]
        received += counts["early"] + counts["undelete"]  # a receive without an end of its own
        return failing == self.tries or received >= ROUNDS * seen.design.max_receives

    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return False  # a copy of a message may be under way when the first has counted

    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return False  # a trigger that dies goes through the dead letters until its batch is open

    def failed_fits(self, seen: FaultRecord, batch: Expected, said: int) -> bool:
        """At least those that are listed: an item may be listed with its range too."""
        records = seen.records.items()
        most = sum(one["items"] for (pk, _), one in records if pk == f"failed#{batch.batch_id}")
        return len(seen.listed(batch)) <= said <= min(most, batch.items)

    def closed_s(self, seen: FaultRecord, batch: Expected) -> float | None:
        """When its record was marked, after which a late trigger or copy finds it done."""
        return self.over_s(seen, batch)
