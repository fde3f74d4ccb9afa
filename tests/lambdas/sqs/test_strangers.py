"""Messages and triggers that are none of ours: a clear error, and nothing of ours lost."""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.strategies import changed, json_values
from workbench.designs import Sqs

BODY = {
    "batch": "b1",
    "knobs": {
        "track": "item",
        "claim": False,
        "state_shards": 10,
        "item_concurrency": 1,
        "telemetry": "emf",
        "logs": "metrics",
        "lease_s": 60,
        "write_batch_size": 25,
        "send_batch_size": 10,
    },
    "items": [["a" * 16, 1]],
}


TRIGGER = {"batch_id": "b1", "items": 5, "seed": 7, "knobs": Sqs().batch_knobs()}
PARTS = [{"batch": "b1"}, {"batch": "b1", "segment": 0}]


def like(body):
    """One of our messages with one part of it gone, or something else in its place."""
    return changed(json.dumps(body)).map(bytes.decode)


anything = st.text() | json_values.map(json.dumps)
strangers = anything | like(BODY)
few = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("batch", [["b1"], {"b": 1}, 7, None, "b/1", "items#b1"])
def test_a_message_whose_batch_is_no_batchs_name_comes_back_alone(world, batch):
    """Not even to ask for that batch: no key is made of it."""
    world.create(items=10)
    ours, read = world.records("item"), []
    batches = world.module("sqs.batches")
    real = batches.read_batch
    stranger = world.record(json.dumps(BODY | {"batch": batch}))
    batches.read_batch = lambda name, **how: read.append(name) or real(name, **how)
    answer = world.deliver("sqs.processor", [stranger, *ours])
    batches.read_batch = real
    assert answer == {"batchItemFailures": [{"itemIdentifier": stranger["messageId"]}]}
    assert (world.state("items#b1#"), set(read)) == ({}, {"b1"})


@few
@given(junk=st.lists(strangers, min_size=1, max_size=3))
def test_a_stranger_among_messages_takes_none_of_them_along(world, junk):
    batch = f"b{world.requests}"
    world.create(items=10, batch=batch)
    ours = world.records("item")
    around = [world.record(text) for text in junk]
    answer = world.deliver("sqs.processor", [*around[:1], *ours, *around[1:]])
    named = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert named.isdisjoint(record["messageId"] for record in ours)
    assert world.state(f"items#{batch}#") == {}


@few
@given(junk=st.lists(strangers, min_size=1, max_size=3))
def test_a_stranger_among_dead_letters_takes_none_of_them_along(world, junk):
    world.create(items=1, batch=f"b{world.requests}")
    (body,) = world.bodies("item")
    around = [world.record(text, "dead", 6) for text in junk]
    letter = world.record(body, "dead", 6)
    answer = world.deliver("sqs.failures", [*around, letter])
    named = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert letter["messageId"] not in named
    world.records("item")
    world.records("plan")


@few
@given(junk=anything | st.sampled_from(PARTS).flatmap(like))
def test_a_stranger_among_parts_of_a_batch_takes_none_of_them_along(world, junk):
    batch = f"c{world.requests}"
    world.trigger(items=10, batch=batch)
    (ours,) = world.records("plan")
    answer = world.deliver("sqs.batcher", [world.record(junk, "plan"), ours])
    named = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert ours["messageId"] not in named
    assert world.state(f"batch#{batch}")[(f"batch#{batch}", "META")]["planned"]
    world.bodies("plan")
    world.bodies("poll")


@few
@given(junk=anything | like({"batch": "b1"}))
def test_a_stranger_among_polls_ends_in_its_own_failure_and_changes_nothing(world, junk):
    if not world.state():
        world.create(items=10)
    before = world.state()
    ours = world.record({"batch": "b1"}, "poll")
    answer = world.deliver("sqs.finalizer", [world.record(junk, "poll"), ours])
    assert ours["messageId"] in {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert (world.state(), world.notices()) == (before, [])


@few
@given(event=like(TRIGGER))
def test_a_trigger_that_is_damaged_is_refused_before_anything_is_opened(world, event):
    before = world.state()
    try:
        world.call("sqs.batcher", json.loads(event))
    except ValueError:
        assert world.state() == before
        assert world.bodies("poll") == []
    else:
        world.bodies("poll")
        (plan,) = world.records("plan") or [None]
        assert plan is None or world.deliver("sqs.batcher", [plan]) == {"batchItemFailures": []}
        world.bodies("plan")


@few
@given(event=st.dictionaries(st.text(), json_values, max_size=4) | json_values)
def test_a_trigger_that_makes_no_sense_opens_nothing(world, event):
    if isinstance(event, dict):
        event.pop("Records", None)
    with pytest.raises(ValueError):  # noqa: PT011 (its text differs with the event)
        world.call("sqs.batcher", event)
    with pytest.raises(ValueError):  # noqa: PT011
        world.call("sfn.batcher", {"action": "start", "trigger": event, "execution": "e"})
    assert world.state() == {}
    assert world.bodies("poll") == []
    assert "Contents" not in world.s3.list_objects_v2(Bucket="batches")
