"""Batches of sfn: an execution each, named by the batch's id."""

import json
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from workbench.runs.batch import Batch
from workbench.targets.aws.batches import BatchStatus, OpenBatch

BATCH = Batch(100, 7, "b-1")
ENDED = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
COUNTS = {
    "pending": 20,
    "running": 10,
    "succeeded": 60,
    "failed": 5,
    "timedOut": 3,
    "aborted": 2,
    "total": 100,
    "resultsWritten": 0,
}


@pytest.fixture
def batches(sfn):
    session = sfn.session
    return session.batches()


def execution(**fields):
    return {
        "executionArn": "arn:aws:states:us-east-1:123456789012:execution:Machine:b-1",
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Machine",
        "startDate": 1795000000,
        "status": "RUNNING",
    } | fields


def map_run(**fields):
    arn = "arn:aws:states:us-east-1:123456789012:mapRun:Machine/Process:1"
    return {
        "mapRunArn": arn,
        "executionArn": execution()["executionArn"],
        "status": "RUNNING",
        "startDate": 1795000000,
        "maxConcurrency": 0,
        "toleratedFailurePercentage": 100.0,
        "toleratedFailureCount": 0,
        "itemCounts": COUNTS,
        "executionCounts": COUNTS | {"total": 4, "pending": 1},
    } | fields


def listed(*runs):
    keys = ("executionArn", "mapRunArn", "startDate")
    machine = execution()["stateMachineArn"]
    return {"mapRuns": [{k: one[k] for k in keys} | {"stateMachineArn": machine} for one in runs]}


def answer(batches, *answers):
    """Let Step Functions answer so; moto has no map runs."""
    stub = Stubber(batches._aws.client("stepfunctions"))
    for operation, content, *asked in answers:
        stub.add_response(operation, content, *asked)
    stub.activate()


def test_a_batch_starts_once_however_often_it_is_triggered(sfn, batches):
    first = batches.trigger(BATCH, sfn.design, 900)
    sfn.client("stepfunctions").stop_execution(executionArn=batches._arn("b-1"))
    assert batches.trigger(BATCH, sfn.design, 900) == first
    machine = sfn.outputs["StateMachineArn"]
    [one] = sfn.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert one["name"] == "b-1"


def test_others_are_running_executions_but_not_our_own(sfn, batches):
    for name in ("b-1", "b-2"):
        batches.trigger(Batch(100, 7, name), sfn.design, 900)
    assert batches.others("b-1") == [OpenBatch("b-2", "OPEN")]


def test_an_execution_that_was_never_started_is_absent(sfn, batches):
    assert batches.look(BATCH, sfn.design) == BatchStatus("absent")


def test_the_map_run_counts_the_items(sfn, batches):
    answer(
        batches,
        ("describe_execution", execution()),
        ("list_map_runs", listed(map_run())),
        ("describe_map_run", map_run()),
    )
    assert batches.look(BATCH, sfn.design) == BatchStatus("open", items_done=70, backlog=30)


def test_before_its_map_an_execution_has_done_nothing(sfn, batches):
    answer(batches, ("describe_execution", execution()), ("list_map_runs", listed()))
    assert batches.look(BATCH, sfn.design) == BatchStatus("open")


def test_an_execution_that_ended_well_has_done_all(sfn, batches):
    done = execution(status="SUCCEEDED", stopDate=ENDED, output="{}")
    answer(batches, ("describe_execution", done), ("list_map_runs", listed()))
    look = batches.look(BATCH, sfn.design)
    assert look == BatchStatus("complete", items_done=100, detected_at=ENDED.timestamp())


def test_a_batch_that_another_execution_owns_is_no_success(sfn, batches):
    done = execution(status="SUCCEEDED", stopDate=ENDED, output=json.dumps({"owner": False}))
    answer(batches, ("describe_execution", done), ("list_map_runs", listed()))
    reason = "another execution has claimed this batch"
    assert batches.look(BATCH, sfn.design) == BatchStatus("failed", reason=reason)


def test_a_failure_says_why_without_accounts(sfn, batches):
    cause = "arn:aws:lambda:us-east-1:123456789012:function:x is not allowed"
    failed = execution(status="FAILED", stopDate=ENDED, error="Denied", cause=cause)
    answer(batches, ("describe_execution", failed), ("list_map_runs", listed()))
    assert batches.look(BATCH, sfn.design).reason == (
        "the execution FAILED: Denied arn:aws:lambda:us-east-1:<account>:function:x is not allowed"
    )


def test_a_stop_says_what_is_not_done_and_a_resume_redrives(sfn, batches):
    arn = execution()["executionArn"]
    answer(
        batches,
        ("list_map_runs", listed(map_run())),
        ("describe_map_run", map_run()),
        ("describe_execution", execution()),
        ("stop_execution", {"stopDate": 1795000001}),
        ("redrive_execution", {"redriveDate": 1795000002}, {"executionArn": arn}),
    )
    assert "stopped with 30 items not done" in batches.stop("b-1")
    assert "the state machine as it was when it started" in batches.resume("b-1")


def test_children_are_those_that_were_started(sfn, batches):
    answer(batches, ("list_map_runs", listed(map_run())), ("describe_map_run", map_run()))
    assert batches.children("b-1") == 3
