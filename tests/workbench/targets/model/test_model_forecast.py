"""The forecast: intervals that hold the likely value, and the limit that binds."""

import pytest

from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import draws, estimate
from workbench.targets.model.target import ModelTarget


@pytest.mark.parametrize("design", ["sqs", "sfn", "durable"])
def test_low_likely_and_high_stand_in_order_and_repeat(design):
    found = estimate(make_design(design), 2_000, 7, replications=6)
    for one in (found.usd, found.knowing_usd, found.minutes, found.detection_lag_s):
        assert 0 < one.low <= one.likely <= one.high
    assert sum(found.limits.values()) == 7
    assert found == estimate(make_design(design), 2_000, 7, replications=6)


def test_unsure_constants_widen_the_interval():
    found = estimate(make_design("sfn"), 2_000, 7, replications=12)
    assert found.detection_lag_s.high - found.detection_lag_s.low > 0.5


@pytest.mark.parametrize(
    ("design", "items", "knobs", "limit"),
    [
        ("sqs", 1_000_000, {}, "table writes"),
        ("sqs", 1_000_000, {"state_shards": 1}, "key shard writes"),
        ("sqs", 3_000_000, {"warm_write_units": 40_000, "max_concurrency": 50}, "max_concurrency"),
        ("sqs", 100_000, {"items_per_message": 1, "messages_per_invocation": 1,
                          "max_concurrency": None}, "event source ramp"),
        ("sqs", 1_000, {"value_max": 0, "poll_s": 300}, "poll"),
        ("sqs", 10_000_000, {"batcher_concurrency": None}, "segment time"),
        ("sfn", 10_000, {}, "longest invocation"),
        ("sfn", 1_000_000, {}, "max_concurrency"),
        ("sfn", 50_000, {"items_per_child": 1, "max_concurrency": None}, "child starts"),
        ("sfn", 100_000, {"items_per_child": 5, "max_concurrency": 4_000}, "account concurrency"),
        ("durable", 10_000, {}, "longest invocation"),
        ("durable", 1_000_000, {"chunks_per_segment": 225}, "max_concurrency"),
        ("durable", 10_000, {"items_per_chunk": 1, "value_max": 0}, "orchestrator"),
        ("durable", 100_000, {"items_per_chunk": 20, "max_concurrency": 4_000},
         "account concurrency"),
    ],
)  # fmt: skip
def test_the_limit_that_binds_is_named(design, items, knobs, limit):
    outcome = ModelTarget().outcome(make_design(design, settings=knobs), Batch(items, 7, "b"))
    assert outcome.binding_limit == limit


def test_draws_reach_both_ends_of_every_range_and_stay_within_it():
    profile = load_profile()
    drawn = list(draws(profile, 7, 20))
    assert (drawn[0].profile, len(drawn)) == (profile, 21)
    for name, entry in profile.entries.items():
        key = "value" if "value" in entry else "p50"
        values = [one.profile.entries[name][key] for one in drawn[1:]]
        assert entry["low"] <= min(values) <= entry[key] <= max(values) <= entry["high"], name
        assert min(values) < entry[key] or entry[key] == entry["low"], name
        assert max(values) > entry[key] or entry[key] == entry["high"], name
        below = sum(value < entry[key] for value in values)
        assert below <= 10 <= below + values.count(entry[key]), f"{name} is not the middle"


def test_no_replications_are_refused():
    with pytest.raises(BadInput, match="replications=0"):
        estimate(make_design("sqs"), 10, replications=0)
