"""The finalizer: never too early, told at least once, driven by one message that comes back."""

import json

import pytest


@pytest.fixture
def created(batch):
    batch.bodies = batch.create(items=100)
    return batch


def test_a_batch_with_one_message_missing_is_looked_at_again_after_poll_s(created):
    created.work(*created.bodies[:-1])
    assert created.look() is True
    assert [seconds for _, seconds in created.world.delayed] == [30]
    assert (created.world.notices(), created.status()) == ([], "OPEN")


def test_the_last_message_makes_it_complete_and_it_is_told_once(created):
    created.work(*created.bodies)
    created.world.now += 5.5
    assert created.look() is False
    assert created.world.notices() == [
        {
            "batch_id": "b1",
            "design": "counters",
            "status": "complete",
            "items": 100,
            "items_failed": 0,
            "detected_at": created.world.now,
            "reason": "",
        }
    ]
    assert created.status() == "DONE"
    assert (created.look(), created.world.notices()) == (False, [])


def test_messages_that_come_twice_do_not_stand_for_one_that_never_came(created):
    created.work(*created.bodies[:-1], created.bodies[0])
    assert (created.look(), created.world.notices()) == (True, [])


def test_a_plain_counter_declares_too_early_where_the_set_does_not(created, monkeypatch):
    """The control: `ADD done 1` takes a repeat for the message that is still missing."""
    counting = created.world.module("counters.batches")

    def add_one(batch, numbers):
        counting.dynamodb.update_item(
            TableName="state",
            Key=counting.shard_key(batch, 0),
            UpdateExpression="ADD done :n",
            ExpressionAttributeValues={":n": {"N": str(len(numbers))}},
        )

    def enough(batch, messages):
        (record,) = counting._read_all([counting.shard_key(batch, 0)])
        return record["done"] >= messages

    monkeypatch.setattr(counting, "count", add_one)
    monkeypatch.setattr(counting, "all_counted", enough)
    created.work(*created.bodies[:-1], created.bodies[0])
    assert created.look() is False
    (notice,) = created.world.notices()
    assert (notice["status"], len(created.world.slept)) == ("complete", 100)  # 90 of 100 items


def test_a_death_between_the_notice_and_the_mark_tells_twice(created, monkeypatch):
    created.work(*created.bodies)
    batches = created.world.module("counters.batches")
    with monkeypatch.context() as dying:
        dying.setattr(batches, "mark_done", lambda *_: 1 / 0)
        assert created.look() is True
    assert created.look() is False
    assert [one["status"] for one in created.world.notices()] == ["complete", "complete"]
    assert created.status() == "DONE"


def test_failures_are_counted_in_the_notice(created):
    bad = created.bodies[0] | {"items": [["00000000000000aa", -1]], "tries": 3}
    created.work(bad, *created.bodies[1:])
    created.look()
    (notice,) = created.world.notices()
    assert (notice["items_failed"], notice["status"]) == (1, "complete")
    assert created.world.state("batch#")["batch#b1", "META"]["items_failed"] == 1


def test_what_is_listed_while_the_messages_are_counted_is_in_the_notification(created, monkeypatch):
    """The last message to be counted may have listed its failures just before."""
    batches = created.world.module("counters.batches")
    all_counted = batches.all_counted

    def late(*batch):
        batches.list_failed("b1", [batches.Failed("00ff", 1, "late")])
        return all_counted(*batch)

    created.work(*created.bodies)
    monkeypatch.setattr(batches, "all_counted", late)
    created.look()
    assert [one["items_failed"] for one in created.world.notices()] == [1]


def test_a_poll_asks_for_its_batch_by_a_strong_read(created, strong_reads):
    """A read that is too old would take the batch for one that never was, and end its polls."""
    created.look()
    assert strong_reads == [True]


def test_the_line_says_how_long_the_batch_is_open(created, capsys):
    created.world.now += 90
    created.look()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["open_batch_age_s"] == 90


def test_a_batch_that_is_cancelled_as_it_is_notified_of_stays_cancelled(created):
    created.set_status("CANCELLED")
    created.world.module("counters.batches").mark_done("b1", created.world.now, 0)
    assert created.status() == "CANCELLED"


def test_a_cancelled_batch_is_not_looked_at_any_more(created):
    created.set_status("CANCELLED")
    created.work(*created.bodies)
    assert (created.look(), created.world.notices()) == (False, [])
    assert created.status() == "CANCELLED"


def test_a_batch_that_is_open_past_its_deadline_is_notified_of_and_cancelled(batch, monkeypatch):
    """A death between the notification and the mark notifies twice, and never leaves it open."""
    batch.create(items=100, deadline_s=900)
    batch.world.now += 900
    assert batch.look() is True
    batch.world.now += 1
    with monkeypatch.context() as death:
        death.setattr(batch.world.module("counters.batches"), "lead", None)
        assert batch.look() is True
    assert batch.look() is False
    record = batch.world.state("batch#")["batch#b1", "META"]
    why = "not complete within 900 s, its deadline"
    assert (record["status"], record["reason"]) == ("CANCELLED", why)
    expected = {"batch_id": "b1", "status": "cancelled", "reason": why, "items": 100}
    notices = batch.world.notices()
    assert [expected | notice == notice for notice in notices] == [True, True]


def test_a_batch_that_is_counted_at_its_deadline_is_complete(batch):
    batch.work(*batch.create(items=100, deadline_s=900))
    batch.world.now += 5_000
    assert batch.look() is False
    assert [one["status"] for one in batch.world.notices()] == ["complete"]


def test_the_batch_record_expires_30_days_after_it_was_told(created):
    created.work(*created.bodies)
    created.world.now += 86_400
    created.look()
    record = created.world.state("batch#")["batch#b1", "META"]
    assert record["expires_at"] == int(created.world.now) + 30 * 86_400
