"""The failures consumer: a dead letter is sent again, in the end listed; either way it counts."""

from itertools import pairwise

import pytest

from workbench.designs import Counters


@pytest.fixture
def created(batch):
    batch.bodies = batch.create(items=45, items_per_message=10)
    return batch


def test_a_dead_message_goes_through_its_receives_three_times(created):
    body = created.bodies[4]
    for rounds in (1, 2):
        assert created.bury(body) == {"batchItemFailures": []}
        (body,) = created.world.bodies("item")
        assert body == created.bodies[4] | {"round": rounds}
    assert (created.failed(), created.counted()) == ({}, [])
    created.bury(body)
    assert created.failed() == {item: 1 for item, _ in created.bodies[4]["items"]}
    assert (len(created.failed()), created.counted()) == (5, [4])
    assert created.world.bodies("item") == []


def test_neighbours_come_back_minutes_apart(created):
    """Together again, one that kills its invocation would take them along, round after round."""
    created.bury(*created.bodies)
    apart_s = sorted(created.world.delays_s("item"))
    assert min(b - a for a, b in pairwise(apart_s)) >= 60


def test_a_dead_part_of_a_plan_is_listed_as_a_range_and_the_batch_ends(created):
    part = {"batch": "b1", "first": 1, "stop": 5}
    created.bury(part)
    assert created.world.bodies("plan") == [part | {"round": 1}]
    created.bury(part | {"round": 2})
    assert created.failed() == {"messages#000000001": 35}
    created.work(created.bodies[0])
    assert created.look() is False
    assert [one["items_failed"] for one in created.world.notices()] == [35]


def test_never_more_items_are_told_as_failed_than_there_are(created):
    """An item may be listed by itself and with its range."""
    for body in created.bodies:
        created.bury(body | {"round": 2})
    created.bury({"batch": "b1", "first": 0, "stop": 5, "round": 2})
    created.look()
    assert [one["items_failed"] for one in created.world.notices()] == [45]


def test_what_is_buried_twice_is_listed_and_counted_once(created):
    for _ in range(2):
        created.bury(created.bodies[4] | {"round": 2})
        created.world.now += 60
    assert (len(created.failed()), created.counted()) == (5, [4])


def test_a_dead_letter_is_counted_only_after_it_is_listed(created, monkeypatch):
    """A poll in between must find a message that is not counted."""
    monkeypatch.setattr(created.world.module("counters.batches"), "count", lambda *_: 1 / 0)
    assert created.bury(created.bodies[4] | {"round": 2}) != {"batchItemFailures": []}
    assert (len(created.failed()), created.counted()) == (5, [])


def test_what_is_listed_expires_30_days_later(created):
    created.bury(created.bodies[4] | {"round": 2})
    expires = {record["expires_at"] for record in created.world.state("failed#").values()}
    assert expires == {int(created.world.now) + 30 * 86_400}


def test_a_letter_of_a_batch_that_is_over_is_dropped(created):
    created.work(*created.bodies)
    created.look()
    assert created.bury(created.bodies[0]) == {"batchItemFailures": []}
    assert (created.world.bodies("item"), created.failed()) == ([], {})


def test_a_letter_that_cannot_be_dealt_with_stays_alone(created):
    answer = created.bury("no json", {"batch": "b1"}, created.bodies[4])
    assert len(answer["batchItemFailures"]) == 2
    assert [seconds for _, seconds in created.world.delayed] == [10, 10]
    assert [body["n"] for body in created.world.bodies("item")] == [4]


def test_a_trigger_that_died_is_started_again(batch):
    trigger = {"batch_id": "b1", "items": 50, "knobs": Counters().batch_knobs()}
    assert batch.bury({"requestPayload": trigger}) == {"batchItemFailures": []}
    assert (batch.status(), len(batch.world.bodies("plan"))) == ("OPEN", 1)
    assert batch.world.notices() == []


def test_a_trigger_that_asks_for_what_cannot_be_is_told(batch):
    batch.bury({"requestPayload": {"batch_id": "b1", "items": 0, "knobs": {}}})
    (notice,) = batch.world.notices()
    assert (notice["batch_id"], notice["status"]) == ("b1", "not_started")
    assert notice["reason"] == "items 0 is not a whole number from 1 to 100000000"
    assert batch.world.state() == {}


def test_what_dead_items_carry_is_not_listed(batch):
    (body,) = batch.create(items=3, item_bytes=5)
    batch.bury(body | {"round": 2})
    assert batch.failed() == {item: 1 for item, *_ in body["items"]}
