"""Batches of sqs as their table and their queues tell of them."""

import json

import pytest

from workbench.designs import make_design
from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import AwsFailed
from workbench.targets.aws.batches import BatchStatus, OpenBatch

BATCH = Batch(100, 7, "b-1")


@pytest.fixture
def batches(sqs):
    session = sqs.session
    session.settings().switch_sources(False)  # moto invokes at once, and what was sent is gone
    return session.batches()


def bodies(sqs, output):
    answer = sqs.client("sqs").receive_message(
        QueueUrl=sqs.outputs[output], MaxNumberOfMessages=10, WaitTimeSeconds=0
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def record(sqs, pk, sk):
    return sqs.client("dynamodb").put_item(
        TableName="state", Item={"pk": {"S": pk}, "sk": {"S": sk}}
    )


def test_a_batch_that_was_not_opened_is_absent(sqs, batches):
    assert batches.look(BATCH, sqs.design) == BatchStatus("absent")
    assert not batches.known("b-1")


@pytest.mark.parametrize(
    ("status", "look"), [("OPEN", "open"), ("CANCELLED", "cancelled"), ("COMPLETE", "complete")]
)
def test_the_status_of_the_record_is_the_batch(sqs, batches, status, look):
    sqs.meta("b-1", status=status)
    assert batches.look(BATCH, sqs.design).status == look


def test_what_waits_in_the_queue_is_not_done(sqs, batches):
    sqs.meta("b-1")
    for _ in range(3):
        sqs.client("sqs").send_message(QueueUrl=sqs.outputs["ItemQueueUrl"], MessageBody="{}")
    assert batches.look(BATCH, sqs.design) == BatchStatus("open", 70, 3, None, 0)


def test_what_is_in_no_segment_yet_is_not_done(sqs, batches):
    design = make_design("sqs", settings={"segment_items": 10})
    sqs.meta("b-1")
    record(sqs, "segments#b-1", "000004")
    assert batches.look(BATCH, design).items_done == 40
    sqs.meta("b-1", planned=False)
    assert batches.look(BATCH, design).items_done == 0


def test_a_complete_batch_tells_when_it_was_found_so(sqs, batches):
    from decimal import Decimal

    sqs.meta("b-1", status="NOTIFIED", detected_at=Decimal("1795000000.5"), items_failed=2)
    assert batches.look(BATCH, sqs.design) == BatchStatus("complete", 100, 0, 1795000000.5, 2)


def test_others_are_open_or_stopped_batches_but_not_our_own(sqs, batches):
    sqs.meta("b-1")
    sqs.meta("b-2", status="CANCELLED")
    assert batches.others("b-1") == [OpenBatch("b-2", "CANCELLED")]
    assert [one.batch_id for one in batches.others("")] == ["b-1", "b-2"]


def test_a_stop_cancels_and_says_what_is_left(sqs, batches):
    sqs.meta("b-1")
    sqs.client("sqs").send_message(QueueUrl=sqs.outputs["ItemQueueUrl"], MessageBody="{}")
    assert batches.stop("b-1").startswith("1 messages of items and 0 of segments stay")
    assert batches.look(BATCH, sqs.design).status == "cancelled"
    assert batches.stop("b-1")  # again is no error


def test_a_batch_that_has_ended_cannot_be_stopped(sqs, batches):
    sqs.meta("b-1", status="NOTIFIED")
    with pytest.raises(AwsFailed, match="b-1 is NOTIFIED: only one that is OPEN becomes CANCELLED"):
        batches.stop("b-1")


def test_a_resume_opens_the_batch_and_starts_its_chain_where_it_ended(sqs, batches):
    """Its deadline begins anew, and why it was cancelled is forgotten."""
    sqs.meta("b-1", status="CANCELLED", reason="late", created_at=1)
    batches.resume("b-1")
    look = batches.look(BATCH, sqs.design)
    assert (look.status, look.reason) == ("open", "")
    assert float(batches._meta("b-1")["created_at"]["N"]) > 1e9
    assert bodies(sqs, "PollQueueUrl") == [{"batch": "b-1"}]
    assert bodies(sqs, "PlanQueueUrl") == [{"batch": "b-1"}]


def test_a_purge_takes_messages_and_records_away(sqs, batches):
    sqs.meta("b-1", status="CANCELLED")
    for n in range(30):
        record(sqs, "items#b-1#003", f"{n:03d}")
    record(sqs, "segments#b-1", "000001")
    sqs.client("sqs").send_message(QueueUrl=sqs.outputs["ItemQueueUrl"], MessageBody="{}")
    assert batches.purge("b-1") == "the queues are empty, 31 records of the batch are deleted"
    assert bodies(sqs, "ItemQueueUrl") == []
    left = sqs.client("dynamodb").scan(TableName="state")["Items"]
    assert [(one["pk"]["S"], one["status"]["S"]) for one in left] == [("batch#b-1", "CANCELLED")]
    assert batches.others("") == []


def test_a_purge_spares_the_messages_of_another_batch(sqs, batches):
    sqs.meta("b-1", status="CANCELLED")
    sqs.meta("b-2")
    with pytest.raises(AwsFailed, match="messages of b-2 too"):
        batches.purge("b-1")


def test_a_trigger_gives_the_batch_its_token_and_its_knobs(sqs, batches):
    asked = []

    def look(params, **_):
        asked.append((params["headers"]["X-Amz-Invocation-Type"], json.loads(params["body"])))

    batches._aws.client("lambda").meta.events.register("before-call.lambda.Invoke", look)
    at = batches.trigger(BATCH, sqs.design, 900)
    knobs = sqs.design.batch_knobs() | {"deadline_s": 900}
    payload = {"batch_id": "b-1", "items": 100, "seed": 7, "knobs": knobs}
    assert asked == [("Event", payload)]
    assert abs(at - sqs.clock.at) < 5
