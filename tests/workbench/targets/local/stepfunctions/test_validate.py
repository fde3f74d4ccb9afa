"""What this interpreter does not know is refused by name, before anything runs."""

from copy import deepcopy

import pytest

from workbench.errors import BadInput
from workbench.targets.local.stepfunctions.validate import validate

RETRY = {"ErrorEquals": ["A"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 2}
WORK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "OutputPath": "$.Payload",
    "End": True,
}
DEFINITION = {
    "StartAt": "Ask",
    "TimeoutSeconds": 60,
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"id.$": "$$.Execution.Id"}},
            "Retry": [RETRY | {"JitterStrategy": "FULL", "MaxDelaySeconds": 5}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}],
            "Next": "Which?",
        },
        "Which?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "BooleanEquals": True, "Next": "Each"}],
            "Default": "No",
        },
        "No": {"Type": "Fail", "Error": "No", "Cause": "none"},
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.list",
            "ItemSelector": {"v.$": "$$.Map.Item.Value"},
            "MaxConcurrency": 40,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "One",
                "States": {"One": WORK},
            },
            "Next": "Split",
        },
        "Split": {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
                "Parameters": {"Bucket": "b", "Prefix.$": "$.prefix"},
            },
            "ItemBatcher": {"MaxItemsPerBatchPath": "$.size", "BatchInput": {"k.$": "$.k"}},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "Work",
                "States": {"Work": WORK},
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": "b", "Prefix": "p"},
            },
            "MaxConcurrencyPath": "$.at_once",
            "ToleratedFailurePercentage": 100,
            "Label": "Split",
            "ResultPath": None,
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": "t", "Message.$": "States.JsonToString($)"},
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def changed(where, value):
    """The definition with one place changed, or taken out where the value is `...`."""
    definition = deepcopy(DEFINITION)
    place = definition
    *steps, last = where
    for step in steps:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return definition


def test_a_definition_of_known_fields_is_accepted():
    validate("m", DEFINITION)


ASK = ("States", "Ask")
WHICH = ("States", "Which?", "Choices", 0)
EACH = ("States", "Each")
SPLIT = ("States", "Split")
CONFIG = ("ItemProcessor", "ProcessorConfig")


@pytest.mark.parametrize(
    ("where", "value", "states", "field"),
    [
        (("StartAt",), "Nowhere", "", "StartAt"),
        (("QueryLanguage",), "JSONata", "", "QueryLanguage"),
        ((*ASK, "Type"), "Parallel", "Ask", "Type"),
        ((*ASK, "Type"), "Pass", "Ask", "Type"),
        ((*ASK, "Type"), "Wait", "Ask", "Type"),
        ((*ASK, "HeartbeatSeconds"), 5, "Ask", "HeartbeatSeconds"),
        ((*ASK, "InputPath"), "$.a", "Ask", "InputPath"),
        ((*ASK, "ResultSelector"), {}, "Ask", "ResultSelector"),
        ((*ASK, "ResultPath"), "$.a", "Ask", "ResultPath"),
        ((*ASK, "OutputPath"), "$.a[0]", "Ask", "OutputPath"),
        ((*ASK, "OutputPath"), None, "Ask", "OutputPath"),
        ((*ASK, "Resource"), "arn:aws:states:::sqs:sendMessage", "Ask", "Resource"),
        ((*ASK, "Resource"), "arn:aws:lambda:us-east-1:1:function:f", "Ask", "Resource"),
        ((*ASK, "Resource"), ..., "Ask", "Resource"),
        ((*ASK, "Next"), "Nowhere", "Ask", "Next"),
        ((*ASK, "Next"), ..., "Ask", "Next"),
        ((*ASK, "End"), True, "Ask", "Next"),
        ((*ASK, "Parameters", "Qualifier"), "1", "Ask", "Parameters.Qualifier"),
        ((*ASK, "Parameters", "FunctionName"), ..., "Ask", "Parameters.FunctionName"),
        ((*ASK, "Parameters", "Payload", "x.$"), "$..a", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "x.$"), "$.a[*]", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "x.$"), "States.UUID()", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "x.$"), "$$.Task.Token", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "l"), [{"x.$": 1}], "Ask", "Parameters.Payload.l.x.$"),
        ((*ASK, "Retry", 0, "Forever"), True, "Ask", "Retry.Forever"),
        ((*ASK, "Retry", 0, "MaxAttempts"), ..., "Ask", "Retry.MaxAttempts"),
        ((*ASK, "Retry", 0, "JitterStrategy"), "NONE", "Ask", "Retry.JitterStrategy"),
        ((*ASK, "Catch", 0, "Next"), "Nowhere", "Ask", "Catch.Next"),
        ((*ASK, "Catch", 0, "ErrorEquals"), ..., "Ask", "Catch.ErrorEquals"),
        ((*ASK, "Catch", 0, "ResultPath"), "$.a.b", "Ask", "Catch.ResultPath"),
        ((*WHICH, "StringEquals"), "a", "Which?", "Choices.StringEquals"),
        ((*WHICH, "BooleanEquals"), ..., "Which?", "Choices.BooleanEquals"),
        ((*WHICH, "Variable"), "$.a[0]", "Which?", "Choices.Variable"),
        ((*WHICH, "Next"), "Nowhere", "Which?", "Choices.Next"),
        (("States", "Which?", "Default"), ..., "Which?", "Default"),
        (("States", "Which?", "Default"), "Nowhere", "Which?", "Default"),
        ((*EACH, "Label"), "x", "Each", "Label"),
        ((*EACH, "ItemSelector"), ..., "Each", "ItemSelector"),
        ((*EACH, *CONFIG, "Mode"), "DISTRIBUTED", "Each", "ItemsPath"),
        ((*EACH, *CONFIG, "ExecutionType"), "EXPRESS", "Each",
         "ItemProcessor.ProcessorConfig.ExecutionType"),
        ((*EACH, "ItemProcessor", "StartAt"), "Nowhere", "Each", "ItemProcessor.StartAt"),
        ((*EACH, "ItemProcessor", "States", "One", "Assign"), {}, "Each One", "Assign"),
        ((*SPLIT, "ItemSelector"), {}, "Split", "ItemSelector"),
        ((*SPLIT, "MaxConcurrency"), 5, "Split", "MaxConcurrency"),
        ((*SPLIT, "ToleratedFailureCount"), 5, "Split", "ToleratedFailureCount"),
        ((*SPLIT, "ItemReader"), ..., "Split", "ItemReader"),
        ((*SPLIT, "ItemReader", "Resource"), "arn:aws:states:::s3:getObject", "Split",
         "ItemReader.Resource"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "InputType"), "CSV", "Split",
         "ItemReader.ReaderConfig.InputType"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "Transformation"), ..., "Split",
         "ItemReader.ReaderConfig.Transformation"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "MaxItems"), 5, "Split",
         "ItemReader.ReaderConfig.MaxItems"),
        ((*SPLIT, "ItemReader", "Parameters", "Key"), "k", "Split", "ItemReader.Parameters.Key"),
        ((*SPLIT, "ItemBatcher", "MaxInputBytesPerBatch"), 9, "Split",
         "ItemBatcher.MaxInputBytesPerBatch"),
        ((*SPLIT, "ItemBatcher", "BatchInput", "x.$"), "a", "Split", "ItemBatcher.BatchInput.x.$"),
        ((*SPLIT, *CONFIG, "ExecutionType"), "FAST", "Split",
         "ItemProcessor.ProcessorConfig.ExecutionType"),
        ((*SPLIT, *CONFIG, "ExecutionType"), ..., "Split",
         "ItemProcessor.ProcessorConfig.ExecutionType"),
        ((*SPLIT, *CONFIG, "Mode"), "FAST", "Split", "ItemProcessor.ProcessorConfig.Mode"),
        ((*SPLIT, "ResultWriter", "WriterConfig"), {}, "Split", "ResultWriter.WriterConfig"),
        (("States", "Tell", "Parameters", "Subject"), "1", "Tell", "Parameters.Subject"),
    ],
)  # fmt: skip
def test_what_is_not_run_here_is_refused_by_state_and_field(where, value, states, field):
    with pytest.raises(BadInput) as refused:
        validate("m", changed(where, value))
    place = "".join(f", state {name!r}" for name in states.split())
    assert str(refused.value).startswith(f"state machine 'm'{place}, field {field!r}: ")
