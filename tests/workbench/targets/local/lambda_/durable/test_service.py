"""Durable executions: what suspends and resumes them, what ends them, what they are billed."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError

from tests.workbench.targets.local.lambda_.durable.conftest import result_of
from workbench.platform.services import LAMBDA
from workbench.targets.local.lambda_.durable.chained import UNQUALIFIED
from workbench.targets.local.lambda_.durable.service import SAME_NAME
from workbench.targets.local.runtime.faults import CallFault, Faults, StartFault
from workbench.targets.local.runtime.service import Refused

SDK = "from aws_durable_execution_sdk_python import durable_execution\n@durable_execution\n"


def kinds(execution):
    """The events of an execution, in their order."""
    return [kind for _, kind, _ in execution.history]


def test_an_execution_waits_for_nothing_and_is_billed_by_operations_and_invocations(durables):
    cloud = durables(durable_invoke=50)
    execution = cloud.finished({"program": [["wait", 3600 // 2], ["invoke", "double", 4]]})
    assert result_of(execution) == ("SUCCEEDED", [None, 8])
    assert kinds(execution) == [
        "ExecutionStarted",
        "WaitStarted",
        "InvocationCompleted",
        "WaitSucceeded",
        "ChainedInvokeStarted",
        "ChainedInvokeSucceeded",
        "InvocationCompleted",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]
    frame = cloud.toy.reports.frame()
    assert list(frame.function) == ["program", "double", "program", "program"]
    assert frame.duration_ms.sum() < 400  # of half an hour
    meter = cloud.toy.meter
    assert meter.quantity(LAMBDA, "Request-ARM") == 4
    assert meter.quantity(LAMBDA, "Lambda-Durable-Execution-Operations") == 3
    assert meter.quantity(LAMBDA, "Lambda-Durable-Execution-Operations", "dispatch") == 1
    written = meter.quantity(LAMBDA, "Lambda-Durable-Execution-Written-Bytes") * 2**30
    assert round(written) == execution.written_bytes
    kept_s = Decimal(execution.ended_s) + 86_400
    kept = meter.quantity(LAMBDA, "Lambda-Durable-Execution-TimedStorage-ByteHrs")
    assert float(kept) == pytest.approx(float(written * kept_s / 2**30 / 730 / 3600), rel=1e-6)


def test_a_step_that_is_tried_again_is_an_operation_more_each_time(durable):
    execution = durable.finished({"program": [["step", 7, 2, 3]]})
    (step,) = list(execution.operations.values())[1:]
    assert (result_of(execution), step["StepDetails"]["Attempt"]) == (("SUCCEEDED", [7]), 3)
    assert (execution.counted, len(execution.operations)) == (4, 2)
    assert execution.ended_s == pytest.approx(2, abs=0.5)


def test_how_many_operations_a_chained_invoke_is_nobody_says_so_the_profile_does(durables):
    cloud = durables(durable_operations_per_invoke=1.5)
    cloud.finished({"program": [["invoke", "double", 4], ["invoke", "double", 4]]})
    assert cloud.toy.meter.quantity(LAMBDA, "Lambda-Durable-Execution-Operations") == 4


def test_what_completes_while_the_handler_is_at_work_makes_one_more_invocation(durables):
    cloud = durables(durable_invoke=1, durable_cpu_ms_per_operation=500)
    program = [["over", 8, True, [["invoke", "double", 1]], 8]]
    execution = cloud.finished({"program": program})
    assert result_of(execution) == ("SUCCEEDED", [[[2]] * 8])
    assert execution.invocation < 8


def test_a_replay_costs_cpu_by_the_operations_so_far(durables):
    cloud = durables(durable_cpu_ms_per_operation=500)
    cloud.finished({"program": [["over", 4, True, [["invoke", "double", 1]], 4], ["wait", 1]]})
    frame = cloud.toy.reports.frame()
    replays_s = list(frame[frame.function == "program"].duration_ms // 500 / 2)
    assert replays_s == [0.5, 3.0, 3.5]  # the execution itself, the map and its invokes, the wait


def test_the_same_name_is_the_same_execution_unless_its_payload_is_another(durable):
    first = durable.start({"program": []}, name="b-1")
    assert durable.start({"program": []}, name="b-1") is first
    with pytest.raises(Refused, match="another payload") as refused:
        durable.start({"program": [["wait", 1]]}, name="b-1")
    assert refused.value.code == SAME_NAME
    durable.toy.run()
    assert durable.start({"program": []}, name="b-1") is first
    assert durable.describe(first)["DurableExecutionName"] == "b-1"


def test_an_execution_that_takes_too_long_is_over_and_so_is_who_waits_for_it(durable):
    program = [["delegate", [["wait", 700]]]]
    execution = durable.finished({"program": program})
    child = list(durable.executions.executions.values())[1]
    assert result_of(child) == (
        "TIMED_OUT",
        {"ErrorMessage": "Execution timed out after 600 seconds."},
    )
    text = "CHAINED_INVOKE timed out after 600 seconds."
    assert result_of(execution) == (
        "SUCCEEDED",
        [["InvokeError", "ChainedInvoke.Timeout", text]],
    )


def test_a_stop_ends_an_execution_and_what_it_waits_for_changes_it_no_more(durable):
    execution = durable.start({"program": [["wait", 60]]})
    durable.toy.run(until_s=30)
    error = {"ErrorType": "Operator", "ErrorMessage": "enough"}
    answer = durable.client.stop_durable_execution(
        DurableExecutionArn=execution.started.arn, Error=error
    )
    durable.toy.run()
    assert result_of(execution) == ("STOPPED", error)
    assert durable.describe(execution)["EndTimestamp"] == answer["StopTimestamp"]
    assert kinds(execution)[-1] == "ExecutionStopped"


class Strikes(Faults):
    """What befalls the n-th checkpoint of a run, or its first starts."""

    def __init__(self, number=0, fault=None, failing=0):
        self._number, self._fault, self._failing, self._seen = number, fault, failing, 0

    def calling(self, call):
        self._seen += call.operation == "CheckpointDurableExecution"
        return self._fault if self._seen == self._number and self._fault else CallFault()

    def starting(self, function, cold):
        self._failing -= 1
        return StartFault(init_fails=self._failing >= 0)


PROGRAM = [["step", 1, 0, 1], ["invoke", "double", 4], ["wait", 2], ["step", 2, 0, 1]]


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize(
    "fault",
    [
        CallFault(kill="before"),
        CallFault(kill="after"),
        CallFault(error="ServiceException"),
        CallFault(error="ServiceException", lose_answer=True),
        CallFault(error="TooManyRequestsException", status=429),
        CallFault(delay_s=70),
    ],
    ids=["killed before", "killed after", "refused", "answer lost", "throttled", "timed out"],
)
def test_a_handler_that_is_struck_at_a_checkpoint_is_replayed(durables, number, fault):
    cloud = durables(Strikes(number, fault))
    execution = cloud.finished({"program": PROGRAM})
    assert result_of(execution) == ("SUCCEEDED", [1, 8, None, 2])
    ids = [one["Name"] for one in execution.operations.values() if one["Type"] == "STEP"]
    assert ids == ["step 1", "step 2"]
    invoked = [one for one in cloud.toy.reports.frame().function if one == "double"]
    assert invoked == ["double"]


@pytest.mark.parametrize(("failing", "status"), [(4, "SUCCEEDED"), (5, "FAILED")])
def test_five_failed_invocations_in_a_row_end_an_execution(durables, failing, status):
    cloud = durables(Strikes(failing=failing))
    execution = cloud.finished({"program": []})
    assert (execution.status, execution.counted) == (status, 5)
    if status == "FAILED":
        assert execution.error["ErrorType"] == "Lambda.Unknown"


def test_a_handler_that_replays_something_else_fails_with_the_sdks_words(durable):
    durable.function(
        "seen = []\n" + SDK + "def handler(event, context):\n"
        "    seen.append(1)\n"
        "    context.invoke('double', {'value': 1}, name=f'call {len(seen)}')\n",
        "fickle",
        durable=(600.0, 1),
    )
    status, error = result_of(durable.finished({}, "fickle"))
    assert (status, error["ErrorType"].rsplit(".", 1)[-1]) == (
        "FAILED",
        "NonDeterministicExecutionError",
    )
    assert "name checkpoint='call 1' current='call 2'" in error["ErrorMessage"]


def test_a_handler_that_is_not_the_sdks_fails_by_what_it_answers(durable):
    durable.function("def handler(event, context): return {'done': 1}", "plain", durable=(9.0, 1))
    assert result_of(durable.finished({}, "plain")) == (
        "FAILED",
        {
            "ErrorMessage": 'Invalid invocation output: {"done": 1}',
            "ErrorType": "InvalidParameterValueException",
        },
    )
    durable.function(
        "def handler(event, context): return {'Status': 'PENDING'}", "idle", durable=(99.0, 1)
    )
    execution = durable.finished({}, "idle")
    assert kinds(execution).count("InvocationCompleted") == 3
    assert execution.error["ErrorMessage"].startswith("Cannot return PENDING status")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "context.step(lambda c: 'x' * 300_000)",
            "STEP output payload size must be less than or equal to 262144 bytes.",
        ),
        (
            "context.invoke('double', 'x' * 2_000_000)",
            "CHAINED_INVOKE input payload size must be less than or equal to 1048576 bytes.",
        ),
    ],
    ids=["a step's result", "an input"],
)
def test_what_passes_a_limit_ends_the_execution_with_the_limit(durable, lines, words):
    text = SDK + f"def handler(event, context):\n    return len({lines})\n"
    durable.function(text, "greedy", durable=(9_000.0, 1), timeout_s=900.0)
    status, error = result_of(durable.finished({}, "greedy"))
    assert status == "FAILED"
    assert "InvalidParameterValueException" in error["ErrorMessage"]
    assert words in error["ErrorMessage"]


def test_an_execution_has_room_for_so_many_operations_and_bytes(durable):
    def checkpoint(execution, names, payload):
        step = {"Type": "STEP", "Action": "SUCCEED", "Payload": payload}
        durable.client.checkpoint_durable_execution(
            DurableExecutionArn=execution.started.arn,
            CheckpointToken=execution.token,
            Updates=[step | {"Id": str(name)} for name in names],
        )

    many, large = durable.start({"program": []}), durable.start({"program": []})
    checkpoint(many, range(2_999), "")
    with pytest.raises(ClientError, match=r"maximum of 3,000 operations"):
        checkpoint(many, [2_999], "")
    for number in range(403):
        checkpoint(large, [number], "x" * 260_000)
    with pytest.raises(ClientError, match=r"maximum of 104,857,600 bytes written"):
        checkpoint(large, [403], "x" * 260_000)
    assert (many.counted, len(many.operations), large.counted) == (3_000, 3_000, 404)


def test_a_result_that_is_too_large_fails_the_invoke_alone(durable):
    durable.function("def handler(e, c): return 'x' * 2_000_000", "large")
    execution = durable.finished({"program": [["invoke", "large", 1]]})
    ((kind, _, text),) = json.loads(execution.result)
    assert (kind, text) == (
        "InvokeError",
        "CHAINED_INVOKE output payload size must be less than or equal to 1048576 bytes.",
    )


def test_a_throttled_function_is_invoked_when_there_is_room(durables):
    cloud = durables(lambda_account_concurrency=1)
    execution = cloud.finished({"program": [["over", 3, True, [["invoke", "double", 1]], 3]]})
    assert result_of(execution) == ("SUCCEEDED", [[[2]] * 3])


def test_an_old_token_is_refused(durable):
    execution = durable.start({"program": [["wait", 9]]})
    token = execution.token
    durable.toy.run(until_s=5)
    for call in (
        durable.client.checkpoint_durable_execution,
        durable.client.get_durable_execution_state,
    ):
        with pytest.raises(ClientError, match="Invalid checkpoint token"):
            call(DurableExecutionArn=execution.started.arn, CheckpointToken=token)


def test_state_and_history_come_in_pages(durable):
    execution = durable.start({"program": [["step", 1, 0, 1]] * 5 + [["wait", 9]]})
    durable.toy.run(until_s=5)
    arn, found, marker = execution.started.arn, [], {}
    while marker is not None:
        page = durable.client.get_durable_execution_state(
            DurableExecutionArn=arn, CheckpointToken=execution.token, MaxItems=3, **marker
        )
        found += [one["Id"] for one in page["Operations"]]
        marker = {"Marker": page["NextMarker"]} if "NextMarker" in page else None
    assert found == list(execution.operations)
    history = durable.client.get_durable_execution_history
    events = history(DurableExecutionArn=arn, MaxItems=4, ReverseOrder=True)
    assert [one["EventType"] for one in events["Events"]] == kinds(execution)[::-1][:4]
    whole = history(DurableExecutionArn=arn, IncludeExecutionData=True)["Events"]
    assert [one["EventId"] for one in whole] == list(range(1, len(whole) + 1))
    assert whole[2]["StepSucceededDetails"]["Result"] == {"Payload": "1"}


def test_an_event_that_names_a_durable_function_starts_an_execution(durables):
    cloud, answers = durables(), []
    cloud.executions.invoke("program", {"program": [["wait", 5]]}, answers.append, 1.0)
    cloud.executions.invoke("double", {"value": 2}, answers.append, 1.0)
    cloud.toy.run()
    assert [(one.error, one.payload) for one in answers] == [(None, None), (None, 4)]
    ((execution),) = cloud.executions.executions.values()
    assert (execution.status, cloud.executions.running) == ("SUCCEEDED", 0)


@pytest.mark.parametrize(
    ("program", "status"),
    [([["wait", 5]], "SUCCEEDED"), ([["wait", 90_000]], "TIMED_OUT"), ([["unknown"]], "FAILED")],
)
def test_the_event_of_an_execution_that_did_not_succeed_goes_to_the_dead_letters(
    durables, program, status
):
    cloud, event = durables(), {"program": program}
    spec = cloud.toy.service.functions["program"].spec
    cloud.toy.service.functions["program"].spec = replace(spec, dead_letters="arn:dead")
    cloud.executions.invoke("program", event, lambda result: None, 1.0, "b-1")
    cloud.toy.run()
    ((execution),) = cloud.executions.executions.values()
    assert (execution.started.name, execution.status) == ("b-1", status)
    assert cloud.dead_letters == ([] if status == "SUCCEEDED" else [("arn:dead", event)])


def test_a_durable_function_is_invoked_by_a_version_or_an_alias_only(durable):
    execution = durable.finished({"program": [["invoke", "nested", {"program": []}]]})
    error = ["InvokeError", "InvalidParameterValueException", UNQUALIFIED]
    assert result_of(execution) == ("SUCCEEDED", [error])


def test_more_starts_than_a_region_may_have_in_a_second_are_throttled(durable):
    answers = []
    for number in range(301):
        durable.executions.invoke("program", {"program": [], "n": number}, answers.append, 1.0)
    durable.toy.run(until_s=1.0)
    assert [one.error for one in answers] == [None] * 300 + ["Lambda.TooManyRequestsException"]


def test_a_run_is_the_same_every_time(durables):
    program = [["over", 3, True, [["invoke", "double", 1], ["step", 1, 1, 2]], 5], ["wait", 3]]

    def history():
        cloud = durables(durable_invoke=50, durable_checkpoint=25)
        execution = cloud.finished({"program": program})
        cloud.toy.cloud.close()
        return execution.history, cloud.toy.meter.frame().to_csv()

    assert history() == history()
