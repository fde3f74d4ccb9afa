"""The finalizer: never too early, never not at all, and by one message that comes back."""

import json

import pytest


def test_a_batch_with_items_left_is_not_complete_and_is_polled_again(world):
    world.create(items=20, poll_s=45)
    assert world.look()
    assert [wait_s for _, wait_s in world.delayed] == [45]
    assert world.notices() == []
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "OPEN"


def test_a_batch_with_nothing_left_is_notified_of_once_with_its_counts(world):
    world.create(items=20)
    world.deliver("sqs.processor", world.records("item"))
    world.now += 60
    assert not world.look()
    expected = {
        "batch_id": "b1",
        "design": "sqs",
        "status": "complete",
        "items": 20,
        "items_failed": 0,
        "detected_at": world.now,
        "reason": "",
    }
    assert world.notices() == [expected]
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "NOTIFIED"
    assert world.state("open") == {}
    assert not world.look()
    assert world.notices() == []


def test_a_batch_that_is_not_planned_is_not_complete(world):
    world.trigger(items=20)
    assert world.look()
    assert world.notices() == []


def test_a_segment_left_keeps_a_batch_open_though_no_item_is_there(world):
    world.trigger(items=20)
    world.deliver("sqs.batcher", world.records("plan"))
    world.bodies("plan")
    assert world.look()
    assert world.notices() == []


def test_a_record_in_any_shard_keeps_a_batch_open(world):
    world.create(items=30, state_shards=7)
    messages = world.records("item")
    for record in messages:
        assert world.look()
        world.deliver("sqs.processor", [record])
    assert not world.look()


def test_upstream_is_read_before_downstream(world, monkeypatch):
    """A segment that turns into items while it is looked at is seen in one of the two."""
    world.create(items=20, state_shards=3)
    table, read = world.module("table"), []
    first = table.first
    monkeypatch.setattr(table, "first", lambda name: read.append(name) or first(name))
    world.deliver("sqs.processor", world.records("item"))
    world.look()
    assert read == ["segments#b1", "items#b1#000", "items#b1#001", "items#b1#002"]


@pytest.mark.parametrize("after", ["publish", "NOTIFIED"])
def test_a_death_while_notifying_notifies_again_with_the_same_moment(world, monkeypatch, after):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    finalizer = world.module("sqs.finalizer")
    lead, conditional = finalizer.batches.lead, finalizer.table.conditional

    def dies(*given, **fields):
        if after == "publish" and given[1] == "OPEN":
            return lead(*given, **fields)
        if after == "NOTIFIED" and given[0] != "delete_item":
            return conditional(*given, **fields)
        raise RuntimeError("killed")

    with monkeypatch.context() as death:
        death.setattr(*(finalizer.batches, "lead") if after == "publish" else
                      (finalizer.table, "conditional"), dies)  # fmt: skip
        assert world.look()
    world.now += 30
    assert not world.look()
    notices = world.notices()
    assert len(notices) == (2 if after == "publish" else 1)
    assert {notice["detected_at"] for notice in notices} == {world.now - 30}
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "NOTIFIED"
    assert world.state("open") == {}


def test_an_error_brings_the_one_message_back(world, monkeypatch):
    world.create(items=5)
    dynamodb = world.module("table").dynamodb
    with monkeypatch.context() as death:
        death.setattr(dynamodb, "query", None)
        assert world.look()
    world.deliver("sqs.processor", world.records("item"))
    assert not world.look()


def test_a_batch_that_is_cancelled_while_it_is_looked_at_is_not_complete(world, monkeypatch):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    batches = world.module("sqs.batches")
    count = batches.count_failed

    def cancelled_meanwhile(batch):
        world.cancel()
        return count(batch)

    monkeypatch.setattr(batches, "count_failed", cancelled_meanwhile)
    world.look()
    assert world.notices() == []
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "CANCELLED"


def test_failed_items_and_ranges_are_counted(world):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    put_all = world.module("table").put_all
    put_all([{"pk": "failed#b1", "sk": "segment#000009", "start": 100, "stop": 350}], 1)
    put_all([{"pk": "failed#b1", "sk": "x", "value": -1}], 1)
    world.look()
    assert world.notices()[0]["items_failed"] == 251


def test_a_plan_that_never_came_is_asked_for_again(world):
    world.trigger(items=20, stuck_after_s=60)
    world.bodies("plan")
    world.now += 59
    world.look()
    assert world.bodies("plan") == []
    world.now += 2
    world.look()
    assert world.bodies("plan") == [{"batch": "b1"}]


@pytest.mark.parametrize("track", ["item", "message"])
def test_a_record_whose_message_was_lost_is_sent_again_and_the_batch_ends(world, track):
    world.create(items=20, stuck_after_s=60, track=track, items_per_message=10)
    world.bodies("item")
    looks = 0
    while world.state("items#"):
        world.now += 61
        world.look()
        world.deliver("sqs.processor", world.records("item"))
        looks += 1
        assert looks <= 40
    world.look()
    assert [notice["items_failed"] for notice in world.notices()] == [0]
    assert len(world.slept) == 20


def test_a_lost_segment_message_is_sent_again(world):
    world.trigger(items=20, stuck_after_s=60)
    world.deliver("sqs.batcher", world.records("plan"))
    world.bodies("plan")
    world.now += 61
    world.look()
    assert world.bodies("plan") == [{"batch": "b1", "segment": 0}]
    world.look()  # not at every look: the record is young again
    assert world.bodies("plan") == []


def test_a_record_that_is_finished_while_it_is_looked_at_does_not_come_back(world, monkeypatch):
    world.create(items=1, stuck_after_s=60)
    world.bodies("item")
    world.now += 61
    finalizer = world.module("sqs.finalizer")
    left_of = finalizer._left

    def finished_meanwhile(batch):
        record = left_of(batch)
        key = finalizer.table.pack({"pk": record["pk"], "sk": record["sk"]})
        finalizer.table.delete_all([key], 1)
        return record

    monkeypatch.setattr(finalizer, "_left", finished_meanwhile)
    world.look()
    assert world.state("items#") == {}
    assert world.bodies("item") == []


def test_a_long_queue_has_four_times_its_time_before_a_record_counts_as_forgotten(world):
    world.create(items=1_000, stuck_after_s=60, value_max=1_000, max_concurrency=2)
    world.bodies("item")
    world.now += 1_999
    world.look()
    assert world.bodies("item") == []
    world.now += 2
    world.look()
    assert len(world.bodies("item")) == 1


def test_a_cancelled_batch_ends_the_polls_and_notifies_of_nothing(world):
    world.create(items=5)
    world.cancel()
    assert not world.look()
    assert world.notices() == []
    assert list(world.state("open")) == [("open", "b1")]


def test_a_batch_that_is_open_past_its_deadline_is_notified_of_and_cancelled(world, monkeypatch):
    """A death between the notification and the mark notifies twice, and never leaves it open."""
    world.create(items=5, deadline_s=900)
    world.now += 900
    assert world.look()
    world.now += 1
    with monkeypatch.context() as death:
        death.setattr(world.module("sqs.batches"), "lead", None)
        assert world.look()
    assert not world.look()
    record = world.state("batch#")[("batch#b1", "META")]
    why = "not complete within 900 s, its deadline"
    assert (record["status"], record["reason"]) == ("CANCELLED", why)
    assert list(world.state("open")) == [("open", "b1")]  # whoever takes it up finds it
    expected = {"batch_id": "b1", "status": "cancelled", "reason": why, "items": 5}
    notices = world.notices()
    assert [expected | notice == notice for notice in notices] == [True, True]


def test_a_batch_of_which_nothing_is_left_at_its_deadline_is_complete(world):
    world.create(items=5, deadline_s=900)
    world.deliver("sqs.processor", world.records("item"))
    world.now += 5_000
    assert not world.look()
    assert [notice["status"] for notice in world.notices()] == ["complete"]


def test_what_is_listed_while_a_batch_is_looked_at_is_in_its_notification(world, monkeypatch):
    """The last item to leave the shards may be listed as failed just then."""
    world.create(items=1)
    world.deliver("sqs.processor", world.records("item"))
    finalizer = world.module("sqs.finalizer")
    left_of = finalizer._left

    def late(batch):
        finalizer.table.put_all([{"pk": "failed#b1", "sk": "00ff"}])
        return left_of(batch)

    monkeypatch.setattr(finalizer, "_left", late)
    world.look()
    assert [notice["items_failed"] for notice in world.notices()] == [1]


def test_the_line_says_how_long_the_batch_is_open(world, capsys):
    world.create(items=1)
    capsys.readouterr()
    world.now += 90
    world.look()
    assert json.loads(capsys.readouterr().out.splitlines()[0])["open_batch_age_s"] == 90


@pytest.mark.parametrize("track", ["item", "message"])
def test_what_is_sent_again_names_its_record_and_is_to_be_claimed(world, track):
    """It may have been long on its way: then it has two owners."""
    world.create(items=10, stuck_after_s=60, track=track, items_per_message=5)
    sent = {message["items"][0][0]: message for message in world.bodies("item")}
    world.now += 61
    world.look()
    (resent,) = world.bodies("item")
    ((first, value), *rest) = resent["items"]
    assert (resent["sk"], resent["again"]) == (first, True)
    known = dict(map(tuple, (pair for one in sent.values() for pair in one["items"])))
    assert known[first] == value
    assert rest == (sent[first]["items"][1:] if track == "message" else [])


@pytest.mark.parametrize("track", ["item", "message"])
def test_what_is_sent_again_has_its_payload_though_no_record_holds_it(world, track):
    world.create(items=2, stuck_after_s=60, track=track, item_bytes=5)
    assert "....." not in str(world.state("items#"))
    known = [pair for message in world.bodies("item") for pair in message["items"]]
    world.now += 61
    world.look()
    (resent,) = world.bodies("item")
    assert resent["items"] == [pair for pair in known if pair in resent["items"]] != []
