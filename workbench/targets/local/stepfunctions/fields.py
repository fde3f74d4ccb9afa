"""Every field that this interpreter knows, by type of state and by the object it stands in."""

_COMMON = {"Type", "Comment", "QueryLanguage"}
_FLOW = {"Next", "End"}
_PATHS = {"InputPath", "OutputPath"}
_RESULT = {"ResultPath", "ResultSelector"}
_ERRORS = {"Retry", "Catch"}

MACHINE = {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"}
PROCESSOR = {"Comment", "ProcessorConfig", "StartAt", "States"}
STATES = {
    "Pass": _COMMON | _FLOW | _PATHS | {"Parameters", "Result", "ResultPath"},
    "Succeed": _COMMON | _PATHS,
    "Fail": _COMMON | {"Error", "Cause"},
    "Wait": _COMMON | _FLOW | _PATHS | {"Seconds"},
    "Choice": _COMMON | _PATHS | {"Choices", "Default"},
    "Task": _COMMON
    | _FLOW
    | _PATHS
    | _RESULT
    | _ERRORS
    | {"Resource", "Parameters", "TimeoutSeconds"},
}
INLINE_MAP = (
    _COMMON
    | _FLOW
    | _PATHS
    | _RESULT
    | _ERRORS
    | {"ItemProcessor", "ItemsPath", "ItemSelector", "MaxConcurrency", "MaxConcurrencyPath"}
)
DISTRIBUTED_MAP = INLINE_MAP | {
    "ItemBatcher",
    "ItemReader",
    "Label",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
}
# An object's fields, and those of them that it must have.
OBJECTS: dict[str, tuple[set[str], set[str]]] = {
    "ItemBatcher": (
        {
            "BatchInput",
            "MaxInputBytesPerBatch",
            "MaxInputBytesPerBatchPath",
            "MaxItemsPerBatch",
            "MaxItemsPerBatchPath",
        },
        set(),
    ),
    "ItemReader": ({"Parameters", "ReaderConfig", "Resource"},) * 2,
    "ResultWriter": ({"Parameters", "Resource", "WriterConfig"}, {"Parameters", "Resource"}),
    "Retry": (
        {
            "BackoffRate",
            "Comment",
            "ErrorEquals",
            "IntervalSeconds",
            "JitterStrategy",
            "MaxAttempts",
            "MaxDelaySeconds",
        },
        {"ErrorEquals"},
    ),
    "Catch": ({"Comment", "ErrorEquals", "Next", "ResultPath"}, {"ErrorEquals", "Next"}),
}
# The only values of some fields; a field that may be left out has AWS's default among them.
VALUES: dict[str, tuple[str, ...]] = {
    "QueryLanguage": ("JSONPath",),
    "JitterStrategy": ("FULL", "NONE"),
    "ItemReader.Resource": ("arn:aws:states:::s3:listObjectsV2",),
    "ItemReader.ReaderConfig.InputType": ("JSONL",),
    "ItemReader.ReaderConfig.Transformation": ("LOAD_AND_FLATTEN",),
    "ResultWriter.Resource": ("arn:aws:states:::s3:putObject",),
    "ResultWriter.WriterConfig.OutputType": ("JSON",),
    "ResultWriter.WriterConfig.Transformation": ("NONE",),
    "ProcessorConfig.Mode": ("INLINE", "DISTRIBUTED"),
    "ProcessorConfig.ExecutionType": ("EXPRESS", "STANDARD"),
}
# Parameters of a resource: those it may have, and those it must have.
PARAMETERS: dict[str, tuple[set[str], set[str]]] = {
    "arn:aws:states:::lambda:invoke": ({"FunctionName", "Payload"}, {"FunctionName"}),
    "arn:aws:states:::sns:publish": (
        {"Message", "Subject", "TopicArn"},
        {"Message", "TopicArn"},
    ),
    "arn:aws:states:::s3:listObjectsV2": ({"Bucket", "Prefix"}, {"Bucket"}),
    "arn:aws:states:::s3:putObject": ({"Bucket", "Prefix"}, {"Bucket"}),
}
# What the context object holds, as paths from `$$`; everything below Input and Value may be read.
CONTEXT = (
    ("Execution", "Id"),
    ("Execution", "Input"),
    ("Execution", "Name"),
    ("Execution", "StartTime"),
    ("Map", "Item", "Index"),
    ("Map", "Item", "Value"),
    ("State", "EnteredTime"),
    ("State", "Name"),
    ("State", "RetryCount"),
    ("StateMachine", "Id"),
    ("StateMachine", "Name"),
)
