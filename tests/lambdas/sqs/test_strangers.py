"""Messages and triggers that are none of ours: a clear error, and nothing of ours lost."""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=10,
)
BODY = {
    "kind": "items",
    "batch": "b1",
    "knobs": {
        "track": "item",
        "claim": False,
        "state_shards": 10,
        "item_concurrency": 1,
        "telemetry": "emf",
        "lease_s": 60,
        "write_batch_size": 25,
        "send_batch_size": 10,
    },
    "items": [["a" * 16, 1]],
}


@st.composite
def damaged(draw):
    """One of our messages with one part of it gone, or something else in its place."""
    body = json.loads(json.dumps(BODY))
    place = draw(st.sampled_from([body, body["knobs"]]))
    name = draw(st.sampled_from(sorted(place)))
    if draw(st.booleans()):
        del place[name]
    else:
        place[name] = draw(json_values)
    return json.dumps(body)


strangers = st.one_of(st.text(), json_values.map(json.dumps), damaged())
few = settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


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
    letter = world.record(body | {"alone": True}, "dead", 6)
    answer = world.deliver("sqs.failures", [*around, letter])
    named = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    assert letter["messageId"] not in named
    world.records("item")
    world.records("plan")


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
