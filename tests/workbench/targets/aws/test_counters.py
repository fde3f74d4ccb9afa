"""Batches of counters as their record, their counter shards and their queues tell of them."""

import json
from decimal import Decimal

import pytest

from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import AwsFailed
from workbench.targets.aws.batches import BatchStatus, OpenBatch

BATCH = Batch(100, 7, "b-1")


@pytest.fixture
def batches(counters):
    session = counters.session
    session.settings().switch_sources(False)  # moto invokes at once, and what was sent is gone
    return session.batches()


def send(world, output, times=1):
    for _ in range(times):
        world.client("sqs").send_message(QueueUrl=world.outputs[output], MessageBody="{}")


def bodies(world, output):
    answer = world.client("sqs").receive_message(
        QueueUrl=world.outputs[output], MaxNumberOfMessages=10, WaitTimeSeconds=0
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def count(world, batch, shard, numbers):
    key = {"pk": {"S": f"done#{batch}#{shard:07d}"}, "sk": {"S": "SET"}}
    item = key | {"done": {"NS": [str(number) for number in numbers]}}
    world.client("dynamodb").put_item(TableName="state", Item=item)


def test_a_batch_that_was_not_opened_is_absent(counters, batches):
    assert batches.look(BATCH, counters.design) == BatchStatus("absent")
    assert not batches.known("b-1")


@pytest.mark.parametrize(
    ("status", "look"), [("OPEN", "open"), ("CANCELLED", "cancelled"), ("DONE", "complete")]
)
def test_the_status_of_the_record_is_the_batch(counters, batches, status, look):
    counters.meta("b-1", status=status)
    assert batches.look(BATCH, counters.design).status == look


def test_what_waits_in_a_queue_is_not_done(counters, batches):
    counters.meta("b-1")
    assert batches.look(BATCH, counters.design).items_done == 0  # the plan is not there yet
    send(counters, "ItemQueueUrl", 3)
    assert batches.look(BATCH, counters.design) == BatchStatus("open", 70, 3, None, 0)
    send(counters, "PlanQueueUrl")
    assert batches.look(BATCH, counters.design).items_done == 0  # up to 10,000 items are in it


def test_a_batch_that_was_told_says_when_it_was_found_so(counters, batches):
    counters.meta("b-1", status="DONE", detected_at=Decimal("1795000000.5"), items_failed=2)
    assert batches.look(BATCH, counters.design) == BatchStatus("complete", 100, 0, 1795000000.5, 2)


def test_others_are_open_or_stopped_batches_but_not_our_own(counters, batches):
    for name, status in (("b-1", "OPEN"), ("b-2", "CANCELLED"), ("b-3", "DONE"), ("b-4", "PURGED")):
        counters.meta(name, status=status)
    count(counters, "b-1", 0, [3])
    assert batches.others("b-1") == [OpenBatch("b-2", "CANCELLED")]
    assert {one.batch_id for one in batches.others("")} == {"b-1", "b-2"}


def test_a_resume_plans_what_is_not_counted(counters, batches):
    knobs = counters.design.batch_knobs() | {"segment_items": 30, "poll_s": 45}
    counters.meta("b-1", status="CANCELLED", messages=204, knobs=json.dumps(knobs))
    count(counters, "b-1", 0, range(100))
    count(counters, "b-1", 1, set(range(100, 200)) - {150, 151, 152, 153})
    send(counters, "ItemQueueUrl", 5)
    batches.resume("b-1")
    assert batches.look(BATCH, counters.design).status == "open"
    assert bodies(counters, "ItemQueueUrl") == []
    assert bodies(counters, "PollQueueUrl") == [{"batch": "b-1", "poll_s": 45}]
    assert sorted((one["first"], one["stop"]) for one in bodies(counters, "PlanQueueUrl")) == [
        (150, 153),
        (153, 154),
        (200, 203),
        (203, 204),
    ]


def test_a_purge_empties_the_queues_and_frees_the_stack(counters, batches):
    counters.meta("b-1", status="CANCELLED")
    send(counters, "ItemQueueUrl", 2)
    assert batches.purge("b-1").startswith("the queues are empty")
    assert bodies(counters, "ItemQueueUrl") == []
    assert batches.others("") == []
    assert batches.look(BATCH, counters.design).status == "cancelled"


@pytest.mark.parametrize("deal", ["purge", "resume"])
def test_messages_of_another_batch_are_spared(counters, batches, deal):
    counters.meta("b-1", status="CANCELLED")
    counters.meta("b-2")
    with pytest.raises(AwsFailed, match="messages of b-2 too"):
        getattr(batches, deal)("b-1")
