"""How long a batch may take, and what it has cost so far."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.designs import make_design
from workbench.errors import BudgetExceeded
from workbench.prices import load_book
from workbench.runs.batch import Batch
from workbench.targets.aws.evidence import Evidence
from workbench.targets.aws.follow import TIMEOUT_LEAST_S, timeout_s
from workbench.targets.aws.logs import Window
from workbench.targets.aws.metrics import Reading
from workbench.targets.aws.spending import Spending, metered, refuse_forecast
from workbench.targets.aws.timeouts import Clock

BATCH = Batch(100, 7, "b-1")


@given(name=st.sampled_from(["sqs", "sfn"]), items=st.integers(1, 100_000_000))
def test_a_batch_gets_several_times_what_it_should_take(name, items):
    design = make_design(name)
    should_s = items * design.value_max / 1000 / 900
    assert timeout_s(design, items) >= max(TIMEOUT_LEAST_S, 4 * should_s)


@given(items=st.integers(1, 10_000_000))
def test_more_items_never_get_less_time(items):
    design = make_design("sqs")
    assert timeout_s(design, items) <= timeout_s(design, items + 1)


def evidence(write_units):
    reading = Reading({("table", "ConsumedWriteCapacityUnits"): [(0.0, write_units)]})
    return Evidence(make_design("sqs"), 100, Window(0, 60), reading=reading)


def spending(seen, forecast_usd=None, times=None):
    times = iter(times or range(0, 10_000, 100))
    clock = Clock(now=lambda: float(next(times)))
    return Spending(lambda: evidence(seen.pop(0)), load_book(), forecast_usd, clock, 60)


def test_the_meter_is_asked_now_and_then_and_never_goes_back():
    spent = spending([1_000_000, 10, 2_000_000])
    usd = [spent.usd(0.0) for _ in range(3)]
    # $0.625 a million write units, and the custom metrics of an hour.
    assert [round(float(one), 2) for one in usd] == [0.63, 0.63, 1.25]


def test_between_two_looks_the_meter_keeps_its_word():
    spent = spending([1_000_000], times=[0, 70, 80, 90])
    assert len({spent.usd(0.0) for _ in range(3)}) == 1


def test_the_forecast_for_what_is_done_fills_the_gap():
    spent = spending([0] * 9, forecast_usd=Decimal("10"), times=[0, 1, 2])
    assert (spent.usd(0.25), spent.usd(0.5)) == (Decimal("2.5"), Decimal(5))


def test_a_forecast_at_the_limit_is_no_breach():
    refuse_forecast(Decimal(1), Decimal(1))
    with pytest.raises(BudgetExceeded, match=r"forecast is \$1.0001 and --max-usd is \$1: nothing"):
        refuse_forecast(Decimal("1.0001"), Decimal(1))


def test_what_runs_is_metered_by_lambdas_own_metrics():
    reading = Reading(
        {("processor", "Invocations"): [(0.0, 3)], ("processor", "Duration"): [(0, 9)]}
    )
    found = metered(
        Evidence(make_design("sqs"), 100, Window(0, 60), reading=reading), ("processor",)
    )
    assert (found.billed["processor"].requests, found.billed["processor"].billed_ms) == (3, 9)
