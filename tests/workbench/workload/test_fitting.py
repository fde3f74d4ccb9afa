"""Tables of quantiles keep the mean, the percentiles, the least and the most of samples."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from workbench.errors import BadInput
from workbench.workload.durations import MS_MAX, POINTS_MAX, Durations
from workbench.workload.fitting import fit_moments, fit_percentiles, fit_samples

PERCENTILES = np.concatenate([np.arange(1, 100) / 100, [0.995, 0.998, 0.999]])
SHAPES = {
    "lognormal": lambda dice, rows: dice.lognormal(6, 1, rows),
    "wide lognormal": lambda dice, rows: dice.lognormal(5, 1.6, rows),
    "pareto": lambda dice, rows: 50 * (1 + dice.pareto(1.5, rows)),
    "bimodal": lambda dice, rows: np.where(
        dice.random(rows) < 0.7, dice.normal(100, 5, rows), dice.normal(5_000, 300, rows)
    ),
    "uniform": lambda dice, rows: dice.uniform(0, 1_000, rows),
    "exponential": lambda dice, rows: dice.exponential(300, rows),
    "a few milliseconds": lambda dice, rows: dice.exponential(3, rows) + 0.5,
    "cold starts": lambda dice, rows: np.where(dice.random(rows) < 0.01, 3_000, 20),
    "constant": lambda _, rows: np.full(rows, 250),
    "narrow": lambda dice, rows: dice.normal(59_000, 20, rows),
}


def drawn(shape, rows, seed, whole):
    """Samples of a shape within what an item may take."""
    samples = SHAPES[shape](np.random.default_rng(seed), rows).clip(0, MS_MAX)
    return np.rint(samples) if whole else samples


def left_open(samples, share):
    """The times between which a percentile lies, by the rows beside it, and 2 % or 2 ms."""
    away = 1.5 / len(samples)
    low, high = np.quantile(samples, [max(0, share - away), min(1, share + away)], method="hazen")
    return low * 0.98 - 2, high * 1.02 + 2


@settings(max_examples=80, deadline=None)
@given(
    shape=st.sampled_from(sorted(SHAPES)),
    rows=st.sampled_from([10, 11, 25, 100, 333, 1_000, 20_000]),
    seed=st.integers(0, 10_000),
    whole=st.booleans(),
)
def test_a_table_keeps_mean_percentiles_least_and_most(shape, rows, seed, whole):
    samples = drawn(shape, rows, seed, whole)
    table = fit_samples(samples)
    assert len(table.points) <= POINTS_MAX
    assert Durations.read(table.text) == table
    assert table.mean_ms == pytest.approx(samples.mean(), rel=0.002)
    least, most = table.points[0][1], table.longest_ms
    if whole:
        assert (least, most) == (samples.min(), samples.max())
    assert (abs(least - samples.min()) < 1, abs(most - samples.max()) < 1) == (True, True)
    if rows >= 1_000:
        for share in PERCENTILES:
            low, high = left_open(samples, share)
            assert low <= table.quantile_ms(share) <= high, share


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, MS_MAX), min_size=10, max_size=40))
def test_any_few_rows_keep_their_mean(rows):
    samples = np.array(rows)
    table = fit_samples(samples)
    assert table.mean_ms == pytest.approx(samples.mean(), rel=0.002, abs=0.5 / len(rows))
    assert abs(table.longest_ms - samples.max()) < 1


def test_what_takes_two_times_takes_no_others():
    samples = np.repeat([20.0, 3_000.0], [9_900, 100])
    assert (
        fit_samples(samples).text
        == "0:20 50:20 90:20 98.995:20 99:1510 99.005:3000 99.9:3000 100:3000"
    )


def test_parts_of_a_millisecond_are_no_bias():
    table = fit_samples(np.full(1_000, 2.4))
    assert table.mean_ms == pytest.approx(2.4, rel=1e-6)
    assert (table.points[0][1], table.longest_ms) == (2, 3)


def test_the_same_samples_give_the_same_table():
    samples = drawn("pareto", 5_000, 1, False)
    assert fit_samples(samples) == fit_samples(samples.copy())


@settings(max_examples=20, deadline=None)
@given(p50=st.floats(20, 1_500), ratio=st.floats(1.05, 20))
def test_a_lognormal_keeps_its_median_its_99th_percentile_and_its_mean(p50, ratio):
    p99 = p50 * ratio
    table = fit_percentiles(p50, p99)
    sigma = np.log(ratio) / ndtri(0.99)
    assert table.quantile_ms(0.5) == pytest.approx(p50, rel=0.002, abs=1)
    assert table.quantile_ms(0.99) == pytest.approx(p99, rel=0.005, abs=1)
    assert table.mean_ms == pytest.approx(p50 * np.exp(sigma**2 / 2), rel=0.005)


@pytest.mark.parametrize(
    ("mean", "deviation"), [(900, 700), (250, 10), (100, 200), (30_000, 9_000)]
)
def test_a_lognormal_of_mean_and_deviation_keeps_both(mean, deviation):
    table = fit_moments(mean, deviation)
    times = np.array([table.quantile_ms(share) for share in (np.arange(20_000) + 0.5) / 20_000])
    assert table.mean_ms == pytest.approx(mean, rel=0.005)
    assert times.std() == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize(
    ("fit", "figures", "why"),
    [
        (fit_percentiles, (800, 800), "p99_ms=800 must be more than p50_ms=800"),
        (fit_percentiles, (800, 700), "p99_ms=700 must be more than p50_ms=800"),
        (fit_percentiles, (800, 500_000), "more than 0.4% of its time in items of over 600,000 ms"),
        (fit_moments, (800, 60_000), "more than 0.4% of its time in items of over 600,000 ms"),
        (fit_moments, (590_000, 50_000), "more than 0.4% of its time"),
    ],
)
def test_what_no_item_may_take_is_refused(fit, figures, why):
    with pytest.raises(BadInput, match=re.escape(why)):
        fit(*figures)
