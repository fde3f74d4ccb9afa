"""The failures consumer: a dead letter is sent again or listed; never what may be done."""

import json

import pytest

from workbench.designs import Sqs


def bury(world, *bodies, receives=6):
    """Deliver dead letters."""
    records = [world.record(body, "dead", receives) for body in bodies]
    return world.deliver("sqs.failures", records)


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


def test_a_dead_message_of_several_items_goes_on_as_messages_of_one(world):
    world.create(items=3)
    (body,) = world.bodies("item")
    bury(world, body)
    singles = world.bodies("item")
    assert [one["items"] for one in singles] == [[pair] for pair in body["items"]]
    assert all(one["again"] for one in singles)


@pytest.mark.parametrize("items", [1, 3])
def test_dead_items_count_as_tried_even_where_the_dead_letters_count_receives_anew(world, items):
    """Sent without that mark they would be worked with no lease, and no try of them counted."""
    world.create(items=items)
    (body,) = world.bodies("item")
    bury(world, body, receives=1)
    sent = world.bodies("item")
    assert sent == [body | {"items": [pair], "again": True} | sk for pair, sk in alone(body)]


def alone(body):
    """Each item of a message, and what names the record of one that was sent with others."""
    several = len(body["items"]) > 1
    return [(pair, {"sk": pair[0]} if several else {}) for pair in body["items"]]


def test_by_message_each_item_gets_a_record_in_its_parents_shard_behind_it(world):
    world.create(items=250, items_per_message=250, messages_per_invocation=1, track="message")
    (body,) = world.bodies("item")
    ((pk, sk),) = world.state("items#")
    bury(world, body)
    assert sorted(world.state("items#")) == sorted(
        (pk, f"{sk}#{item}") for item, _ in body["items"]
    )
    drain(world)
    assert (world.state("items#"), len(world.slept)) == ({}, 250)


@pytest.mark.parametrize("call", ["transact", "send_all", "conditional"])
def test_by_message_a_death_on_the_way_loses_no_item_and_does_none_twice(world, monkeypatch, call):
    """It dies after the first part of the records, before they are sent, or before its end."""
    world.create(
        items=250, items_per_message=250, messages_per_invocation=1, track="message", claim=True
    )
    (body,) = world.bodies("item")
    failures, calls = world.module("sqs.failures"), []
    module = failures.queues if call == "send_all" else failures.table
    real = getattr(module, call)

    def dies(*given, **named):
        calls.append(given)
        if call != "transact" or len(calls) == 2:
            raise RuntimeError("killed")
        return real(*given, **named)

    with monkeypatch.context() as death:
        death.setattr(module, call, dies)
        assert len(bury(world, body)["batchItemFailures"]) == 1
    assert body["items"][0][0] in {sk for _, sk in world.state("items#")}  # it stays till the end
    world.deliver("sqs.processor", world.records("item"))
    world.now += 1_000
    bury(world, body)
    drain(world)
    assert (world.state("items#"), len(world.slept)) == ({}, 250)


def test_by_message_a_copy_of_what_has_gone_on_item_by_item_is_not_worked(world):
    world.create(items=4, track="message", claim=True)
    (record,) = world.records("item")
    body = json.loads(record["body"])
    send_all = world.module("queues").send_all
    world.module("queues").send_all = None
    bury(world, body)
    world.module("queues").send_all = send_all
    world.now += 1_000
    world.deliver("sqs.processor", [record])
    assert (world.slept, len(world.state("items#"))) == ([], 4)
    bury(world, body)
    drain(world)
    assert (world.state("items#"), len(world.slept)) == ({}, 4)


def test_by_message_what_is_repeated_after_a_crash_is_counted(world, capsys):
    world.create(items=3, track="message", claim=True)
    (body,) = world.bodies("item")
    table = world.module("table")
    table.lease(table.item_key("b1", body["items"][0][0], 10), "dead", 100)
    world.now += 101
    bury(world, body)
    capsys.readouterr()
    world.deliver("sqs.processor", world.records("item"))
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (3, 3)


def test_by_message_a_live_owner_keeps_its_record(world):
    world.create(items=3, track="message", claim=True)
    (body,) = world.bodies("item")
    table = world.module("table")
    table.lease(table.item_key("b1", body["items"][0][0], 10), "alive", 100)
    assert len(bury(world, body)["batchItemFailures"]) == 1
    assert len(world.state("items#")) == 1
    assert world.bodies("item") == []


@pytest.mark.parametrize("died", [0, 1, 2, 3])
def test_a_dead_item_is_listed_only_if_three_of_its_tries_died(world, died):
    """However often it was received: a throttled receive is no try."""
    world.create(items=1)
    (body,) = world.bodies("item")
    table = world.module("table")
    for _ in range(died):
        table.lease(table.item_key("b1", body["items"][0][0], 10), f"dead {world.now}", 100)
        world.now += 101
    assert bury(world, body) == {"batchItemFailures": []}
    assert len(world.state("failed#")) == (died == 3)
    assert len(world.state("items#")) == (died < 3)
    assert world.bodies("item") == ([body | {"again": True}] if died < 3 else [])


def test_a_dead_item_that_is_being_tried_is_not_listed(world):
    world.create(items=1)
    (body,) = world.bodies("item")
    table = world.module("table")
    for seconds in (1, 1, 1_000):
        table.lease(table.item_key("b1", body["items"][0][0], 10), f"one {world.now}", seconds)
        world.now += 2
    bury(world, body)
    assert (len(world.state("items#")), world.state("failed#")) == (1, {})
    assert len(world.bodies("item")) == 1


def test_a_dead_item_whose_owner_crashed_is_sent_again_and_its_repeat_is_counted(world, capsys):
    world.create(items=1)
    (body,) = world.bodies("item")
    key = world.module("table").item_key("b1", body["items"][0][0], 10)
    world.module("table").lease(key, "dead", 100)
    world.now += 101
    bury(world, body)
    capsys.readouterr()
    drain(world)
    line = json.loads(capsys.readouterr().out)
    assert (line["items_processed"], line["items_duplicated"]) == (1, 1)


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
    world.module("table").put_all(list(batcher._records(batch, range(50)))[:20], 25)
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
    assert "lease_until" not in world.state("segments#")["segments#b1", "000000"]


def test_a_dead_segment_that_is_being_created_waits(world):
    world.trigger(items=50)
    world.deliver("sqs.batcher", world.records("plan"))
    (body,) = world.bodies("plan")
    table = world.module("table")
    table.lease(table.segment_key("b1", 0), "alive", 900)
    assert len(bury(world, body | {"round": 2})["batchItemFailures"]) == 1
    assert world.state("failed#") == {}


@pytest.mark.parametrize("planned", [False, True])
def test_a_dead_plan_is_always_sent_again_and_takes_nothing_away(world, planned):
    """Nothing in it is the user's, so it can be made some day."""
    world.trigger(items=50)
    (body,) = world.bodies("plan")
    if planned:
        world.deliver("sqs.batcher", [world.record(body, "plan")])
        world.bodies("plan")
    before = world.state()
    bury(world, body | {"round": 7})
    assert world.state() == before
    assert world.bodies("plan") == [body | {"round": 8, "again": True}]


def test_a_trigger_whose_tries_all_died_is_carried_out(world):
    with open("tests/events/lambda_destination.json") as file:
        letter = json.load(file)
    event = {"batch_id": "b1", "items": 5, "seed": 7, "knobs": Sqs().batch_knobs()}
    assert bury(world, letter | {"requestPayload": event}) == {"batchItemFailures": []}
    assert world.bodies("plan") == [{"batch": "b1"}]
    assert world.notices() == []


def test_a_trigger_that_cannot_be_a_batch_is_notified_of(world):
    with open("tests/events/lambda_destination.json") as file:
        letter = json.load(file)
    assert bury(world, letter) == {"batchItemFailures": []}
    (notice,) = world.notices()
    assert (notice["status"], notice["batch_id"]) == ("not_started", "cron-20261123T0600")
    assert notice["reason"] == "items 0 is not a whole number from 1 to 100000000"


def test_a_dead_letter_of_a_cancelled_batch_waits(world):
    world.create(items=5)
    (body,) = world.bodies("item")
    world.cancel()
    assert len(bury(world, body)["batchItemFailures"]) == 1
    assert [wait_s for _, wait_s in world.delayed] == [3_600]


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


def test_by_message_children_are_young_and_know_of_one_crash_at_most(world):
    """Three crashes of their message are none of theirs: they may be listed only for their own."""
    world.create(items=2, track="message")
    (body,) = world.bodies("item")
    table = world.module("table")
    for _ in range(3):
        table.lease(table.item_key("b1", body["items"][0][0], 10), f"dead {world.now}", 100)
        world.now += 101
    bury(world, body)
    children = world.state("items#").values()
    assert [(one["begun"], one["created_at"]) for one in children] == [(1, world.now)] * 2


def test_the_lines_count_what_is_listed(world, capsys):
    world.create(items=1)
    (body,) = world.bodies("item")
    table = world.module("table")
    for _ in range(3):
        table.lease(table.item_key("b1", body["items"][0][0], 10), f"dead {world.now}", 100)
        world.now += 101
    world.trigger(items=250, segment_items=100, batch="b2")
    world.deliver("sqs.batcher", world.records("plan"))
    part = next(one for one in world.bodies("plan") if one["segment"] == 2)
    capsys.readouterr()
    bury(world, body, part | {"round": 2})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["batch_id"], one["items_failed"]) for one in lines] == [("b1", 1), ("b2", 50)]
    assert {one["last_done_at"] for one in lines} == {world.now}


@pytest.mark.parametrize("track", ["item", "message"])
def test_dead_items_carry_their_payload_on_and_are_listed_without_it(world, track):
    world.create(items=2, item_bytes=5, track=track)
    (body,) = world.bodies("item")
    bury(world, body)
    singles = world.bodies("item")
    assert [one["items"] for one in singles] == [[pair] for pair in body["items"]]
    for one in singles:
        key = world.module("table").item_key("b1", one["sk"], 10)
        for owner in ("one", "two", "three"):  # each begins, and never ends
            world.module("table").lease(key, owner, 1)
            world.now += 2
    bury(world, *singles)
    listed = {sk: one["value"] for (_, sk), one in world.state("failed#").items()}
    assert listed == {item: value for item, value, _ in body["items"]}
