"""Batches of durable: an execution each, named by the batch's id, with its segments beside it."""

import json
from datetime import UTC, datetime

import pytest

from tests.aws_answers import answering
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.stacks.aws_errors import AwsFailed
from workbench.stacks.executions import STOPPED
from workbench.targets.aws.batches import BatchStatus, OpenBatch
from workbench.targets.aws.durable import batches as module

BATCH = Batch(1_000, 7, "b-1")
BEGAN = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ENDED = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
SEGMENTED = {"chunks_per_segment": 225}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Orchestrator"
NAME = {"FunctionName": "Orchestrator"}


def arn(name, version=2):
    return f"{FUNCTION}:{version}/durable-execution/{name}/0"


def summary(name, status="RUNNING", version=2):
    return {
        "DurableExecutionArn": arn(name, version),
        "DurableExecutionName": name,
        "FunctionArn": FUNCTION,
        "Status": status,
        "StartTimestamp": BEGAN,
    }


def versions():
    found = [{"Version": one} for one in ("$LATEST", "1", "2")]
    return "list_versions_by_function", {"Versions": found}, NAME


def listed(version, *found, **asked):
    asked = {"Qualifier": str(version)} | NAME | asked
    return "list_durable_executions_by_function", {"DurableExecutions": list(found)}, asked


def execution(name, status="RUNNING", batch="b-1", **more):
    trigger = json.dumps({"batch_id": batch, "items": 1_000, "seed": 7, "knobs": {}})
    found = summary(name, status) | {"InputPayload": trigger} | more
    return "get_durable_execution", found, {"DurableExecutionArn": arn(name)}


def history(*events, name="b-1"):
    found = [{"EventId": number, "EventType": kind} for number, kind in events]
    asked = {"IncludeExecutionData": False, "ReverseOrder": True, "MaxItems": 1_000}
    return (
        "get_durable_execution_history",
        {"Events": found},
        asked | {"DurableExecutionArn": arn(name)},
    )


def stopped(name):
    asked = {"DurableExecutionArn": arn(name), "Error": STOPPED}
    return "stop_durable_execution", {"StopTimestamp": ENDED}, asked


FOUND = (versions(), listed(2, summary("b-1"), DurableExecutionName="b-1"))


@pytest.fixture
def batches(durable):
    return durable.session.batches()


@pytest.fixture
def lambda_(batches):
    """Lambda answers with these, in this order, and to these questions; moto has no executions."""
    with answering(batches._lambda) as answer:
        yield answer


def invoked(durable):
    given = durable.design.trigger("b-1", 1_000, 7)
    return NAME | {
        "Qualifier": "live",
        "InvocationType": "Event",
        "DurableExecutionName": "b-1",
        "Payload": json.dumps(given).encode(),
    }


def test_a_batch_is_started_by_name_and_its_execution_is_known_from_the_answer(
    durable, batches, lambda_
):
    began = durable.clock.at
    answer = {"DurableExecutionArn": arn("b-1"), "ResponseMetadata": {}}
    lambda_(("invoke", answer, invoked(durable)))
    assert began < batches.trigger(BATCH, durable.design, 900) <= durable.clock.at
    lambda_(execution("b-1"))
    assert batches.known("b-1")


def test_a_batch_that_is_there_already_was_started_then(durable, batches, lambda_):
    code = "DurableExecutionAlreadyStartedException"
    lambda_.stub.add_client_error("invoke", code, "", 409, expected_params=invoked(durable))
    lambda_(*FOUND, execution("b-1"))
    assert batches.trigger(BATCH, durable.design, 900) == BEGAN.timestamp()


def test_a_botocore_that_knows_no_executions_is_named(durable, batches, monkeypatch):
    invoke = batches._aws.client("lambda").meta.service_model.operation_model("Invoke")
    monkeypatch.delitem(invoke.input_shape.members, "DurableExecutionName")
    for ask in (lambda: batches.others("b-1"), lambda: batches.look(BATCH, durable.design)):
        with pytest.raises(BadInput, match=r"cannot start a durable execution by name: 1\.42\.1"):
            ask()


def test_an_execution_that_no_version_has_is_absent(durable, batches, lambda_):
    longer = listed(2, summary("b-10"), DurableExecutionName="b-1")
    lambda_(versions(), longer, listed(1, DurableExecutionName="b-1"))
    lambda_(listed("$LATEST", DurableExecutionName="b-1"))
    assert batches.look(BATCH, durable.design) == BatchStatus("absent")


def test_an_execution_that_is_forgotten_is_absent(durable, batches, lambda_):
    lambda_(*FOUND)
    lambda_.stub.add_client_error("get_durable_execution", "ResourceNotFoundException", "", 404)
    assert batches.look(BATCH, durable.design) == BatchStatus("absent")


def test_chunks_that_are_over_are_counted_by_what_is_new_in_the_history(
    durable, batches, lambda_, monkeypatch
):
    monkeypatch.setattr(module, "HISTORY_EVERY_S", 10)
    first = ((4, "ChainedInvokeFailed"), (3, "ChainedInvokeSucceeded"), (2, "StepSucceeded"))
    lambda_(*FOUND, execution("b-1"), history(*first))
    assert batches.look(BATCH, durable.design) == BatchStatus("open", 200, 800)
    lambda_(execution("b-1"))  # too soon to ask again
    assert batches.look(BATCH, durable.design) == BatchStatus("open", 200, 800)
    durable.clock.sleep(10)
    lambda_(execution("b-1"), history((5, "ChainedInvokeSucceeded"), *first))
    assert batches.look(BATCH, durable.design) == BatchStatus("open", 300, 700)


def test_of_a_batch_of_segments_each_range_is_a_segment(durable, batches, lambda_):
    lambda_(*FOUND, execution("b-1"), history((9, "ChainedInvokeSucceeded")))
    large, design = Batch(100_000, 7, "b-1"), make_design("durable", settings=SEGMENTED)
    assert batches.look(large, design) == BatchStatus("open", 22_500, 77_500)


def test_an_execution_that_ended_well_has_done_all_and_says_how_many_failed(
    durable, batches, lambda_
):
    lambda_(*FOUND, execution("b-1", "SUCCEEDED", EndTimestamp=ENDED, Result="12"))
    complete = BatchStatus("complete", 1_000, 0, ENDED.timestamp(), 12)
    assert batches.look(BATCH, durable.design) == complete


@pytest.mark.parametrize(
    ("status", "more", "reason"),
    [
        (
            "FAILED",
            {"Error": {"ErrorType": "Denied", "ErrorMessage": f"{FUNCTION} is refused"}},
            "the execution FAILED: Denied: arn:aws:lambda:us-east-1:<account>:function:Orchestrator"
            " is refused",
        ),
        (
            "TIMED_OUT",
            {"DurableConfig": {"ExecutionTimeout": 1_234}},
            "the execution TIMED_OUT: its deadline of 1,234 s",
        ),
        ("STOPPED", {}, "the execution STOPPED"),
    ],
)
def test_an_execution_that_did_not_end_well_has_failed_and_says_why(
    durable, batches, lambda_, status, more, reason
):
    lambda_(*FOUND, execution("b-1", status, **more))
    assert batches.look(BATCH, durable.design) == BatchStatus("failed", reason=reason)


def test_others_are_batches_of_which_anything_runs(batches, lambda_):
    """Also a segment whose root has failed, and a batch of the schedule."""
    running = {"Statuses": ["RUNNING"]}
    slot = json.dumps({"time": "2026-11-23T06:00:00Z", "items": 100, "knobs": {}})
    lambda_(
        versions(),
        listed(2, summary("b-1"), summary("s-1"), summary("s-2"), **running),
        execution("s-1"),
        execution("s-2", batch="b-2"),
        listed(1, summary("s-3"), **running),
        execution("s-3", InputPayload=slot),
        listed("$LATEST", **running),
    )
    assert batches.others("b-1") == [
        OpenBatch("b-2", "OPEN"),
        OpenBatch("cron-20261123T0600", "OPEN"),
    ]


def test_a_stop_reaches_the_root_and_then_its_own_segments(batches, lambda_):
    lambda_(
        *FOUND,
        execution("b-1"),
        stopped("b-1"),
        versions(),
        listed(2, summary("s-1"), summary("s-2"), summary("s-3"), Statuses=["RUNNING"]),
        execution("s-1"),
        execution("s-2", batch="b-2"),
        execution("s-3"),
        listed(1, Statuses=["RUNNING"]),
        listed("$LATEST", Statuses=["RUNNING"]),
        stopped("s-1"),
    )
    over = "InvalidParameterValueException"  # it has ended meanwhile
    lambda_.stub.add_client_error("stop_durable_execution", over, "", 400)
    said = batches.stop("b-1")
    assert "stopped for good, and 1 of its segments with it" in said
    assert "after a purge, the same order works all its items anew" in said


def test_what_has_ended_cannot_be_stopped(batches, lambda_):
    lambda_(*FOUND, execution("b-1", "FAILED"))
    with pytest.raises(AwsFailed, match="b-1 is FAILED: only one that is RUNNING can stop"):
        batches.stop("b-1")


def test_a_stopped_batch_cannot_go_on_and_says_what_to_do(batches):
    with pytest.raises(BadInput, match="`workbench purge b-1` frees the stack"):
        batches.resume("b-1")


def test_a_purge_stops_what_began_as_its_batch_was_stopped(batches, lambda_):
    running = {"Statuses": ["RUNNING"]}
    lambda_(versions(), listed(2, summary("s-1"), **running), execution("s-1"))
    lambda_(listed(1, **running), listed("$LATEST", **running), stopped("s-1"))
    assert "nothing waits in a queue" in batches.purge("b-1")
