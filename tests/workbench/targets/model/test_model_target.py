"""The model as a target: whole run folders, units that N and the knobs determine, bad input."""

from dataclasses import replace
from decimal import Decimal
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bill import bill
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, BadKnob, WorkbenchError
from workbench.platform.profile import load_profile
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.runs.records import read_folder, write_folder
from workbench.targets.model.models import MODELS, play
from workbench.targets.model.sqs.settings import sqs_settings
from workbench.targets.model.target import ModelTarget
from workbench.workload.durations import Uniform


def run(design, items, seed=7, **knobs):
    made = make_design(design, settings=knobs)
    return ModelTarget().run(made, Batch(items, seed, "b-1"), lambda progress: None)


def quantity(folder, usage_type, label):
    rows = folder.usage
    rows = rows[(rows.usage_type == usage_type) & (rows.label == label)]
    return sum(rows.quantity, Decimal(0))


@pytest.mark.parametrize("design", DESIGNS)
def test_a_run_folder_is_written_and_read_back_whole(design, tmp_path):
    folder = run(design, 2_000)
    back = read_folder(write_folder(folder, tmp_path))
    assert back.run == folder.run
    assert back.usage.equals(folder.usage)
    assert back.timeline.equals(folder.timeline)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(design):
    first, again, other = run(design, 3_000), run(design, 3_000), run(design, 3_000, seed=8)
    assert first.usage.equals(again.usage)
    assert first.timeline.equals(again.timeline)
    assert first.run.processed_s != other.run.processed_s


@pytest.mark.parametrize("design", ["sqs", "sfn"])
def test_every_usage_line_has_a_price_and_a_label(design):
    table = bill(run(design, 500, telemetry="put_metric_data").usage, load_book())
    assert set(table.label) == {"work", "dispatch", "knowing", "telemetry"}
    assert (table.cost_usd >= 0).all()


def test_sqs_counts_what_n_and_the_knobs_determine():
    folder = run("sqs", 25_000)
    assert quantity(folder, "Request-ARM", "work") == 250  # 10 messages of 10 items
    assert quantity(folder, "Request-ARM", "dispatch") == 2 + 3  # root, plan, three segments
    # puts and deletes; root 2, plan 3, a segment's record and its 3 changes, the end 3; no look
    assert quantity(folder, "WriteRequestUnits", "knowing") == 50_000 + 2 + 3 + 3 * 4 + 3


def test_sfn_counts_what_n_and_the_knobs_determine():
    folder = run("sfn", 25_000, segment_items=10_000)
    children = ceil(25_000 / 100)
    assert quantity(folder, "Request-ARM", "work") == children
    assert quantity(folder, "StateTransition", "dispatch") == 4 + 3 + children
    assert quantity(folder, "StateTransition", "knowing") == 3
    assert quantity(folder, "StepFunctions-Request", "dispatch") == children
    assert quantity(folder, "Requests-Tier2", "dispatch") == 3


def test_standard_children_pay_two_transitions_and_no_express_time():
    folder = run("sfn", 1_000, child_type="STANDARD")
    assert quantity(folder, "StateTransition", "dispatch") == 4 + 1 + 2 * 10
    assert quantity(folder, "StepFunctions-GB-Second", "dispatch") == 0


def test_durable_counts_what_n_and_the_knobs_determine():
    folder = run("durable", 25_000, items_per_chunk=10, chunks_per_segment=100)
    assert quantity(folder, "Request-ARM", "work") == 2_500
    # the batch's execution, its claim, its map and two last steps; each segment is invoked, and is
    # an execution with a map
    operations = quantity(folder, "Lambda-Durable-Execution-Operations", "dispatch")
    assert operations == 5 + 25 * 3 + 2_500
    assert quantity(folder, "Requests-Tier1", "dispatch") == 1  # the claim
    assert quantity(folder, "Requests-Tier1", "knowing") == 1  # the notification
    assert (folder.run.created_s, folder.run.peak_concurrency) == (None, 900)


def test_chunks_with_items_that_fail_are_invoked_three_times():
    folder = run("durable", 10, items_per_chunk=1, poison_per_million=1_000_000)
    assert quantity(folder, "Request-ARM", "work") == 30
    assert quantity(folder, "Lambda-Durable-Execution-Operations", "dispatch") == 5 + 30
    assert quantity(folder, "Requests-Tier1", "knowing") == 30 + 1  # a list each, and the notice
    assert quantity(folder, "Requests-Tier2", "knowing") == 20  # the second and third read it


def test_the_bytes_of_its_items_lengthen_the_gap_before_a_standard_childs_task():
    profile, batch = load_profile(), Batch(1_000, 7, "b-1")
    longer = profile.entries["sfn_payload_gap"] | {"value": 1_001_100}
    slow = replace(profile, entries=profile.entries | {"sfn_payload_gap": longer})

    def processed_s(own, kind):
        design = make_design("sfn", settings={"child_type": kind})
        return ModelTarget(own).run(design, batch, lambda _: None).run.processed_s

    sooner, later = (processed_s(own, "STANDARD") for own in (profile, slow))
    assert later - sooner == pytest.approx(100 * 37.9 * 1e6 / 2**20 / 1_000, rel=0.01)
    assert processed_s(profile, "EXPRESS") == processed_s(slow, "EXPRESS")


@pytest.mark.parametrize("design", DESIGNS)
def test_poisoned_items_are_listed_as_failed_and_all_others_done(design):
    folder = run(design, 20_000, poison_per_million=5_000)
    made, batch = make_design(design), Batch(20_000, 7, "b-1")
    assert made.poison_per_million == 0
    from workbench.runs.batch import draw

    poisoned = int((draw(7, 0, 20_000, Uniform(1_000), 5_000)[1] < 0).sum())
    assert folder.run.items_failed == poisoned > 50
    assert folder.run.items_processed == batch.items - poisoned


def test_one_metric_call_an_item_is_billed_where_it_is_asked_for():
    for design in ("sqs", "sfn"):
        folder = run(design, 700, telemetry="put_metric_data")
        assert quantity(folder, "CW:Requests", "telemetry") == 700


@settings(max_examples=40, deadline=None)
@given(
    items=st.integers(1, 20_000),
    seed=st.integers(0, 2**40),
    per_message=st.integers(1, 50),
    max_concurrency=st.sampled_from([None, 2, 30, 900]),
    track=st.sampled_from(["item", "message"]),
    claim=st.booleans(),
    concurrency=st.integers(1, 20),
    shards=st.integers(1, 30),
)
def test_whatever_the_knobs_sqs_ends_in_order_and_within_its_limits(
    items, seed, per_message, max_concurrency, track, claim, concurrency, shards
):
    folder = run(
        "sqs",
        items,
        seed,
        items_per_message=per_message,
        messages_per_invocation=5,
        max_concurrency=max_concurrency,
        track=track,
        claim=claim,
        item_concurrency=concurrency,
        state_shards=shards,
    )
    one = folder.run
    assert one.created_s > 0
    assert 0 < one.processed_s <= one.detected_s
    assert one.peak_concurrency <= (max_concurrency or 1_000)
    assert one.cold_starts <= one.peak_concurrency <= one.invocations
    assert one.invocations >= ceil(items / (per_message * 5))
    assert folder.timeline.groupby("metric").size().max() <= 2_001
    at_once = folder.timeline[folder.timeline.metric == "concurrency"]
    assert at_once.value.max() == one.peak_concurrency
    assert at_once.t_s.is_monotonic_increasing
    done = folder.timeline[folder.timeline.metric == "items_done"].value
    assert done.is_monotonic_increasing
    assert done.iloc[-1] == items


@settings(max_examples=30, deadline=None)
@given(
    items=st.integers(1, 20_000),
    seed=st.integers(0, 2**40),
    per_child=st.integers(1, 100),
    max_concurrency=st.sampled_from([None, 1, 30, 900]),
    concurrency=st.integers(1, 20),
)
def test_whatever_the_knobs_sfn_ends_in_order_and_within_its_limits(
    items, seed, per_child, max_concurrency, concurrency
):
    knobs = {"items_per_child": per_child, "item_concurrency": concurrency}
    folder = run("sfn", items, seed, max_concurrency=max_concurrency, **knobs)
    one = folder.run
    assert 0 < one.created_s < one.processed_s < one.detected_s
    assert one.peak_concurrency <= (max_concurrency or 1_000)
    assert one.invocations == ceil(items / per_child)


@settings(max_examples=30, deadline=None)
@given(
    items=st.integers(1, 20_000),
    seed=st.integers(0, 2**40),
    per_chunk=st.integers(1, 100),
    per_segment=st.integers(1, 740),
    max_concurrency=st.sampled_from([1, 30, 900, 10_000]),
    poison=st.sampled_from([0, 0, 10_000]),
)
def test_whatever_the_knobs_durable_ends_in_order_and_within_its_limits(
    items, seed, per_chunk, per_segment, max_concurrency, poison
):
    per_segment = max(per_segment, ceil(items / per_chunk / 1_480))
    knobs = {"items_per_chunk": per_chunk, "chunks_per_segment": per_segment}
    knobs |= {"max_concurrency": max_concurrency, "poison_per_million": poison}
    folder = run("durable", items, seed, **knobs)
    one = folder.run
    assert 0 < one.processed_s < one.detected_s
    assert one.cold_starts <= one.peak_concurrency <= min(max_concurrency, 1_000)
    assert ceil(items / per_chunk) <= one.invocations <= 3 * ceil(items / per_chunk)
    done = folder.timeline[folder.timeline.metric == "items_done"].value
    assert done.is_monotonic_increasing
    assert done.iloc[-1] == items


def test_an_execution_that_outlasts_its_timeout_does_not_complete():
    folder = run("durable", 400_000, max_concurrency=1)
    assert folder.run.status == "incomplete"
    assert folder.run.reason.startswith("execution time")


def test_a_table_of_more_writes_a_second_creates_faster():
    slow = run("sqs", 500_000, max_concurrency=2)
    warm = run("sqs", 500_000, max_concurrency=2, warm_write_units=8_000)
    assert slow.run.created_s == pytest.approx(500_000 / 4_000, rel=0.05)
    assert warm.run.created_s == pytest.approx(500_000 / 8_000, rel=0.05)


def test_one_key_takes_a_thousand_writes_a_second():
    one_key = run("sqs", 100_000, max_concurrency=2, state_shards=1)
    assert one_key.run.created_s == pytest.approx(100_000 / 1_000, rel=0.05)


def test_segments_that_starve_each_other_of_writes_do_not_complete():
    folder = run("sqs", 10_000_000, batcher_concurrency=None, value_max=0)
    assert folder.run.status == "incomplete"
    assert folder.run.reason.startswith("segment time")


def test_express_children_that_wait_too_long_for_a_lambda_do_not_complete():
    folder = run("sfn", 1_000_000, max_concurrency=None)
    assert folder.run.status == "incomplete"
    assert folder.run.reason.startswith("child time")


def test_more_than_a_hundred_million_items_are_refused():
    with pytest.raises(BadKnob, match="100,000,000"):
        run("sqs", 100_000_001)


def test_a_profile_without_a_constant_is_refused():
    profile = load_profile()
    entries = {k: v for k, v in profile.entries.items() if k != "esm_dispatch"}
    with pytest.raises(BadInput, match="esm_dispatch"):
        ModelTarget(type(profile)("x", entries)).run(
            make_design("sqs"), Batch(10, 7, "b"), lambda progress: None
        )


@pytest.mark.parametrize("design", ["sqs", "sfn", "durable"])
def test_not_a_number_stops_the_run(design):
    settings = MODELS[design].settings(make_design(design), Batch(100, 7, "b"), load_profile(), 7)
    cpu = settings.processor._replace(item_s=float("nan"))
    broken = settings._replace(processor=cpu)
    with pytest.raises(WorkbenchError, match="model broke"):
        play(make_design(design), broken, load_profile())


def test_an_event_in_the_past_stops_the_run():
    settings = sqs_settings(make_design("sqs"), Batch(100, 7, "b"), load_profile(), 7)
    settings = settings._replace(pollers=settings.pollers._replace(step_s=-100.0))
    with pytest.raises(WorkbenchError, match="model broke"):
        play(make_design("sqs"), settings, load_profile())
