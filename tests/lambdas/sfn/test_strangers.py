"""Events that are none of the machine's: a clear error, and nothing written or overwritten."""

import json

from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.strategies import changed, json_values
from workbench.designs import Sfn

KNOBS = Sfn().batch_knobs() | {"segment_items": 4, "items_per_child": 4}
BATCH = {"batch_id": "b1", "items": 6, "seed": 7, "knobs": KNOBS}
START = {"action": "start", "trigger": BATCH, "execution": "run-1"}
SEGMENT = {"action": "segment", "batch": BATCH, "segment": 1}
CHILD = {
    "Items": [{"id": "a" * 16, "value": 5}, {"id": "b" * 16, "value": -1}],
    "BatchInput": {"batch_id": "b1", "knobs": KNOBS},
}
ENDED = {"batch": BATCH, "entered_at": "2026-11-23T06:10:00.250Z"}
few = settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def like(event):
    """An event with one part of it gone, or something else in its place."""
    return json_values | changed(json.dumps(event)).map(json.loads)


def objects(world):
    """Every object of the bucket, by its key."""
    found = world.s3.list_objects_v2(Bucket="batches").get("Contents", [])
    keys = [one["Key"] for one in found]
    return {key: world.s3.get_object(Bucket="batches", Key=key)["Body"].read() for key in keys}


def answer(world, name, event):
    """What a handler answers, or None if it refuses the event; any other error is a bug."""
    try:
        return world.call(name, event)
    except ValueError:
        return None


@few
@given(event=like(START))
def test_a_start_that_makes_no_sense_claims_nothing(world, event):
    before = objects(world)
    if answer(world, "sfn.batcher", event) is None:
        assert objects(world) == before


@few
@given(event=like(SEGMENT))
def test_a_segment_that_makes_no_sense_overwrites_nothing(world, event):
    world.call("sfn.batcher", SEGMENT)
    before = objects(world)
    written = answer(world, "sfn.batcher", event)
    after = objects(world)
    if written is None:
        assert after == before
    else:
        prefix = f"batches/{event['batch']['batch_id']}/items/"
        assert after.keys() - before.keys() <= {f"{prefix}{written['segment']:06d}.jsonl"}


@few
@given(event=like(CHILD))
def test_a_child_that_makes_no_sense_works_nothing_and_lists_nothing(world, event):
    world.slept.clear()
    before = objects(world)
    done = answer(world, "sfn.processor", event)
    if done is None:
        assert (world.slept, objects(world)) == ([], before)
    else:
        assert sum(done.values()) == len(event["Items"])


@few
@given(event=like(ENDED))
def test_an_end_that_makes_no_sense_is_not_told(world, event):
    notice = answer(world, "sfn.summary", event)
    assert notice is None or notice["batch_id"] == event["batch"]["batch_id"]
