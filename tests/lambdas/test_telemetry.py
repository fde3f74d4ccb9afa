"""A line of telemetry is one JSON object in the embedded metric format, and costs few metrics."""

import json

import pytest


@pytest.fixture
def telemetry(world):
    return world.module("telemetry")


def test_a_line_is_whole(telemetry, world, capsys):
    metrics = {"items_processed": 3, "work_ms": 40}
    telemetry.emit("sqs", "processor", "b1", world.context(), metrics, last_done_at=7.5)
    units = [("items_processed", "Count"), ("work_ms", "Milliseconds")]
    assert json.loads(capsys.readouterr().out) == {
        "_aws": {
            "Timestamp": 1_750_000_000_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "BatchWorkbench",
                    "Dimensions": [["design", "function"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in units],
                }
            ],
        },
        "design": "sqs",
        "function": "processor",
        "batch_id": "b1",
        "request_id": "request-1",
        "items_processed": 3,
        "work_ms": 40,
        "last_done_at": 7.5,
    }


def test_the_work_of_many_short_items_is_rounded_once(telemetry, world, capsys):
    """Each by itself would be nothing."""
    parts = [{"work_ms": 0.4, "items_processed": 1, "done_at": at} for at in (1.0, 3.0, 2.0)]
    telemetry.emit_work(("sqs", "processor"), "b1", world.context(), parts)
    line = json.loads(capsys.readouterr().out)
    told = [line[name] for name in ("work_ms", "items_processed", "items_failed", "last_done_at")]
    assert told == [1, 3, 0, 3.0]


def test_items_are_traced_only_where_the_knob_asks_for_it(telemetry, capsys):
    for knobs in ({}, {"logs": "few"}, {"logs": "all"}):
        telemetry.trace(knobs, str(knobs))
    assert capsys.readouterr().out == "{'logs': 'all'}\n"


def test_a_metric_that_is_refused_is_reported_and_lost(telemetry, capsys):
    telemetry.put_item_metric(None, "sfn", 7)
    assert "put_metric_data" in json.loads(capsys.readouterr().out)["error"]
