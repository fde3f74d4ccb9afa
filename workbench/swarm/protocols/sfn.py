"""The swarm's knowledge of the `sfn` design: a map, its children, objects in a bucket."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

from workbench.designs import Sfn
from workbench.swarm.fault_plan import CLAIM_CONFLICT
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Invoked, Listed
from workbench.swarm.protocols.claims import hasty_claim
from workbench.swarm.protocols.protocol import (
    CALLS_S,
    ITEMS_MAX,
    MAP_KINDS,
    PUBLISHES,
    TRIES_S,
    Places,
    Protocol,
    batch_may_fail,
    log_int,
)
from workbench.swarm.rules.sfn import RULES, SCENARIOS
from workbench.targets.local.world.context import EPOCH_S

BATCHER_S = 3 * 905 + 6  # all tries of the batcher
SUMMARY_S = 3 * 305 + 6  # all tries of the summary
PUBLISH_S = 130  # all tries of a publish
THROTTLED_S = 400  # all tries of a Task that is throttled
LINE_BYTES = 60  # of an item, with which a part is full
MAP_S = 300  # between the states
CLIENT_S = 35.0  # for all attempts of a client: six, after waits of up to 1, 2, 4, 8 and 16 s
RULES_REASON = "execution "  # of the rule that notifies of an execution that failed, and not why


class SfnProtocol(Protocol):
    """`sfn`."""

    rules = RULES
    scenarios = SCENARIOS
    places: Places = (
        ("batcher", ("PutObject", "UploadPart", "CompleteMultipartUpload", "GetObject")),
        ("processor", ("PutObject",)),
        ("summary", ("GetObject", "ListObjectsV2")),
    )
    kinds = MAP_KINDS

    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        return {
            "max_concurrency": dice.choice((1, 5, 50, 900, None)),
            "items_per_child": log_int(dice, 1, 60),
            "child_type": dice.choice(("EXPRESS", "EXPRESS", "STANDARD")),
            "child_tries": dice.choice((1, 2, 2, 3)),
        }

    def shaped(
        self,
        design: Sfn,
        items: int,
        rates: FaultRates,  # noqa: ARG002
        dice: Random,
    ) -> tuple[Sfn, dict[str, Any]]:
        """Segments below the design's own limit, which the handlers do not have."""
        segment_items = max(1, items // dice.randint(1, 6))
        return design, design.batch_knobs() | {"segment_items": segment_items}

    def strangers(self, design: Sfn, trigger: dict[str, Any]) -> list[tuple[str, Any]]:
        """Starts, segments, children and ends that make no sense, each in one way."""
        name, knobs = trigger["batch_id"], trigger["knobs"]
        item = {"id": "f" * 16, "value": 1}
        children = [
            {"BatchInput": {"batch_id": name, "knobs": knobs}, "Items": []},
            {
                "BatchInput": {"batch_id": name, "knobs": knobs | {"item_concurrency": 0}},
                "Items": [item],
            },
            {"BatchInput": None, "Items": [item]},
            item,
        ]
        if design.child_type != "EXPRESS":  # children are counted by the processor's invocations
            children = []
        return [
            ("batcher", {"action": "segment", "batch": trigger, "segment": trigger["items"]}),
            ("batcher", {"action": "segment", "batch": trigger}),
            ("batcher", {"action": "start", "trigger": trigger}),
            ("summary", {"batch": trigger | {"batch_id": f"{name}/x"}, "entered_at": "2026-01-01"}),
            ("summary", {"batch": trigger}),
            *(("processor", child) for child in children),
        ]

    def listed(self, seen: FaultRecord, batch: Expected) -> Iterator[tuple[str, Listed]]:
        """In the results of the map, and in the lists of its children, which count first."""
        yield from (_in_results(seen, batch) | _in_lists(seen, batch)).items()

    def listed_by(self, seen: FaultRecord) -> Counter[tuple[str, str]]:
        return Counter(
            {
                (call.request_id, call.request["Key"].split("/")[1]): len(_listed_in(call))
                for call in seen.calls
                if call.role == "processor" and call.operation == "PutObject" and not call.error
            }
        )

    def excuses_listing(self, seen: FaultRecord, item: str, failing: int) -> bool:
        design: Any = seen.design
        return bool(
            failing
            or seen.plan.counts["child_fails"]
            or seen.throttled[item] > design.throttle_tries
            or seen.struck[item] >= design.child_tries
        )

    def late_s(self, design: Sfn, roles: set[str], poll_s: float) -> float:  # noqa: ARG002
        """The map ends with its last child, and a struck child is tried again whole."""
        late = CALLS_S
        if roles & {"processor", "Process", "map"}:
            late += design.child_limit_s + THROTTLED_S
        if "summary" in roles:
            late += SUMMARY_S + THROTTLED_S
        if "machine" in roles:
            late += PUBLISH_S
        return late

    def work_s(self, design: Sfn, roles: set[str], items: int) -> float:  # noqa: ARG002
        busy = items * max(1, design.value_max) / 1000 + TRIES_S
        return busy + BATCHER_S + 2 * THROTTLED_S + 2 * design.child_limit_s

    def converge_s(self, design: Sfn, rates: FaultRates, last_s: float) -> float:  # noqa: ARG002
        children_s = -(-design.child_limit_s * ITEMS_MAX // (design.max_concurrency or 1_000))
        return last_s + BATCHER_S + MAP_S + children_s + SUMMARY_S + PUBLISH_S + 2 * CALLS_S

    def doubled(self, seen: FaultRecord) -> set[str]:
        """Those of the children that ran twice; of which batch's map is not said."""
        twice = [int(hit.what) for hit in seen.plan.hits if hit.kind == "child_twice"]
        return {
            item
            for batch in seen.batches
            for size in [batch.knobs["items_per_child"]]
            for number in twice
            for item in batch.ids[number * size : (number + 1) * size]
        }

    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return not seen.plan.counts["child_twice"]

    def gave_up(self, seen: FaultRecord, one: Invoked) -> bool:
        """A claim is tried five times, later each time, while others write at the same time, and
        only then: any other error ends the invocation.
        """
        if one.end == "answered" and _refused_for_good(seen, one):
            return True
        return hasty_claim(seen, one)

    def answer(self, seen: FaultRecord, one: Invoked, done: int, failed: int) -> Any:  # noqa: ARG002
        """Two counts and no more: answers are kept in the map's results."""
        return {"processed": done, "failed": failed} if "Items" in one.event else None

    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        return batch_may_fail(seen)

    def excuses_silence(self, seen: FaultRecord, name: str) -> bool:  # noqa: ARG002
        """The notice was refused as often as it is tried: only the rule tells of the execution."""
        return seen.plan.counts["publish"] >= PUBLISHES

    def unexplained(self, seen: FaultRecord, batch: Expected) -> bool:
        """Each state says why it failed; of a summary that did, only a rule notifies."""
        said = [one.message for one in seen.notifications(batch)]
        reasons = [one["reason"] for one in said if one["status"] != "complete"]
        return (
            bool(reasons)
            and all(reason.startswith(RULES_REASON) for reason in reasons)
            and seen.plan.counts["publish"] < PUBLISHES
            and not any(hit.where == "summary" for hit in seen.plan.hits)
        )

    def created(self, seen: FaultRecord, batch: Expected) -> bool:
        return any(key.startswith(f"batches/{batch.batch_id}/items/") for key in seen.objects)

    def left_objects(self, seen: FaultRecord) -> Iterator[str]:
        """One object a segment under deterministic keys, no upload without an end."""
        for batch in seen.batches:
            prefix = f"batches/{batch.batch_id}/items/"
            found = {key for key in seen.objects if key.startswith(prefix)}
            segments = -(-batch.items // batch.knobs["segment_items"])
            wanted = {f"{prefix}{number:06d}.jsonl" for number in range(segments)}
            if found - wanted or (wanted - found and not batch_may_fail(seen)):
                yield f"the items of {batch.batch_id} lie in {len(found)} objects, not {segments}"
        yield from _large_parts(seen)
        died = any(one.role == "batcher" and one.end == "died" for one in seen.invoked)
        # An upload whose begin was not answered has no name to end it by: the bucket's rule does.
        struck = {"CreateMultipartUpload", "AbortMultipartUpload"} & {
            hit.what for hit in seen.plan.hits
        }
        if seen.uploads and not died and not struck:
            yield f"{seen.uploads} multipart uploads were not ended, and nothing explains it"

    def counted_states(self, seen: FaultRecord) -> Counter[str]:
        """The machine's transitions, its map's children, and what Standard children enter."""
        design: Any = seen.design
        children = sum(run.children.total() for run in seen.map_runs)
        counts = Counter({"StateTransition": seen.transitions + children})
        if design.child_type == "EXPRESS":
            counts["StepFunctions-Request"] = children
        else:
            counts["StateTransition"] += seen.plan.started["processor"] + sum(
                hit.kind == "throttle" and hit.where == "processor" for hit in seen.plan.hits
            )
        return counts


def _refused_for_good(seen: FaultRecord, one: Invoked) -> bool:
    """Whether a put of a batcher was refused in all attempts of its client, and by no conflict."""
    return one.role == "batcher" and any(
        (hit.request_id, hit.kind, hit.what) == (one.request_id, "refuse", "PutObject")
        and hit.for_good
        and hit.code != CLAIM_CONFLICT[0]
        and hit.t_s + CLIENT_S < seen.plan.rates.quiet_s
        for hit in seen.plan.hits
    )


def _large_parts(seen: FaultRecord) -> Iterator[str]:
    """Uploads of items that hold more at a time than they may."""
    part_bytes = seen.limits.get("PART_BYTES", float("inf"))
    for call in seen.calls:
        if call.role == "batcher" and "Body" in call.request:
            size = len(call.request["Body"].getvalue())
            line_bytes = LINE_BYTES + seen.design.item_bytes
            if "/items/" in call.request["Key"] and size > part_bytes + line_bytes:
                yield f"{call.request_id} holds {size} bytes of items; {part_bytes} are a part"


def _listed_in(call: Called) -> list[str]:
    """The items of a list that a processor has written."""
    body = call.request["Body"].getvalue()  # botocore's file
    return [json.loads(line)["id"] for line in body.splitlines()]


def _in_lists(seen: FaultRecord, batch: Expected) -> dict[str, Listed]:
    """By the first list that named an item: a child that runs twice writes its list again."""
    prefix = f"batches/{batch.batch_id}/failed/"
    first_s: dict[str, float] = {}
    for call in seen.calls:
        put = call.operation == "PutObject" and not call.error
        if put and call.request["Key"].startswith(prefix):
            for item in _listed_in(call):
                first_s.setdefault(item, call.t_s)
    lists = (body for key, body in seen.objects.items() if key.startswith(prefix))
    lines = (json.loads(line) for body in lists for line in body.splitlines())
    return {line["id"]: Listed(first_s[line["id"]], line["reason"]) for line in lines}


def _in_results(seen: FaultRecord, batch: Expected) -> dict[str, Listed]:
    """The items of the children that failed with all their tries."""
    found = {}
    for key, body in seen.objects.items():
        if key.startswith(f"results/{batch.batch_id}/") and "/FAILED_" in key:
            for child in json.loads(body):
                stopped = datetime.fromisoformat(child["StopDate"]).timestamp() - EPOCH_S
                listed = Listed(stopped, child.get("Cause", child["Status"]))
                found |= {item["id"]: listed for item in json.loads(child["Input"])["Items"]}
    return found
