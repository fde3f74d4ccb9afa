"""The model's draws: the same items as everywhere else, and latencies with the profile's spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.draws import Items, Stream
from tests.workbench.workload.strategies import durations
from workbench.platform.profile import load_profile
from workbench.runs.batch import SEED_MAX, draw
from workbench.targets.model.engine.draws import (
    CELLS,
    LATENCIES,
    hashed,
    item_value,
    latencies,
    latency_table,
    sleep_ms,
    stream_key,
    sum_values,
    values_from,
)
from workbench.targets.model.engine.settings import as_record
from workbench.workload.durations import Uniform


def record(values):
    return as_record(values)[0]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, SEED_MAX),
    start=st.integers(0, 10**8),
    count=st.integers(0, 300),
    item_ms=st.integers(0, 600_000).map(Uniform) | durations(),
    poison=st.sampled_from([0, 1, 50_000, 1_000_000]),
)
def test_items_are_those_of_the_batch(seed, start, count, item_ms, poison):
    values = draw(seed, start, start + count, item_ms, poison)[1]
    drawn = record(values_from(seed, item_ms, poison))
    ours = [item_value(drawn, start + i) for i in range(count)]
    assert ours == values.tolist()
    assert ours == Items(seed, values_from(seed, item_ms, poison)).values(start, start + count)
    assert sleep_ms(drawn, start, start + count) == (sum(max(0, v) for v in ours), ours.count(-1))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, SEED_MAX), start=st.integers(0, 10**8), count=st.integers(0, 3_000))
def test_a_sum_is_that_of_the_items(seed, start, count):
    values = draw(seed, start, start + count, Uniform(1_000))[1]
    ours = sum_values(stream_key(seed), start, start + count, np.uint64(1_001))
    assert ours == int(values.sum())


def test_latencies_keep_the_median_the_tail_and_the_mean_of_the_profile():
    profile = load_profile()
    table = latency_table(profile) * 1000
    for row, name in zip(table, LATENCIES, strict=True):
        spread = profile.spread(name)
        mean_ms = spread.p50 * np.exp(spread.sigma**2 / 2)
        assert row.mean() == pytest.approx(mean_ms, rel=1e-6), name
        assert np.median(row) == pytest.approx(spread.p50, rel=0.01), name
        assert row[round(0.99 * CELLS)] == pytest.approx(spread.p99, rel=0.03), name


def test_the_plain_stream_draws_what_the_compiled_one_draws():
    table = latency_table(load_profile())
    key = stream_key(11)
    plain = Stream(key, table)
    assert [plain.draw(n) for n in (-1, 0, 5, 2**61)] == [
        int(hashed(key, n)) for n in (-1, 0, 5, 2**61)
    ]
    state = np.array([(table,)], [("latency", float, table.shape)])[0]
    for row, name in enumerate(LATENCIES):
        assert plain.latencies(name, 3, 20) == latencies(state, row, key, 3, 20)
