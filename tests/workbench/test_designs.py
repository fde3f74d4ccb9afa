"""Designs: knobs within AWS's limits, timeouts that follow from them, and clear refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.designs import DESIGNS, PRESETS, Sfn, Sqs, make_design, promises
from workbench.errors import BadInput, BadKnob


def test_every_preset_of_both_designs_works():
    made = {(name, preset) for name in PRESETS for preset in PRESETS[name]}
    assert {(make_design(*pair).name, pair[1]) for pair in made} == made


def test_texts_are_read_as_the_knobs_they_name():
    design = make_design(
        "sqs", settings={"claim": "true", "poll_s": "60", "max_concurrency": "none"}
    )
    assert (design.claim, design.poll_s, design.max_concurrency) == (True, 60, None)
    assert make_design("sfn", settings={"items_per_child": "5_00", "child_type": "STANDARD"})


@pytest.mark.parametrize(
    ("design", "settings", "why"),
    [
        ("sqs", {"messages_per_invocation": 11}, "only with a window"),
        ("sqs", {"items_per_message": 5000}, "Lambda stops at 900 s"),
        ("sqs", {"items_per_message": 10_000, "value_max": 0, "max_concurrency": 1}, "2 to 1,000"),
        ("sqs", {"memory_mb": 127}, "128 to 10,240"),
        ("sqs", {"claim": 1}, "True, False"),
        ("sqs", {"track": "both"}, "item, message"),
        ("sqs", {"poll_s": "soon"}, "whole number"),
        ("sqs", {"poll": 3}, "knob 'poll' is not one of sqs"),
        ("sqs", {"pollers_max": 10}, "Set max_concurrency=none"),
        ("counters", {"pollers_min": 2, "max_concurrency": 900}, "takes no max_concurrency"),
        ("sqs", {"pollers_min": 20, "pollers_max": 10, "max_concurrency": None}, "pollers_max=10"),
        ("sqs", {"pollers_max": 10_001, "max_concurrency": None}, "2 to 10,000"),
        (
            "sqs",
            {"item_bytes": 300_000},
            "10: a message has at most 1,048,576 bytes.* to 3 or less",
        ),
        ("counters", {"item_bytes": 1_000_001}, "0 to 1,000,000"),
        ("sfn", {"item_bytes": 2_700}, "100: a child's input has at most 262,144 .* to 95 or less"),
        ("sfn", {"item_bytes": 262_000}, "item_bytes=262000: a child's .* to 261,579 or less"),
        ("sfn", {"items_per_child": 150}, "an Express child ends at 300 s"),
        ("sfn", {"items_per_child": 1000, "child_type": "STANDARD"}, "Lambda stops at 900 s"),
        ("sfn", {"track": "item"}, "knob 'track' is not one of sfn"),
        ("both", {}, "design='both'"),
    ],
)
def test_knobs_that_cannot_work_are_refused_with_their_limit(design, settings, why):
    with pytest.raises(BadInput, match=why) as refusal:
        make_design(design, settings=settings)
    assert refusal.value.exit_code == 2


def test_a_message_over_one_mebibyte_is_refused():
    with pytest.raises(BadKnob, match="must be a whole number from 1 to 10,000"):
        Sqs(items_per_message=30_000, value_max=0, messages_per_invocation=1)


@pytest.mark.parametrize("items", [0, -5, 100_000_001])
def test_batches_out_of_range_are_refused(items):
    with pytest.raises(BadKnob, match="1 to 100,000,000"):
        Sqs().refuse_items(items)


def test_an_execution_has_events_for_so_many_segments():
    Sfn().refuse_items(100_000_000)
    large = Sfn(item_bytes=100_000, items_per_child=2)
    large.refuse_items(85_000)
    with pytest.raises(BadKnob, match=r"segment_items=500000: .* Lower it to 85,853 or less"):
        large.refuse_items(100_000)
    small = Sfn(segment_items=1_000)
    small.refuse_items(3_000_000)
    with pytest.raises(BadKnob, match=r"3,001 segments; .*\. Raise it to 1,001 or more"):
        small.refuse_items(3_000_001)


@given(
    messages=st.integers(1, 10),
    items=st.integers(1, 50),
    at_once=st.integers(1, 500),
    value_max=st.integers(0, 1000),
    claim=st.booleans(),
)
def test_the_timeout_covers_the_work_and_the_visibility_six_timeouts(
    messages, items, at_once, value_max, claim
):
    try:
        design = Sqs(
            messages_per_invocation=messages,
            items_per_message=items,
            item_concurrency=at_once,
            value_max=value_max,
            claim=claim,
        )
    except BadKnob:
        return
    rounds = -(-messages // max(1, at_once // items)) * -(-items // at_once)
    assert design.processor_timeout_s >= rounds * value_max / 1000 + 10
    assert design.visibility_timeout_s >= 6 * design.processor_timeout_s
    assert design.processor_timeout_s < design.lease_s <= design.visibility_timeout_s


@given(items=st.integers(1, 5000), at_once=st.integers(1, 500), tries=st.integers(1, 5))
def test_an_express_child_always_ends_before_its_five_minutes(items, at_once, tries):
    try:
        design = Sfn(items_per_child=items, item_concurrency=at_once, child_tries=tries)
    except BadKnob:
        return
    assert design.processor_timeout_s < design.task_timeout_s
    assert tries * design.task_timeout_s <= design.child_limit_s < 300


def test_only_knobs_that_shape_a_batch_travel_with_it():
    assert "memory_mb" not in Sqs().batch_knobs()
    assert Sqs(claim=True).batch_knobs()["lease_s"] == Sqs(claim=True).lease_s
    assert Sfn().batch_knobs()["items_per_child"] == 100


@pytest.mark.parametrize("name", DESIGNS)
def test_a_trigger_carries_the_knobs_that_shape_a_batch(name):
    design = DESIGNS[name]()
    assert design.trigger("b", 5, 7) == {
        "batch_id": "b",
        "items": 5,
        "seed": 7,
        "knobs": design.batch_knobs(),
    }


def test_deployed_parts_are_named_by_role_and_a_queue_by_the_end_of_its_url():
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:Machine"
    outputs = {
        "StateTableName": "Stack-Table",
        "ItemQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/Stack-ItemQueue",
        "ProcessorName": "Stack-Processor",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic",
        "StateMachineArn": machine,
    }
    processor = {"processor": "Stack-Processor"}
    queued = processor | {"table": "Stack-Table", "item_queue": "Stack-ItemQueue"}
    assert DESIGNS["sqs"].parts.names(outputs) == queued
    assert DESIGNS["sfn"].parts.names(outputs) == processor | {"machine": machine}
    assert DESIGNS["sqs"].parts.function_names(outputs) == processor


def test_designs_say_what_they_track_and_whether_they_claim():
    mixed = [make_design("sqs"), make_design("sqs", "tuned"), make_design("sfn")]
    assert promises([make_design("sqs", "tuned"), make_design("counters")]) == (
        "sqs tracks each message, counters each message; an item is never worked twice at a "
        "time by sqs; an item delivered twice may be worked twice at a time by counters."
    )
    assert "sqs tracks each item or each message" in promises(mixed)
    assert "depends on the knobs of sqs" in promises(mixed)


@pytest.mark.parametrize(
    ("knobs", "pollers", "concurrency"),
    [
        ({}, None, 1_250),
        ({"pollers_min": 5}, (5, 200), 2_000),
        ({"pollers_max": 30}, (2, 30), 300),
    ],
)
def test_provisioned_pollers_bound_the_processor_by_ten_each(knobs, pollers, concurrency):
    for name in ("sqs", "counters"):
        design = make_design(name, settings={"max_concurrency": None} | knobs)
        assert (design.pollers, design.processor_concurrency) == (pollers, concurrency)


def test_a_later_knob_is_in_the_name_of_a_run_only_where_it_is_turned():
    assert "pollers_max" not in Sqs().named_knobs()
    assert Sqs(max_concurrency=None, pollers_max=9).named_knobs()["pollers_max"] == 9
    assert Sqs().knobs() == Sqs.later_knobs() | Sqs().named_knobs()
