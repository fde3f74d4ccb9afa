"""Which updates of operations are valid, and why not: AWS's testing SDK says the same of each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.targets.local.lambda_.durable.operations import (
    ACTIONS,
    TERMINAL,
    changed,
    check,
    due_s,
    shown,
    whole_ms,
)
from workbench.targets.local.runtime.service import NotKnown, Refused

sdk = pytest.importorskip("aws_durable_execution_sdk_python.lambda_service")
testing = pytest.importorskip(
    "aws_durable_execution_sdk_python_testing.checkpoint.validators.checkpoint"
)
model = pytest.importorskip("aws_durable_execution_sdk_python_testing.model")
execution = pytest.importorskip("aws_durable_execution_sdk_python_testing.execution")
exceptions = pytest.importorskip("aws_durable_execution_sdk_python_testing.exceptions")

IDS = st.sampled_from("abc")
KINDS = st.sampled_from([*ACTIONS])
FIRST = {"DurableExecutionArn": "arn/e"}
known = st.dictionaries(
    IDS,
    st.fixed_dictionaries(
        {
            "Type": st.sampled_from(["STEP", "CONTEXT", "WAIT", "CHAINED_INVOKE"]),
            "Status": st.sampled_from(["STARTED", "PENDING", "READY", *sorted(TERMINAL)]),
        },
        optional={"Name": IDS, "ParentId": IDS},
    ),
)
updates = st.lists(
    st.fixed_dictionaries(
        {
            "Id": IDS,
            "Type": KINDS,
            "Action": st.sampled_from("START SUCCEED FAIL RETRY CANCEL".split()),
        },
        optional={
            "Name": IDS,
            "ParentId": IDS,
            "Payload": st.sampled_from(["1", "x" * 1_048_577]),
            "Error": st.sampled_from([{"ErrorMessage": "no"}, {"ErrorMessage": "x" * 40_000}]),
            "StepOptions": st.just({"NextAttemptDelaySeconds": 1}),
            "ChainedInvokeOptions": st.sampled_from(
                [{"FunctionName": "work"}, {"FunctionName": "work:1"}, {"FunctionName": "a b"}]
            ),
        },
    ),
    max_size=4,
)


def said_by_aws(operations, given):
    """What AWS's testing SDK refuses updates with, or nothing."""
    start = model.StartDurableExecutionInput(
        account_id="123456789012",
        function_name="f",
        function_qualifier="1",
        execution_name="n",
        execution_timeout_seconds=9,
        execution_retention_period_days=1,
        invocation_id="e",
    )
    there = [sdk.Operation.from_dict({"Id": one, **rest}) for one, rest in operations.items()]
    try:
        testing.CheckpointValidator.validate_input(
            [sdk.OperationUpdate.from_dict(one) for one in given],
            execution.Execution("arn/e", start, there),
        )
    except exceptions.InvalidParameterValueException as error:
        return f"InvalidParameterValueException: {error}"
    return None


def said_here(operations, given):
    """What is refused here."""
    try:
        check(given, {one: {"Id": one, **rest} for one, rest in operations.items()})
    except Refused as refused:
        return f"{refused.code}: {refused}"
    return None


@given(known, updates)
@settings(max_examples=1_000, deadline=None)
def test_every_update_is_valid_or_refused_in_the_same_words(operations, given):
    ours = said_here(operations, given)
    if ours is None or "262144" not in ours:  # a limit that the testing SDK does not hold
        assert ours == said_by_aws(operations, given)


def test_a_callback_is_named_as_what_is_not_covered():
    with pytest.raises(NotKnown, match="CheckpointDurableExecution of a CALLBACK"):
        check([{"Id": "a", "Type": "CALLBACK", "Action": "START"}], {})


def test_a_retry_is_due_when_its_delay_is_over_and_is_one_attempt_more():
    step = {"Id": "a", "Type": "STEP", "Name": "work"}
    started = changed(step | {"Action": "START"}, None, 1.0)
    options = {"StepOptions": {"NextAttemptDelaySeconds": 5}, "Error": {"ErrorMessage": "no"}}
    again = changed(step | {"Action": "RETRY"} | options, started, 2.0004)
    assert again == {
        "Id": "a",
        "Type": "STEP",
        "Name": "work",
        "StartTimestamp": 1.0,
        "Status": "PENDING",
        "StepDetails": {
            "Attempt": 1,
            "NextAttemptTimestamp": 7.001,
            "Error": {"ErrorMessage": "no"},
        },
    }
    assert (due_s(again), due_s(started)) == (7.001, None)
    assert shown(again, round)["StepDetails"]["NextAttemptTimestamp"] == 7
    assert whole_ms(7.001) == 7.001
