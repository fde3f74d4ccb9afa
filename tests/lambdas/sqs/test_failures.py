"""The failures consumer: a dead letter is sent again, split, or listed; never what may be done."""

import json

import pytest


def bury(world, *bodies):
    """Deliver dead letters."""
    return world.deliver("sqs.failures", [world.record(body, "dead", 6) for body in bodies])


def drain(world):
    while records := world.records("item"):
        world.deliver("sqs.processor", records)


@pytest.mark.parametrize("track", ["item", "message"])
def test_a_dead_message_of_several_items_is_split_and_its_sound_items_are_done(world, track):
    world.create(items=10, track=track)
    (body,) = world.bodies("item")
    assert bury(world, body) == {"batchItemFailures": []}
    assert world.state("failed#") == {}
    drain(world)
    assert world.state("items#") == {}
    assert world.state("failed#") == {}


def test_a_dead_item_that_never_began_is_sent_again(world):
    world.create(items=1)
    (body,) = world.bodies("item")
    bury(world, body | {"alone": True})
    assert world.bodies("item") == [body | {"alone": True}]
    assert world.state("failed#") == {}


def test_a_dead_item_whose_owner_crashed_is_sent_again_and_its_repeat_is_counted(world, capsys):
    world.create(items=1)
    (body,) = world.bodies("item")
    key = world.module("table").item_key("b1", body["items"][0][0], 10)
    world.module("table").lease(key, "dead", 100, count_attempt=True)
    world.now += 101
    bury(world, body | {"alone": True})
    capsys.readouterr()
    drain(world)
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (1, 1)


def test_a_dead_item_that_used_up_its_attempts_is_listed(world):
    world.create(items=1)
    (body,) = world.bodies("item")
    key = world.module("table").item_key("b1", body["items"][0][0], 10)
    for _ in range(3):
        world.module("table").lease(key, "dead", -1, count_attempt=True)
    world.now += 10
    bury(world, body | {"alone": True})
    assert len(world.state("failed#")) == 1
    assert world.state("items#") == {}


def test_a_dead_item_that_somebody_holds_stays_in_the_dead_letters(world):
    world.create(items=1)
    (body,) = world.bodies("item")
    key = world.module("table").item_key("b1", body["items"][0][0], 10)
    world.module("table").lease(key, "alive", 100)
    assert len(bury(world, body | {"alone": True})["batchItemFailures"]) == 1
    assert len(world.state("items#")) == 1


def test_a_dead_segment_is_tried_three_rounds_and_then_listed_as_a_range(world):
    world.trigger(items=250, segment_items=100)
    world.deliver("sqs.batcher", world.records("plan"))
    body = next(body for body in world.bodies("plan") if body["segment"] == 2)
    for rounds in (1, 2):
        bury(world, body)
        (body,) = world.bodies("plan")
        assert body["round"] == rounds
    bury(world, body)
    failed = world.state("failed#")[("failed#b1", "segment#000002")]
    assert (failed["start"], failed["stop"]) == (200, 250)
    assert [int(sk) for _, sk in world.state("segments#")] == [0, 1]


def test_a_half_written_segment_leaves_no_item_record_behind(world):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (body,) = world.bodies("plan")
    batcher = world.module("sqs.batcher")
    batch = batcher.batches.read_batch("b1")
    world.module("table").put_all(list(batcher._records(batch, 0, 50))[:20], 25)
    bury(world, body | {"round": 2})
    assert world.state("items#") == {}
    world.look()
    assert [notice["items_failed"] for notice in world.notices()] == [50]


def test_a_dead_segment_that_is_written_is_only_sent_again(world):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (body,) = world.bodies("plan")
    batcher = world.module("sqs.batcher")
    send_all, batcher.queues.send_all = batcher.queues.send_all, None
    world.deliver("sqs.batcher", [world.record(body, "plan")])
    batcher.queues.send_all = send_all
    bury(world, body | {"round": 2})
    assert world.state("failed#") == {}
    assert [b["segment"] for b in world.bodies("plan")] == [0]


def test_a_dead_plan_fails_the_batch_as_one_range(world):
    world.trigger(items=50)
    (body,) = world.bodies("plan")
    bury(world, body | {"round": 2})
    world.look()
    assert [notice["items_failed"] for notice in world.notices()] == [50]


def test_a_trigger_that_failed_for_good_is_told(world):
    with open("tests/events/lambda_destination.json") as file:
        letter = json.load(file)
    assert bury(world, letter) == {"batchItemFailures": []}
    (notice,) = world.notices()
    assert (notice["status"], notice["batch_id"]) == ("not_started", "cron-20261123T0600")
    assert notice["reason"] == "items 0 is not a whole number from 1 to 100000000"


def test_a_dead_letter_of_a_finished_batch_is_dropped(world):
    world.create(items=5)
    (body,) = world.bodies("item")
    world.deliver("sqs.processor", [world.record(body)])
    world.look()
    assert bury(world, body) == {"batchItemFailures": []}
    assert world.bodies("item") == []


def test_a_letter_that_cannot_be_dealt_with_stays_and_the_others_go(world):
    world.create(items=20)
    first, second = world.bodies("item")
    broken = first | {"items": [["zz", 1]]}
    assert len(bury(world, broken, second)["batchItemFailures"]) == 1
    assert len(world.bodies("item")) == 10
