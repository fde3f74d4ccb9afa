"""REPORT lines through Logs Insights, against recorded answers: moto ignores filter and stats."""

import pandas as pd
import pytest

from workbench.designs import make_design
from workbench.errors import PullFailed
from workbench.pull.gate import Wait
from workbench.pull.insights import ROWS_MAX, bin_width_ms, pull_insights
from workbench.pull.store import INSIGHTS_COLUMNS
from workbench.pull.window import MeasuringCost
from workbench.stacks.aws_errors import AwsFailed

GROUPS = {"processor": "/fanin/processor", "finalizer": "/fanin/finalizer"}
NOW = Wait(limit_s=3, every_s=1, sleep=lambda seconds: None)


def test_totals_histogram_and_minutes_come_as_one_tidy_frame(recorded, run, window):
    cost = MeasuringCost()
    client = recorded("logs", "reports")
    frame = pull_insights(client, run, GROUPS, window, NOW, cost)
    assert list(frame.columns) == INSIGHTS_COLUMNS
    totals = frame[frame["query"] == "totals"].pivot(
        index="measure", columns="function", values="value"
    )
    assert totals.loc["billed_ms"].to_dict() == {"finalizer": 412.0, "processor": 50234.0}
    assert totals.loc["init_ms"].to_dict() == {"finalizer": 0.0, "processor": 3561.2}
    assert pd.isna(totals.loc["init_p99_ms", "finalizer"])  # it had no cold start
    assert cost == MeasuringCost(scanned_bytes=3_000_000)


def test_bins_and_minutes_keep_their_place(recorded, run, window):
    frame = pull_insights(recorded("logs", "reports"), run, GROUPS, window, NOW)
    counts = frame[(frame["measure"] == "reports") & (frame["function"] == "processor")]
    rows = counts[["query", "t_s", "bin_ms", "value"]].astype(object)
    assert rows.where(rows.notna(), None).to_numpy().tolist() == [
        ["totals", None, None, 10.0],
        ["histogram", None, 4800.0, 7.0],
        ["histogram", None, 5200.0, 3.0],
        ["minutes", -30.0, None, 6.0],
        ["minutes", 30.0, None, 4.0],
    ]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("reports_failed", "the query is Failed"),
        ("reports_slow", "the query is Running after 3 s"),
        ("reports_gone", "was the stack destroyed"),
    ],
)
def test_a_query_without_an_answer_is_an_error(recorded, run, window, record, message):
    with pytest.raises((PullFailed, AwsFailed), match=message):
        pull_insights(recorded("logs", record), run, GROUPS, window, NOW)


def test_as_many_rows_as_a_query_gives_means_that_some_are_missing(recorded, run, window):
    client = recorded("logs", "reports_totals")
    row = [{"field": "@log", "value": "123456789012:/fanin/processor"}]
    client.meta.events.register(
        "after-call.logs.GetQueryResults",
        lambda parsed, **_: parsed.update(results=[row] * ROWS_MAX, status="Complete"),
    )
    with pytest.raises(PullFailed, match="rows are missing"):
        pull_insights(client, run, GROUPS, window, NOW)


@pytest.mark.parametrize(
    ("settings", "width_ms"), [({"value_max": 0}, 50), ({}, 200), ({"value_max": 8_000}, 1_000)]
)
def test_bins_are_as_wide_as_the_longest_invocation_asks_for(another_folder, settings, width_ms):
    run = another_folder(knobs=make_design("sqs", settings=settings).knobs()).run
    assert bin_width_ms(run) == width_ms
