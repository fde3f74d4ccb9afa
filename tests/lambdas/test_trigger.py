"""Triggers: the same batch however often they come; what makes no sense is refused by name."""

import re

import pytest

from lambdas.trigger import name_of, read_trigger

KNOBS = {"items_per_message": 10, "max_concurrency": None, "poll_s": 0.5, "value_max": 0}
CRON = {"time": "2026-11-23T06:10:00Z", "items": 5, "knobs": KNOBS}


def asked(**changes):
    return {"batch_id": "b1", "items": 5, "seed": 7, "knobs": KNOBS} | changes


@pytest.mark.parametrize("time", ["2026-11-23T06:10:00Z", "2026-11-23T06:10:59Z"])
def test_a_cron_slot_is_a_minute(time):
    assert read_trigger(CRON | {"time": time}).batch == "cron-20261123T0610"
    assert read_trigger(CRON | {"time": "2026-11-23T06:11:00Z"}).batch == "cron-20261123T0611"


def test_a_seed_that_is_not_given_follows_from_the_batch_id_alone():
    seeds = {read_trigger(asked(seed=None, items=n)).seed for n in (5, 6)}
    assert len(seeds) == 1
    assert read_trigger(asked(seed=None, batch_id="b2")).seed not in seeds
    drawn = [read_trigger(asked(seed=None, batch_id=f"b{n}")).seed for n in range(50)]
    assert max(drawn) < 2**63
    assert read_trigger(asked(seed=0)).seed == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"batch_id": "b/1"}, "batch_id 'b/1' is not 1 to 64"),
        ({"batch_id": "b#1"}, "batch_id 'b#1' is not 1 to 64"),
        ({"batch_id": "b" * 65}, "is not 1 to 64"),
        ({"batch_id": 7}, "batch_id 7 is not 1 to 64"),
        ({"batch_id": ""}, "neither a batch_id nor a scheduled time"),
        ({"items": 0}, "items 0 is not a whole number from 1 to 100000000"),
        ({"items": True}, "items True is not a whole number"),
        ({"items": 100_000_001}, "items 100000001 is not a whole number"),
        ({"items": 2.0}, "items 2.0 is not a whole number"),
        ({"seed": -1}, "seed -1 is not a whole number"),
        ({"seed": 2**63}, "seed 9223372036854775808 is not a whole number"),
        ({"knobs": None}, "knobs null is not an object"),
        ({"knobs": {}}, "knobs lack items_per_message"),
        ({"knobs": KNOBS | {"items_per_message": 0}}, "knob items_per_message 0 is not a number"),
        ({"knobs": KNOBS | {"items_per_message": 1.5}}, "knob items_per_message 1.5 is not"),
        ({"knobs": KNOBS | {"value_max": 2_000_000_000}}, "knob value_max 2000000000 is not"),
        ({"knobs": KNOBS | {"poll_s": -1}}, "knob poll_s -1 is not a number from 0"),
        ({"knobs": KNOBS | {"max_concurrency": 0}}, "knob max_concurrency 0 is not"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_batch_is_refused_by_name(changes, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        read_trigger(asked(**changes), ["items_per_message"])


def test_a_batch_is_named_however_wrong_the_rest_of_its_trigger_is():
    assert name_of({"batch_id": "b1", "items": None}) == "b1"
    assert name_of({"time": CRON["time"]}) == "cron-20261123T0610"
    assert [name_of(event) for event in ({}, None, [], {"time": "soon"})] == [""] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        *([[0, 1]], [[0, 1], [2**32, "x"]], [[0, 1, 2], [2**32, 3]], [[0, 1], [2**31, 9]]),
        *([[5, 1], [2**32, 9]], [0, 2**32], "0:1 100:9", 7),
    ],
)
def test_durations_that_no_item_can_be_drawn_from_are_refused(wrong):
    with pytest.raises(ValueError, match="durations"):
        read_trigger(asked(knobs=KNOBS | {"durations": wrong}), KNOBS)
