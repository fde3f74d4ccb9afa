"""What this interpreter does not know is refused by name, before anything runs."""

from copy import deepcopy

import pytest

from workbench.errors import BadInput
from workbench.targets.local.stepfunctions.validate import validate

DEFINITION = {
    "StartAt": "Ask",
    "TimeoutSeconds": 60,
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload": {"id.$": "$$.Execution.Id"}},
            "Retry": [{"ErrorEquals": ["A"], "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}],
            "Next": "Which?",
        },
        "Which?": {
            "Type": "Choice",
            "Choices": [{"Not": {"Variable": "$.a", "IsPresent": True}, "Next": "Each"}],
            "Default": "Split",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.list",
            "ItemProcessor": {
                "StartAt": "One",
                "States": {"One": {"Type": "Wait", "Seconds": 1, "End": True}},
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
                "States": {"Work": {"Type": "Pass", "End": True}},
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": "b", "Prefix": "p"},
                "WriterConfig": {"Transformation": "NONE", "OutputType": "JSON"},
            },
            "Label": "Split",
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": "t", "Message.$": "States.JsonToString($)"},
            "End": True,
        },
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


def test_a_definition_of_known_fields_is_taken():
    validate("m", DEFINITION)


ASK = ("States", "Ask")
WHICH = ("States", "Which?", "Choices", 0)
SPLIT = ("States", "Split")


@pytest.mark.parametrize(
    ("where", "value", "state", "field"),
    [
        (("StartAt",), "Nowhere", "", "StartAt"),
        (("TimeoutSeconds",), -1, "", "TimeoutSeconds"),
        (("QueryLanguage",), "JSONata", "", "QueryLanguage"),
        (("Processor",), 1, "", "Processor"),
        ((*ASK, "Type"), "Parallel", "Ask", "Type"),
        ((*ASK, "HeartbeatSeconds"), 5, "Ask", "HeartbeatSeconds"),
        ((*ASK, "Assign"), {}, "Ask", "Assign"),
        ((*ASK, "Resource"), "arn:aws:states:::sqs:sendMessage", "Ask", "Resource"),
        ((*ASK, "Resource"), ..., "Ask", "Resource"),
        ((*ASK, "Next"), "Nowhere", "Ask", "Next"),
        ((*ASK, "Next"), ..., "Ask", "Next"),
        ((*ASK, "End"), True, "Ask", "Next"),
        ((*ASK, "Parameters", "Qualifier"), "1", "Ask", "Parameters.Qualifier"),
        ((*ASK, "Parameters", "FunctionName"), ..., "Ask", "Parameters.FunctionName"),
        ((*ASK, "Parameters", "Payload", "x.$"), "$..a", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "x.$"), "States.UUID()", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "Parameters", "Payload", "x.$"), "$$.Task.Token", "Ask", "Parameters.Payload.x.$"),
        ((*ASK, "ResultPath"), "$.a[*]", "Ask", "ResultPath"),
        ((*ASK, "ResultPath"), "$$.Execution", "Ask", "ResultPath"),
        ((*ASK, "InputPath"), 5, "Ask", "InputPath"),
        ((*ASK, "Retry", 0, "Forever"), True, "Ask", "Retry[0].Forever"),
        ((*ASK, "Retry", 0, "JitterStrategy"), "HALF", "Ask", "Retry[0].JitterStrategy"),
        ((*ASK, "Retry", 0, "ErrorEquals"), ["States.ALL", "A"], "Ask", "Retry[0].ErrorEquals"),
        ((*ASK, "Catch", 0, "Next"), "Nowhere", "Ask", "Catch.Next"),
        ((*ASK, "Catch", 0, "ErrorEquals"), ..., "Ask", "Catch[0].ErrorEquals"),
        ((*WHICH, "Not", "IsNull"), True, "Which?", "Choices[0].Not.IsNull"),
        ((*WHICH, "Not", "IsPresent"), "yes", "Which?", "Choices[0].Not.IsPresent"),
        ((*WHICH, "And"), [], "Which?", "Choices[0]"),
        ((*WHICH, "Next"), "Nowhere", "Which?", "Choices.Next"),
        (("States", "Which?", "Default"), "Nowhere", "Which?", "Default"),
        (("States", "Each", "Label"), "x", "Each", "Label"),
        (("States", "Each", "Iterator"), {}, "Each", "Iterator"),
        (("States", "Each", "ItemProcessor", "States", "One", "Seconds"), ..., "One", "Seconds"),
        ((*SPLIT, "ItemReader", "Resource"), "arn:aws:states:::s3:getObject", "Split",
         "ItemReader.Resource"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "InputType"), "CSV", "Split",
         "ItemReader.ReaderConfig.InputType"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "Transformation"), ..., "Split",
         "ItemReader.ReaderConfig.Transformation"),
        ((*SPLIT, "ItemReader", "ReaderConfig", "MaxItems"), 5, "Split",
         "ItemReader.ReaderConfig.MaxItems"),
        ((*SPLIT, "ItemReader", "Parameters", "Key"), "k", "Split", "ItemReader.Parameters.Key"),
        ((*SPLIT, "ItemBatcher"), {"BatchInput": {}}, "Split", "ItemBatcher"),
        ((*SPLIT, "ItemBatcher", "BatchInput", "x.$"), "a", "Split", "ItemBatcher.BatchInput.x.$"),
        ((*SPLIT, "ItemProcessor", "ProcessorConfig", "ExecutionType"), "FAST", "Split",
         "ProcessorConfig.ExecutionType"),
        ((*SPLIT, "ItemProcessor", "ProcessorConfig", "Mode"), "INLINE", "Split", "ItemReader"),
        ((*SPLIT, "ResultWriter", "WriterConfig", "Transformation"), "FLATTEN", "Split",
         "ResultWriter.WriterConfig.Transformation"),
        ((*SPLIT, "ToleratedFailurePercentage"), "all", "Split", "ToleratedFailurePercentage"),
        (("States", "Tell", "Parameters", "PhoneNumber"), "1", "Tell", "Parameters.PhoneNumber"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_by_state_and_field(where, value, state, field):
    with pytest.raises(BadInput) as refused:
        validate("m", changed(where, value))
    text = str(refused.value)
    assert text.startswith(f"state machine 'm'{f', state {state!r}' if state else ''}, ")
    assert f"field {field!r}:" in text


def test_a_number_stands_not_beside_its_path():
    definition = changed((*SPLIT, "MaxConcurrency"), 5)
    definition["States"]["Split"]["MaxConcurrencyPath"] = "$.n"
    with pytest.raises(BadInput, match="'MaxConcurrency': stands beside its path"):
        validate("m", definition)
