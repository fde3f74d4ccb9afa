"""What this interpreter does not run is refused by name, before anything runs.

The tables hold the fields that the deployed machine uses. That a definition is one at all (types
of values, names of fields of the language) is for the templates' own check, cfn-lint.
"""

import re
from typing import Any, NoReturn

from workbench.errors import BadInput
from workbench.targets.local.stepfunctions.data import JSON_TO_STRING, PATH
from workbench.targets.local.stepfunctions.states import INVOKE, PUBLISH

_TASK = "Type Resource Parameters TimeoutSeconds? OutputPath? ResultPath? Retry? Catch? Next? End?"
_MAP = "Type ItemProcessor ResultPath? Catch? Next? End?"
# The fields of a machine, of a state by its kind (see _kind), and of the objects in it; `?` marks
# what may be left out.
FIELDS = {
    "Machine": "StartAt States TimeoutSeconds?",
    INVOKE: _TASK,
    PUBLISH: _TASK,
    "INLINE": f"{_MAP} ItemsPath ItemSelector MaxConcurrency",
    "DISTRIBUTED": f"{_MAP} Label ItemReader ItemBatcher MaxConcurrencyPath "
    "ToleratedFailurePercentage? ResultWriter?",
    "Choice": "Type Choices Default",
    "Fail": "Type Error Cause",
    "Succeed": "Type",
    "Retry": "ErrorEquals IntervalSeconds MaxAttempts BackoffRate MaxDelaySeconds? JitterStrategy?",
    "Catch": "ErrorEquals ResultPath Next",
    "Choices": "Variable BooleanEquals Next",
    "ItemReader": "Resource ReaderConfig Parameters",
    "ReaderConfig": "InputType Transformation",
    "ItemBatcher": "MaxItemsPerBatchPath BatchInput",
    "ResultWriter": "Resource Parameters",
    "ItemProcessor": "ProcessorConfig StartAt States",
    "ProcessorConfig": "Mode ExecutionType?",
}
STATES = [INVOKE, PUBLISH, "INLINE", "DISTRIBUTED", "Choice", "Fail", "Succeed"]
S3_LIST, S3_PUT = "arn:aws:states:::s3:listObjectsV2", "arn:aws:states:::s3:putObject"
PARAMETERS = {
    INVOKE: ["FunctionName", "Payload"],
    PUBLISH: ["Message", "TopicArn"],
    S3_LIST: ["Bucket", "Prefix"],
    S3_PUT: ["Bucket", "Prefix"],
}
VALUES = {
    "JitterStrategy": ["FULL"],
    "ItemReader.Resource": [S3_LIST],
    "InputType": ["JSONL"],
    "Transformation": ["LOAD_AND_FLATTEN"],
    "ResultWriter.Resource": [S3_PUT],
    "ExecutionType": ["EXPRESS", "STANDARD"],
    "ResultPath": [None],  # of a state
}
CONTEXT = ["$$.Execution.Id", "$$.Execution.Name", "$$.Map.Item.Value", "$$.State.EnteredTime"]
TEMPLATES = ["Parameters", "ItemSelector", "BatchInput"]
_CONFIG = "ItemProcessor.ProcessorConfig."
_ONE_KEY = re.compile(r"\$\.[\w-]+")


def validate(machine: str, definition: dict[str, Any]) -> None:
    """Refuse a definition that this interpreter would not run as AWS does."""
    _check_object(f"state machine {machine!r}", "Machine", definition, "")


def _check_states(place: str, block: dict[str, Any], field: str) -> None:
    """The states of a block, and that each name leads to one of them."""
    targets = [(place, f"{field}StartAt", block["StartAt"])]
    for name, state in block["States"].items():
        within = f"{place}, state {name!r}"
        decides, kind = _kind(state)
        if kind not in STATES:
            _refuse(within, decides, f"{kind!r} is none of {', '.join(STATES)}")
        _check_object(within, kind, state, "")
        if "Next?" in FIELDS[kind] and ("Next" in state) == ("End" in state):
            _refuse(within, "Next", "a state has either Next or End")
        if "ItemProcessor" in state:
            known = ["Mode"] if kind == "INLINE" else ["Mode", "ExecutionType"]
            _check_names(within, known, state["ItemProcessor"]["ProcessorConfig"], _CONFIG)
        targets += [(within, key, state[key]) for key in ("Next", "Default") if key in state]
        for key in ("Catch", "Choices"):
            targets += [(within, f"{key}.Next", entry["Next"]) for entry in state.get(key, [])]
    for within, key, target in targets:
        if target not in block["States"]:
            _refuse(within, key, f"there is no state {target!r}")


def _kind(state: dict[str, Any]) -> tuple[str, Any]:
    """The field that decides what a state may have, and its value."""
    if state.get("Type") == "Task":
        return "Resource", state.get("Resource")
    if state.get("Type") == "Map":
        config = state.get("ItemProcessor", {}).get("ProcessorConfig", {})
        return f"{_CONFIG}Mode", config.get("Mode")
    return "Type", state.get("Type")


def _check_object(place: str, kind: str, given: dict[str, Any], field: str) -> None:
    """The names of an object's fields, their values, and the objects in it."""
    _check_names(place, FIELDS[kind].split(), given, field)
    for name, value in given.items():
        within = f"{field}{name}"
        if name == "States":
            _check_states(place, given, field)
        elif name in FIELDS:
            for entry in value if isinstance(value, list) else [value]:
                _check_object(place, name, entry, f"{within}.")
        elif name in TEMPLATES:
            _check_template(place, within, value)
        else:
            _check_value(place, within, value, f"{kind}.{name}", name)
    if "Parameters" in given:
        bare = {key.removesuffix(".$"): 0 for key in given["Parameters"]}
        _check_names(place, PARAMETERS[given["Resource"]], bare, f"{field}Parameters.")


def _check_names(place: str, known: list[str], given: dict[str, Any], field: str) -> None:
    for name in given:
        if name not in known and f"{name}?" not in known:
            _refuse(place, f"{field}{name}", "is not known here")
    for name in known:
        if not name.endswith("?") and name not in given:
            _refuse(place, f"{field}{name}", "is missing")


def _check_value(place: str, field: str, value: Any, *names: str) -> None:
    allowed = next((VALUES[name] for name in names if name in VALUES), None)
    if names[0] == "Catch.ResultPath":
        if not isinstance(value, str) or not _ONE_KEY.fullmatch(value):
            _refuse(place, field, f"{value!r} is not one key of the input, like $.error")
    elif allowed is not None:
        if value not in allowed:
            _refuse(place, field, f"{value!r} is not {' or '.join(map(str, allowed))}")
    elif field.endswith(("Path", "Variable")):
        _check_path(place, field, value)


def _check_template(place: str, field: str, value: Any) -> None:
    """A template whose `name.$` fields are paths, or States.JsonToString of one."""
    if isinstance(value, list):
        for element in value:
            _check_template(place, field, element)
    if not isinstance(value, dict):
        return
    for key, part in value.items():
        within = f"{field}.{key}"
        if not key.endswith(".$"):
            _check_template(place, within, part)
        elif isinstance(part, str) and (call := JSON_TO_STRING.fullmatch(part)):
            _check_path(place, within, call.group(1))
        else:
            _check_path(place, within, part)


def _check_path(place: str, field: str, value: Any) -> None:
    if not isinstance(value, str) or not PATH.fullmatch(value):
        _refuse(place, field, f"{value!r} is no path of keys, like $.a.b")
    if value.startswith("$$") and value not in CONTEXT:
        _refuse(place, field, f"{value!r} is none of {', '.join(CONTEXT)}")


def _refuse(place: str, field: str, why: str) -> NoReturn:
    raise BadInput(
        f"{place}, field {field!r}: {why}. Change the definition, or extend the interpreter in "
        "workbench/targets/local/stepfunctions."
    )
