"""The states of the `sfn` machine, as Step Functions will read them."""

import pytest

THROTTLES = {
    "ErrorEquals": [
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
    ],
    "IntervalSeconds": 1,
    "MaxAttempts": 20,
    "BackoffRate": 2,
    "MaxDelaySeconds": 20,
    "JitterStrategy": "FULL",
}
ERRORS = {
    "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
    "IntervalSeconds": 2,
    "MaxAttempts": 2,
    "BackoffRate": 2,
}


@pytest.fixture
def states(sfn):
    return sfn.definition["States"]


def test_the_states_follow_one_another(sfn, states):
    assert sfn.definition["StartAt"] == "Start"
    assert {name: state.get("Next") for name, state in states.items()} == {
        "Start": "Owner?",
        "Owner?": None,
        "AlreadyStarted": None,
        "CreateItems": "Process",
        "Process": "Summarize",
        "Summarize": "Notify",
        "Notify": "Done",
        "Done": None,
        "NotifyNotStarted": "Failed",
        "NotifyFailure": "Failed",
        "Failed": None,
    }
    kinds = {name: states[name]["Type"] for name in ("AlreadyStarted", "Done", "Failed")}
    assert kinds == {"AlreadyStarted": "Succeed", "Done": "Succeed", "Failed": "Fail"}


def test_only_the_owner_goes_on(states):
    assert states["Owner?"] == {
        "Type": "Choice",
        "Choices": [{"Variable": "$.owner", "BooleanEquals": True, "Next": "CreateItems"}],
        "Default": "AlreadyStarted",
    }


def test_errors_of_the_batcher_and_the_map_are_caught(states):
    caught = {name: state["Catch"] for name, state in states.items() if "Catch" in state}
    everything = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error"}
    assert caught == {
        "Start": [everything | {"Next": "NotifyNotStarted"}],
        "CreateItems": [everything | {"Next": "NotifyFailure"}],
        "Process": [everything | {"Next": "NotifyFailure"}],
    }


def test_start_claims_the_batch_for_the_execution(states):
    assert states["Start"]["Parameters"] == {
        "FunctionName": "Batcher.Arn",
        "Payload": {"action": "start", "trigger.$": "$", "execution.$": "$$.Execution.Id"},
    }


def test_items_are_created_by_an_inline_map_over_the_segments(states):
    create = states["CreateItems"]
    segment = create.pop("ItemProcessor")
    create.pop("Catch")
    assert create == {
        "Type": "Map",
        "ItemsPath": "$.segments",
        "ItemSelector": {
            "action": "segment",
            "segment.$": "$$.Map.Item.Value",
            "batch.$": "$",
        },
        "MaxConcurrency": 40,
        "ResultPath": None,
        "Next": "Process",
    }
    assert segment["ProcessorConfig"] == {"Mode": "INLINE"}
    assert segment["States"]["CreateSegment"]["Parameters"] == {
        "FunctionName": "Batcher.Arn",
        "Payload.$": "$",
    }


def test_the_distributed_map_reads_batches_tolerates_and_writes(states):
    process = states["Process"]
    child = process.pop("ItemProcessor")
    process.pop("Catch")
    assert process == {
        "Type": "Map",
        "Label": "Process",
        "ItemReader": {
            "Resource": "arn:<AWS::Partition>:states:::s3:listObjectsV2",
            "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
            "Parameters": {"Bucket": "Bucket", "Prefix.$": "$.prefix"},
        },
        "ItemBatcher": {
            "MaxItemsPerBatchPath": "$.items_per_child",
            "BatchInput": {"batch_id.$": "$.batch_id", "knobs.$": "$.knobs"},
        },
        "MaxConcurrencyPath": "$.max_concurrency",
        "ToleratedFailurePercentage": 100,
        "ResultWriter": {
            "Resource": "arn:<AWS::Partition>:states:::s3:putObject",
            "Parameters": {"Bucket": "Bucket", "Prefix.$": "$.results"},
        },
        "ResultPath": None,
        "Next": "Summarize",
    }
    assert child["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}


def test_a_child_is_one_task_that_names_throttles_and_tries_twice(sfn, states):
    (child,) = states["Process"]["ItemProcessor"]["States"].values()
    again = ERRORS | {"MaxAttempts": 1, "BackoffRate": 1}
    assert child == {
        "Type": "Task",
        "Resource": "arn:<AWS::Partition>:states:::lambda:invoke",
        "Parameters": {"FunctionName": "Processor.Arn", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 116,
        "Retry": [THROTTLES | {"MaxAttempts": 6}, again],
        "End": True,
    }
    assert sfn.of_type("AWS::Lambda::Function")["Processor"]["Timeout"] == 111


def test_the_summary_words_the_notification_that_is_published(states):
    assert states["Summarize"]["Parameters"] == {
        "FunctionName": "Summary.Arn",
        "Payload": {"batch.$": "$", "entered_at.$": "$$.State.EnteredTime"},
    }
    assert states["Summarize"]["OutputPath"] == "$.Payload"
    assert states["Notify"]["Resource"] == "arn:<AWS::Partition>:states:::sns:publish"
    assert states["Notify"]["Parameters"] == {
        "TopicArn": "NoticesTopic",
        "Message.$": "States.JsonToString($)",
    }


def test_a_failure_is_told_with_its_reason(states):
    told = {
        "design": "sfn",
        "failed_at.$": "$$.State.EnteredTime",
        "reason.$": "States.JsonToString($.error)",
    }
    known = {"batch_id.$": "$.batch_id", "status": "failed", "items.$": "$.items"}
    unknown = {"batch_id.$": "$$.Execution.Name", "status": "not_started"}
    assert states["NotifyFailure"]["Parameters"]["Message"] == told | known
    assert states["NotifyNotStarted"]["Parameters"]["Message"] == told | unknown


@pytest.mark.parametrize(
    ("name", "timeout_s"), [("Start", 905), ("CreateSegment", 905), ("Summarize", 305)]
)
def test_every_other_function_is_waited_for_longer_than_it_may_run(states, name, timeout_s):
    tasks = states | states["CreateItems"]["ItemProcessor"]["States"]
    assert (tasks[name]["TimeoutSeconds"], tasks[name]["Retry"]) == (timeout_s, [THROTTLES, ERRORS])
