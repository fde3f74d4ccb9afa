"""The compiled kernels and the plain ones beside them give the same numbers, bit for bit."""

import pytest

from tests.oracles.counters import tell_counters
from tests.oracles.durable import tell_durable
from tests.oracles.sfn import tell_sfn
from tests.oracles.sqs import tell_sqs
from workbench.designs import make_design
from workbench.designs.durable import Durable
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.targets.model.counters.kernel import run_counters
from workbench.targets.model.counters.settings import counters_settings
from workbench.targets.model.durable.kernel import run_durable
from workbench.targets.model.durable.settings import durable_settings, durable_state
from workbench.targets.model.engine.draws import latency_table
from workbench.targets.model.engine.settings import as_record
from workbench.targets.model.sfn.kernel import run_sfn
from workbench.targets.model.sfn.settings import sfn_settings, sfn_state
from workbench.targets.model.sqs.kernel import run_sqs
from workbench.targets.model.sqs.settings import sqs_settings, sqs_state

SQS_TALLIES = (
    "invocations cold_starts peak throttles processor_ms batcher_ms finalizer_ms "
    "batcher_invocations written_units read_half_units item_sends item_send_units receives "
    "receive_units deletes metric_calls retry_send_units looks failed late "
    "segments_done"
)
SFN_TALLIES = (
    "invocations cold_starts peak throttles processor_ms batcher_ms summary_ms "
    "batcher_invocations batcher_cold express_steps failed_children failed metric_calls late"
)
DURABLE_TALLIES = (
    "invocations cold_starts peak throttles processor_ms batcher_ms batcher_invocations "
    "batcher_cold operations checkpoints calls lists failed late"
)
PROFILE = load_profile()
LATENCIES = latency_table(PROFILE)
LARGE = {"items_per_message": 300, "value_max": 20, "send_batch_size": 1}
FEW_POLLERS = {"max_concurrency": None, "pollers_min": 2, "pollers_max": 5}
POISON = {"poison_per_million": 20_000}
CARRYING = {"items_per_message": 25, "item_bytes": 9_000, "segment_items": 530}
FAILS = {"fails_per_million": 60_000}
HALF = {"fails_per_million": 500_000, "poison_per_million": 5_000}
TAIL = {"durations": "0:20 50:300 90:1500 99:6000 99.9:20000 100:60000"}
TIMES = ("created_s", "processed_s", "detected_s")
SLOW_ACCOUNT = {"account": 100, "environments_per_s": 5.0, "environments_burst_s": 1.0}


def compiled(kernel, state, settings, tallies):
    kernel(as_record(settings), state)
    s = state[0]
    return (
        {name: int(s[name]) for name in tallies.split()},
        {name: float(s[name]) for name in TIMES},
        [tuple(row) for row in s["samples"][: s["samples_kept"]].tolist()],
        {code: float(held) for code, held in enumerate(s["limit_s"]) if held},
    )


def plain(story, tallies, **known):
    counts = {name: known.get(name, story.tally[name]) for name in tallies.split()}
    times = {name: getattr(story, name) for name in TIMES}
    return counts, times, [tuple(map(float, row)) for row in story.samples], dict(story.held_s)


@pytest.mark.parametrize(
    ("items", "preset", "knobs", "change"),
    [
        (1, "default", {}, {}),
        (1_000, "default", {}, {}),
        (25_000, "default", {"segment_items": 1_000, "items_per_message": 3}, {}),
        (3_000, "default", {"batch_window_s": 2, "messages_per_invocation": 12}, {}),
        (9_000, "default", {"batch_window_s": 1, "messages_per_invocation": 12} | LARGE, {}),
        (3_000, "default", {"track": "message", "claim": True, "max_concurrency": None}, {}),
        (9_000, "default", {"value_max": 30, "messages_per_invocation": 1} | FEW_POLLERS, {}),
        (9_000, "default", FEW_POLLERS | {"pollers_max": 100}, {"account": 70}),
        (2_000, "default", POISON, {}),
        (2_000, "default", POISON | {"track": "message", "claim": True}, {}),
        (2_000, "default", POISON | {"claim": True}, {}),
        (2_000, "default", POISON | {"item_concurrency": 25, "claim": True}, {}),
        (2_000, "default", POISON | {"item_concurrency": 4, "track": "message"}, {}),
        (1_110, "default", POISON | CARRYING, {}),
        (1_110, "default", POISON | CARRYING | {"item_concurrency": 9}, {}),
        (2_000, "default", FAILS | {"item_concurrency": 25, "claim": True}, {}),
        (2_000, "default", HALF | {"track": "message", "claim": True}, {}),
        (3_000, "published", FAILS, {}),
        (3_000, "default", HALF | {"write_batch_size": 1}, {}),
        (1_000, "published", {"item_concurrency": 2}, {}),
        (3_000, "default", TAIL | {"items_per_message": 10}, {}),
        (2_000, "default", TAIL | POISON | {"item_concurrency": 25, "claim": True}, {}),
        (60_000, "default", {"value_max": 50, "state_shards": 1, "batcher_concurrency": None}, {}),
        (6_000, "default", {}, {"account": 20, "growth_s": 20.0, "table_units_per_s": 200.0}),
        (3_000, "default", {}, {"arrivals": 300, "poll_s": -1.0, "arrival_s": 19.77}),
    ],
)
def test_sqs_is_told_twice_alike(items, preset, knobs, change):
    design = make_design("sqs", preset, knobs)
    settings = sqs_settings(design, Batch(items, 7, "b-1"), PROFILE, 7)._replace(**change)
    story = tell_sqs(settings, 7, LATENCIES)
    looks, segments = story.finalizer.looks, story.batcher.segments_done
    assert plain(story, SQS_TALLIES, looks=looks, segments_done=segments) == compiled(
        run_sqs, sqs_state(LATENCIES), settings, SQS_TALLIES
    )


@pytest.mark.parametrize(
    ("items", "preset", "knobs", "change"),
    [
        (1, "default", {}, {}),
        (1_000, "default", {}, {}),
        (20_000, "default", {"segment_items": 1_000, "items_per_child": 7}, {}),
        (5_000, "default", POISON, {}),
        (3_000, "default", POISON | {"item_concurrency": 9, "telemetry": "put_metric_data"}, {}),
        (3_000, "default", FAILS | {"item_concurrency": 9, "telemetry": "put_metric_data"}, {}),
        (3_000, "published", {}, {}),
        (
            2_500,
            "default",
            {"segment_items": 2_000, "items_per_child": 20, "item_bytes": 9_000},
            {},
        ),
        (9_000, "default", {"items_per_child": 10, "max_concurrency": None}, SLOW_ACCOUNT),
        (3_000, "default", {"items_per_child": 3, "child_type": "STANDARD"}, {}),
        (3_000, "default", TAIL | {"items_per_child": 3, "child_type": "STANDARD"}, {}),
    ],
)
def test_sfn_is_told_twice_alike(items, preset, knobs, change):
    design = make_design("sfn", preset, knobs)
    settings = sfn_settings(design, Batch(items, 7, "b-1"), PROFILE, 7)._replace(**change)
    story = tell_sfn(settings, 7, LATENCIES)
    assert plain(story, SFN_TALLIES) == compiled(
        run_sfn, sfn_state(LATENCIES), settings, SFN_TALLIES
    )


@pytest.mark.parametrize(
    ("items", "knobs", "change"),
    [
        (1, {}, {}),
        (1_000, {}, {}),
        (25_000, {"segment_items": 1_000, "items_per_message": 3}, {}),
        (12_000, {"items_per_message": 1, "max_concurrency": None, "value_max": 50}, {}),
        (12_000, {"items_per_message": 1, "value_max": 9} | FEW_POLLERS, {}),
        (3_000, {"item_concurrency": 5, "messages_per_invocation": 1, "poll_s": 5}, {}),
        (3_000, TAIL | {"items_per_message": 10}, {}),
        (6_000, {"segment_items": 500}, {"account": 20}),
        (1_110, POISON | CARRYING, {}),
        (5_000, {"poison_per_million": 30_000}, {}),
        (4_000, {"poison_per_million": 200_000, "items_per_message": 40}, {}),
        (2_000, {"poison_per_million": 100_000, "item_concurrency": 4}, {}),
        (5_000, FAILS, {}),
        (2_000, HALF | {"item_concurrency": 4, "items_per_message": 40}, {}),
    ],
)
def test_counters_is_told_twice_alike(items, knobs, change):
    design = make_design("counters", "default", knobs)
    settings = counters_settings(design, Batch(items, 7, "b-1"), PROFILE, 7)._replace(**change)
    story = tell_counters(settings, 7, LATENCIES)
    looks, segments = story.finalizer.looks, story.batcher.segments_done
    assert plain(story, SQS_TALLIES, looks=looks, segments_done=segments) == compiled(
        run_counters, sqs_state(LATENCIES), settings, SQS_TALLIES
    )


SEGMENTS = {"items_per_chunk": 10, "chunks_per_segment": 7, "max_concurrency": 20}


@pytest.mark.parametrize(
    ("items", "knobs", "change"),
    [
        (1, {}, {}),
        (1_000, {"items_per_chunk": 7}, {}),
        (3_000, TAIL | POISON | {"items_per_chunk": 7, "item_concurrency": 3}, {}),
        (9_000, {"items_per_chunk": 3, "max_concurrency": 700, "chunks_per_segment": 700}, {}),
        (3_000, SEGMENTS, {}),
        (3_000, SEGMENTS | POISON | {"item_concurrency": 3}, {}),
        (3_000, SEGMENTS | FAILS, {}),
        (2_000, HALF | {"items_per_chunk": 20, "item_concurrency": 3}, {}),
        (3_000, SEGMENTS | {"poison_per_million": 300_000, "batcher_memory_mb": 128}, {}),
        (3_000, SEGMENTS | {"max_concurrency": 300}, {"account": 40}),
        (3_000, SEGMENTS | {"max_concurrency": 300}, {"environments_burst": 9.0}),
        (20_000, SEGMENTS | {"value_max": 40, "max_concurrency": 1}, {"execution_limit_s": 9.0}),
    ],
)
def test_durable_is_told_twice_alike(items, knobs, change):
    batch = Batch(items, 7, "b-1")
    settings = durable_settings(Durable(**knobs), batch, PROFILE, 7)._replace(**change)
    story = tell_durable(settings, 7, LATENCIES)
    state = durable_state(LATENCIES)
    assert plain(story, DURABLE_TALLIES) == compiled(run_durable, state, settings, DURABLE_TALLIES)
    assert story.lived_s == state[0]["lived_s"]
