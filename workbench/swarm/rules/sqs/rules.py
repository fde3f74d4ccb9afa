"""How the swarm sees that a rule of the `sqs` design decided something."""

import json
from collections import Counter

from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.noted import Called, batch_of, items_in
from workbench.swarm.probes import Branch
from workbench.swarm.rules.guards import (
    Elsewhere,
    Guard,
    Rules,
    broken_off,
    cancelled_by,
    made_twice,
    refused,
)


def _set_of_segment(call: Called) -> str:
    """The segment that a batcher leases."""
    key = call.request.get("Key", {}).get("pk", {}).get("S", "")
    leases = "begun :one" in call.request.get("UpdateExpression", "")
    return f"{key}{call.request['Key']['sk']['S']}" if leases and "segments#" in key else ""


def _asked_root(call: Called) -> str:
    """The batch for which a root asks for the plan."""
    if call.operation != "SendMessage" or "PlanQueue" not in call.request["QueueUrl"]:
        return ""
    message = json.loads(call.request["MessageBody"])
    return "" if "segment" in message or "round" in message else message["batch"]


def _many_shards(seen: FaultRecord) -> bool:
    """A poll read segments and the shards behind them."""
    reads = Counter(c.request_id for c in seen.calls if c.operation == "Query")
    return any(number > 1 for number in reads.values())


def _opened_by(role: str) -> Guard:
    """A batch's record was written by this function."""
    return lambda seen: any(
        call.role == role and call.operation == "PutItem" and not call.error for call in seen.calls
    )


def _listed(prefix: str) -> Guard:
    """Something was listed under such a name."""
    return lambda seen: any(
        record["pk"]["S"].startswith("failed#") and record["sk"]["S"].startswith(prefix)
        for call in seen.calls
        if not call.error
        for record in seen.protocol.puts(call)
    )


def _claimed_although(seen: FaultRecord) -> bool:
    """A message that came again was claimed in a batch whose knobs ask for no claim."""
    knobs = {batch.batch_id: batch.knobs for batch in seen.batches}
    return any(
        call.role == "processor"
        and "begun :one" in call.request.get("UpdateExpression", "")
        and not knobs[batch_of(call)]["claim"]
        for call in seen.calls
    )


def _several_items_dead(seen: FaultRecord) -> bool:
    return any("DeadLetters" in one.queue and len(items_in(one.body)) > 1 for one in seen.delivered)


def _held_back_deletes(seen: FaultRecord) -> bool:
    return any(hit.kind == "hold_back" and hit.where == "processor" for hit in seen.plan.hits)


def _cron_twice(seen: FaultRecord) -> bool:
    return any(len(batch.started_s) > 1 for batch in seen.batches)


RULES: Rules = {
    "State before message": (broken_off("batcher", "BatchWriteItem", "SendMessageBatch"),),
    "Segments have their own partition, read before the items' shards": (_many_shards,),
    "Keys are drawn from seed and index": (made_twice(_set_of_segment),),
    "A segment whose `written` flag is set writes nothing again": (
        Branch("sqs.batcher._create_under", "not record.get(flag)", False),
    ),
    "Parents are worked under a lease longer than the function's timeout, and who has lost it can "
    "set no flag": (
        refused("batcher", "UpdateItem", "attribute_not_exists(lease_until)"),
        refused("failures", "UpdateItem", "attribute_not_exists(lease_until)"),
    ),
    "The root writes the batch, starts the looks, then asks for the plan, and does it all again "
    "until there is one": (
        made_twice(_asked_root),
        broken_off("batcher", "PutItem", "SendMessage"),
    ),
    "A root that died is carried out by the failures consumer": (_opened_by("failures"),),
    "The batch id is the caller's token or the cron slot": (_cron_twice,),
    "The batch record is only written conditionally, and complete is final": (
        refused("batcher", "PutItem", "attribute_not_exists(pk)"),
    ),
    "One message drives the looks; it comes back until its batch is over, whatever failed": (
        lambda seen: any(
            one.role == "finalizer" and one.request_id in seen.hit for one in seen.invoked
        ),
    ),
    "OPEN → COMPLETE → publish → NOTIFIED; only NOTIFIED ends the looks": (
        Branch("sqs.finalizer._poll", "batch.get('status') == 'OPEN'", False),
    ),
    "A failed item leaves its record in the same transaction that lists it": (
        Branch("sqs.batches.fail_items", ""),
    ),
    "What failed is sent again as a message of its own, which counts the tries that ended": (
        Branch("sqs.processor._work", "failed"),
    ),
    "A dead message of several items goes on as messages of one": (_several_items_dead,),
    "A dead item is listed only if its record says that three tries of it died, and that none "
    "lives": (Branch("sqs.batches.fail_dead", ""),),
    "A lease is only put on a record that exists": (
        Branch("sqs.processor._work_record", "record is None"),
    ),
    "What is sent or received again is claimed": (_claimed_although,),
    "A duplicate that meets a live lease is never acknowledged": (
        refused("processor", "UpdateItem", "attribute_not_exists(lease_until)"),
    ),
    "A record for each message remembers what is undone": (
        Branch("sqs.batches.undone", "left is None", False),
    ),
    "Items get records of their own in the transaction that takes them from their message's": (
        Branch("sqs.failures._give_each_a_record", ""),
    ),
    "A lease counts its owner until it is given back, once for each owner": (
        Branch("table.lease", "record.get('lease_by') == owner"),
        lambda seen: any(
            line.get("items_duplicated") for one in seen.invoked for line in one.telemetry
        ),
    ),
    "A plan that died is sent again without end": (
        lambda seen: any(
            "DeadLetters" in one.queue and one.body.startswith('{"batch"') and "items" not in body
            for one in seen.delivered
            for body in [json.loads(one.body)]
            if "segment" not in body
        ),
    ),
    "A segment is listed as failed only if it is not written": (
        _listed("segment#"),
        Branch("sqs.failures._fail_segment", "record.get('written')"),
    ),
    "A message that is none of ours fails alone": Elsewhere("tests/lambdas/sqs/test_strangers.py"),
    "A record older than anything a living message explains is sent again, if it is still as it "
    "was read": (
        Branch(
            "sqs.finalizer._send_stuck", "now - record['created_at'] < _stuck_after_s(batch)", False
        ),
    ),
    "A message is done when its deletes are accepted": (_held_back_deletes,),
    "Knobs travel in the batch's record and messages": (
        lambda seen: (
            any(batch.batch_id.startswith("cron") for batch in seen.batches)
            and any(batch.knobs != seen.batches[0].knobs for batch in seen.batches)
        ),
    ),
    "CANCELLED is a state that batcher, processor and finalizer honour": (
        Branch("sqs.batches.read_open", "found.get('status') == 'CANCELLED'"),
        Branch("sqs.processor.handler.deal", "message['batch'] not in counts"),
    ),
    "A batch past its deadline is notified of, then cancelled, unless nothing of it is left": (
        cancelled_by("finalizer"),
    ),
    "Everything started in a handler is joined before it returns": Elsewhere(
        "tests/lambdas/test_outside.py"
    ),
}
