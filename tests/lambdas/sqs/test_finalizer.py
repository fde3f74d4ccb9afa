"""The finalizer: never too early, never not at all, and one chain."""

import pytest


def test_a_batch_with_items_left_is_not_complete(world):
    world.create(items=20)
    world.look()
    assert world.notices() == []
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "OPEN"


def test_a_batch_with_nothing_left_is_told_once_with_its_counts(world):
    world.create(items=20)
    world.deliver("sqs.processor", world.records("item"))
    world.now += 60
    world.look()
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
    world.look()
    assert world.notices() == []
    assert world.bodies("poll") == []


def test_a_batch_that_is_not_planned_is_not_complete(world):
    world.trigger(items=20)
    world.look()
    assert world.notices() == []


def test_a_segment_left_keeps_a_batch_open_though_no_item_is_there(world):
    world.trigger(items=20)
    world.deliver("sqs.batcher", world.records("plan"))
    world.bodies("plan")
    world.look()
    assert world.notices() == []


def test_a_chain_has_one_next_link_and_leads_the_record_to_it(world):
    world.create(items=20)
    world.look()
    (link,) = world.bodies("poll")
    meta = world.state("batch#")[("batch#b1", "META")]
    assert (link["hop"], link["by"]) == (meta["hop"], meta["hop_by"]) == (1, link["by"])


def test_a_link_delivered_twice_does_not_double_the_chain(world):
    world.create(items=20)
    first = {"batch": "b1", "hop": 0, "by": ""}
    world.look(first)
    assert [link["hop"] for link in world.bodies("poll")] == [1]
    world.look(first)
    assert world.bodies("poll") == []


def test_two_copies_of_a_link_at_the_same_time_leave_one_chain(world, monkeypatch):
    """Both read the record before either leads it on: the loser's next link is dropped."""
    world.create(items=20)
    world.records("poll")
    finalizer = world.module("sqs.finalizer")
    batch = finalizer.batches.read_batch("b1")
    real = finalizer.batches.read_batch
    monkeypatch.setattr(finalizer.batches, "read_batch", lambda _: batch)
    first = {"batch": "b1", "hop": 0, "by": ""}
    world.look(first)
    winner = world.bodies("poll")[0]
    world.look(first)
    loser = world.bodies("poll")[0]
    monkeypatch.setattr(finalizer.batches, "read_batch", real)
    world.look(loser)
    assert world.bodies("poll") == []
    world.look(winner)
    assert len(world.bodies("poll")) == 1


def test_a_link_that_is_ahead_of_the_record_goes_on(world):
    """Its sender died between the send and the record."""
    world.create(items=20)
    world.look({"batch": "b1", "hop": 1, "by": "dead"})
    (link,) = world.bodies("poll")
    assert link["hop"] == 2
    world.look({"batch": "b1", "hop": 0, "by": ""})  # the dead sender's own link comes back
    assert world.bodies("poll") == []


def test_a_death_between_publish_and_mark_tells_twice_with_the_same_moment(world, monkeypatch):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    finalizer = world.module("sqs.finalizer")
    real = finalizer.batches.mark_notified

    def die(_):
        raise RuntimeError("killed")

    monkeypatch.setattr(finalizer.batches, "mark_notified", die)
    with pytest.raises(RuntimeError):
        world.look()
    monkeypatch.setattr(finalizer.batches, "mark_notified", real)
    world.now += 30
    world.look()
    first, second = world.notices()
    assert first == second
    assert world.state("batch#")[("batch#b1", "META")]["status"] == "NOTIFIED"


def test_a_first_link_without_a_batch_waits_and_at_last_gives_up(world):
    link = {"batch": "b1", "hop": 0, "by": ""}
    for looks in range(1, 61):
        world.look(link)
        (link,) = world.bodies("poll")
        assert link["absent"] == looks
    world.look(link)
    assert world.bodies("poll") == []


def test_failed_items_and_ranges_are_counted(world):
    world.create(items=5)
    world.deliver("sqs.processor", world.records("item"))
    batches, state = world.module("sqs.batches"), world.module("table")
    nothing = ("Delete", {"Key": state.segment_key("b1", 9)})
    batches.fail_range("b1", "segment#000009", range(100, 350), "lost", nothing)
    batches.fail_range("b1", "x", range(1), "lost", nothing)
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
    assert world.bodies("plan") == [{"kind": "plan", "batch": "b1"}]


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


def test_a_lost_segment_message_is_sent_again(world):
    world.trigger(items=20, stuck_after_s=60)
    world.deliver("sqs.batcher", world.records("plan"))
    world.bodies("plan")
    world.now += 61
    world.look()
    assert world.bodies("plan") == [{"kind": "segment", "batch": "b1", "segment": 0}]
    world.look()  # not at every look: the record is young again
    assert world.bodies("plan") == []


def test_a_split_message_that_was_lost_ends_too(world):
    """The split died after its flag and its message is gone: the record tells the finalizer."""
    world.create(items=4, track="message", stuck_after_s=60)
    (record,) = world.records("item")
    messages = world.module("queues")
    send_all, messages.send_all = messages.send_all, None
    world.deliver("sqs.processor", [world.record(record["body"], receives=3)])
    messages.send_all = send_all
    for _ in range(10):
        world.now += 400
        world.look()
        while records := world.records("item"):
            world.deliver("sqs.processor", records)
    assert world.state("items#") == {}
    assert len(world.notices()) == 1


def test_a_cancelled_batch_ends_the_chain_and_tells_nothing(world):
    world.create(items=5)
    world.dynamodb.update_item(
        TableName="state",
        Key=world.module("table").batch_key("b1"),
        UpdateExpression="SET #s = :c",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":c": {"S": "CANCELLED"}},
    )
    world.look()
    assert world.bodies("poll") == []
    assert world.notices() == []


def test_an_empty_shard_is_not_looked_at_again(world):
    world.create(items=3, state_shards=50)
    world.look()
    (link,) = world.bodies("poll")
    shards = sorted(int(pk.rsplit("#", 1)[1]) for pk, _ in world.state("items#"))
    assert link["shard"] == shards[0]
