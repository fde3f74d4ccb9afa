"""The logs' counts, read by queries or line by line, say the same things."""

import pytest
from botocore.stub import ANY, Stubber

from workbench.errors import PullFailed
from workbench.pull.gate import Wait
from workbench.pull.insights import ROWS_MAX, InsightsReader
from workbench.pull.logs import Billed, Counted, EventsReader, log_groups, peak
from workbench.pull.window import MeasuringCost, Window
from workbench.stacks.aws_errors import AwsFailed

WINDOW = Window.between(1_795_000_000, 1_795_000_100.5)
GROUPS = {"processor": "/aws/lambda/Processor", "batcher": "/aws/lambda/Batcher"}


def events(sqs):
    return EventsReader(sqs.session.aws.client("logs"), GROUPS, overhead_ms=100)


def around(sqs):
    return Window.between(sqs.clock.at - 60, sqs.clock.at + 60)


def test_the_lines_of_a_batch_are_added_up(sqs):
    one = {"items_processed": 40, "items_failed": 1, "items_duplicated": 2, "last_done_at": 1.5}
    sqs.log("Processor", *({"batch_id": "b-1"} | one for _ in range(2)))
    sqs.log("Processor", {"batch_id": "b-10"} | one, '{"batch_id": "b-1"}', "a text with b-1 in it")
    sqs.log("Batcher", {"batch_id": "b-1", "items_created": 82, "created_at": 1.25})
    assert events(sqs).counted("b-1", around(sqs)) == Counted(80, 2, 4, 1.5, 1.25)


def test_a_time_is_the_last_that_is_not_after_the_end(sqs):
    sqs.log("Processor", *({"batch_id": "b-1", "last_done_at": at} for at in (8.5, 9.5, 10.5)))
    sqs.log("Processor", {"batch_id": "b-2", "last_done_at": 9.9})
    sqs.log("Batcher", {"batch_id": "b-1", "created_at": 11})
    assert events(sqs).times("b-1", around(sqs), until=10) == {"last_done_at": 9.5}


def test_the_report_lines_tell_what_was_billed(sqs):
    sqs.log(
        "Processor",
        "REPORT RequestId: a\tDuration: 99.5 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB",
        "REPORT RequestId: b\tDuration: 50 ms\tBilled Duration: 350 ms\tInit Duration: 300.1 ms",
        "END RequestId: b",
    )
    sqs.log("Batcher")
    expected = Billed(requests=2, billed_ms=450, cold_starts=1, express_steps=2 + 5, peak=2)
    assert events(sqs).billed(around(sqs)) == {"processor": expected}


def test_spans_that_only_touch_do_not_overlap():
    assert peak([(0, 10), (10, 20), (5, 15)]) == 2
    assert peak([]) == 0


def answered(sqs, *answers):
    """Logs Insights with recorded answers; moto ignores filters and sums."""
    session = sqs.session
    stub = Stubber(session.aws.client("logs"))
    for content in answers:
        stub.add_response("start_query", {"queryId": "q"}, {**asked(), "queryString": ANY})
        stub.add_response("get_query_results", {"status": "Running", "results": []})
        stub.add_response("get_query_results", content)
    stub.activate()
    wait = Wait(limit_s=300, every_s=1, sleep=session.clock.sleep)
    return InsightsReader(session.aws.client("logs"), GROUPS, 100, MeasuringCost(), wait)


def asked():
    groups = list(GROUPS.values())
    return {
        "logGroupNames": groups,
        "startTime": 1_795_000_000,
        "endTime": 1_795_000_101,
        "limit": ROWS_MAX,
    }


def rows(*records):
    return {
        "status": "Complete",
        "results": [[{"field": k, "value": v} for k, v in one.items()] for one in records],
        "statistics": {"bytesScanned": 1234.0},
    }


def test_insights_counts_a_batch_in_one_query(sqs):
    sums = {"processed": "80", "failed": "2", "duplicated": "4"}
    times = {"last_done_at": "1.7950000995E9", "created_at": "1795000010.25"}
    reader = answered(sqs, rows(sums | times))
    counted = Counted(80, 2, 4, 1_795_000_099.5, 1_795_000_010.25)
    assert reader.counted("b-1", WINDOW) == counted
    assert reader.cost.scanned_bytes == 1234


def test_insights_tells_the_last_times_that_are_not_after_the_end(sqs):
    reader = answered(sqs, rows({"last_done_at": "1795000050.5"}), rows({"created_at": ""}))
    asked = []
    reader.client.meta.events.register(
        "provide-client-params.logs.StartQuery", lambda params, **_: asked.append(params)
    )
    assert reader.times("b-1", WINDOW, until=1_795_000_060) == {"last_done_at": 1_795_000_050.5}
    assert [one["queryString"].splitlines() for one in asked] == [
        [
            f'filter batch_id = "b-1" and {time} <= 1795000060.000',
            f"| stats max({time}) as {time}",
        ]
        for time in ("last_done_at", "created_at")
    ]


def test_insights_has_nothing_of_a_batch_that_logged_nothing(sqs):
    assert answered(sqs, rows()).counted("b-1", WINDOW) == Counted()


def test_insights_tells_what_was_billed_by_function(sqs):
    columns = {"requests": "2", "billed_ms": "450", "cold_starts": "1", "express_steps": "7"}
    reader = answered(sqs, rows({"@log": "123456789012:/aws/lambda/Processor"} | columns))
    assert reader.billed(WINDOW) == {"processor": Billed(2, 450, 1, 7)}


def test_a_query_that_fails_says_that_the_batch_can_be_read_again(sqs):
    reader = answered(sqs, {"status": "Failed", "results": []})
    with pytest.raises(PullFailed, match="the query is Failed"):
        reader.counted("b-1", WINDOW)


def test_lambda_says_the_log_group_and_else_it_is_named_after_the_function(recorded):
    found = log_groups(recorded("lambda", "log_groups"), {"batcher": "b", "processor": "p"})
    assert found == {"batcher": "/aws/lambda/b", "processor": "Stack-ProcessorLogs"}


def test_a_function_that_is_deleted_is_an_error(recorded):
    with pytest.raises(AwsFailed, match="was the stack destroyed"):
        log_groups(recorded("lambda", "log_groups_gone"), {"batcher": "b", "processor": "p"})
