"""A definition checked whole before anything runs: what is not known is refused by name."""

from collections.abc import Collection
from typing import Any, NoReturn

from workbench.errors import BadInput
from workbench.targets.local.stepfunctions import fields, intrinsics, paths
from workbench.targets.local.stepfunctions.choice import COMBINATIONS, OPERANDS
from workbench.targets.local.stepfunctions.failures import ALL
from workbench.targets.local.stepfunctions.tasks import FUNCTION_PREFIX, INVOKE, PUBLISH

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
_NUMBERS = (
    "BackoffRate",
    "IntervalSeconds",
    "MaxAttempts",
    "MaxConcurrency",
    "MaxDelaySeconds",
    "MaxInputBytesPerBatch",
    "MaxItemsPerBatch",
    "Seconds",
    "TimeoutSeconds",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
)
_NAMES = ("Next", "Default")


def validate(machine: str, definition: dict[str, Any]) -> None:
    """Refuse a definition that this interpreter would not run as AWS does."""
    top = _Place(machine, "")
    top.fields(definition, fields.MACHINE, {"StartAt", "States"})
    top.values(definition)
    _check_block(machine, definition)


class _Place:
    """Where in a definition the check is, for the errors."""

    def __init__(self, machine: str, state: str) -> None:
        self._machine = machine
        self._state = state

    def refuse(self, field: str, why: str) -> NoReturn:
        """Say what is wrong where, and what to do."""
        state = f", state {self._state!r}" if self._state else ""
        raise BadInput(
            f"state machine {self._machine!r}{state}, field {field!r}: {why}. "
            "Change the definition, or teach workbench/targets/local/states the field."
        )

    def fields(
        self, given: Any, known: Collection[str], needed: Collection[str], inside: str = ""
    ) -> None:
        """Hold an object to its fields."""
        if not isinstance(given, dict):
            self.refuse(inside, f"{given!r} is no object")
        for field in given:
            if field not in known:
                self.refuse(f"{inside}.{field}".lstrip("."), "is not known here")
        for field in needed:
            if field not in given:
                self.refuse(f"{inside}.{field}".lstrip("."), "is missing")

    def values(self, given: dict[str, Any], inside: str = "") -> None:
        """Hold the plain fields of an object to the values that they may have."""
        for field, value in given.items():
            name = f"{inside}.{field}".lstrip(".")
            allowed = fields.VALUES.get(name) or fields.VALUES.get(field)
            if allowed and value not in allowed:
                self.refuse(name, f"{value!r} is not {' or '.join(allowed)}")
            if field.endswith("Path") and value is not None:
                self.path(name, value)
            if field in _NUMBERS:
                self.number(name, value)
            if field in (*_TEMPLATES, "BatchInput"):
                self.template(name, value)

    def number(self, field: str, value: Any) -> None:
        """A number that is not negative."""
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            self.refuse(field, f"{value!r} is no number from 0 up")

    def path(self, field: str, value: Any) -> None:
        """A path that can be read; one that is written must name one place in the data."""
        try:
            context, steps = paths.parse(value)
            definite = paths.is_definite(value)
        except (ValueError, TypeError, AttributeError) as error:
            self.refuse(field, str(error))
        if field.endswith("ResultPath") and (context or not definite):
            self.refuse(field, f"{value!r} is not one place in the data")
        known = any(
            steps[: len(place)] == place or place[: len(steps)] == steps for place in fields.CONTEXT
        )
        if context and not known:
            self.refuse(field, f"{value!r} is nothing that the context object has here")

    def template(self, field: str, value: Any) -> None:
        """A template whose `name.$` fields are paths or calls of intrinsic functions."""
        if isinstance(value, list):
            for element in value:
                self.template(field, element)
        if not isinstance(value, dict):
            return
        for key, part in value.items():
            name = f"{field}.{key}"
            if not key.endswith(".$"):
                self.template(name, part)
            elif isinstance(part, str) and part.startswith("States."):
                self._call(name, part)
            else:
                self.path(name, part)

    def _call(self, field: str, text: str) -> None:
        try:
            read = intrinsics.paths_of(intrinsics.parse(text))
        except ValueError as error:
            self.refuse(field, str(error))
        for path in read:
            self.path(field, path)


def _check_block(machine: str, block: dict[str, Any]) -> None:
    """Every state of a block, and that each name leads to a state of it."""
    states = block["States"]
    if block["StartAt"] not in states:
        _Place(machine, "").refuse("StartAt", f"there is no state {block['StartAt']!r}")
    for name, state in states.items():
        place = _Place(machine, name)
        _check_state(place, machine, state)
        for field, target in _targets(state):
            if target not in states:
                place.refuse(field, f"there is no state {target!r}")


def _check_state(place: _Place, machine: str, state: dict[str, Any]) -> None:
    kind = state.get("Type")
    if kind == "Map":
        _check_map(place, machine, state)
    elif kind not in fields.STATES:
        place.refuse("Type", f"{kind!r} is none of Map, {', '.join(sorted(fields.STATES))}")
    else:
        place.fields(state, fields.STATES[kind], {"Resource"} if kind == "Task" else set())
    place.values(state)
    if "Next" in fields.STATES.get(kind, fields.INLINE_MAP) and ("Next" in state) == bool(
        state.get("End")
    ):
        place.refuse("Next", "a state has either Next or End")
    if kind == "Wait" and "Seconds" not in state:
        place.refuse("Seconds", "is missing")
    if kind == "Task":
        _check_task(place, state)
    if kind == "Choice":
        for number, rule in enumerate(state.get("Choices") or [{}]):
            _check_rule(place, rule, f"Choices[{number}]", top=True)
    for field in ("Retry", "Catch"):
        for number, entry in enumerate(state.get(field, [])):
            name = f"{field}[{number}]"
            place.fields(entry, *fields.OBJECTS[field], name)
            place.values(entry, name)
            last = number == len(state[field]) - 1
            if ALL in entry["ErrorEquals"] and (entry["ErrorEquals"] != [ALL] or not last):
                place.refuse(f"{name}.ErrorEquals", f"{ALL} stands alone and last")


def _check_task(place: _Place, state: dict[str, Any]) -> None:
    resource = state["Resource"]
    if resource.startswith(FUNCTION_PREFIX):
        return
    if resource not in (INVOKE, PUBLISH):
        place.refuse("Resource", f"{resource!r} is not called here")
    _check_parameters(place, state, resource, "")


def _check_parameters(place: _Place, given: dict[str, Any], resource: str, inside: str) -> None:
    """The parameters of a service, whether given as they are or by path."""
    bare = {key.removesuffix(".$"): 0 for key in given.get("Parameters", {})}
    place.fields(bare, *fields.PARAMETERS[resource], f"{inside}.Parameters".lstrip("."))


def _check_rule(place: _Place, rule: Any, inside: str, top: bool = False) -> None:
    """One rule of a Choice state, and the rules in it."""
    known = {"Variable", "Comment", *OPERANDS, *COMBINATIONS} | ({"Next"} if top else set())
    place.fields(rule, known, {"Next"} if top else set(), inside)
    used = [name for name in (*OPERANDS, *COMBINATIONS) if name in rule]
    if len(used) != 1:
        place.refuse(inside, f"a rule has one operator, not {len(used)}")
    operator = used[0]
    if operator in COMBINATIONS:
        parts = rule[operator] if isinstance(rule[operator], list) else [rule[operator]]
        for part in parts:
            _check_rule(place, part, f"{inside}.{operator}")
        return
    if not isinstance(rule[operator], OPERANDS[operator]):
        place.refuse(f"{inside}.{operator}", f"{rule[operator]!r} is of the wrong type")
    place.path(f"{inside}.Variable", rule.get("Variable"))


def _check_map(place: _Place, machine: str, state: dict[str, Any]) -> None:
    processor = state.get("ItemProcessor")
    place.fields(processor, fields.PROCESSOR, {"StartAt", "States"}, "ItemProcessor")
    config = processor.get("ProcessorConfig", {})
    distributed = config.get("Mode") == "DISTRIBUTED"
    needed = {"Mode", "ExecutionType"} if distributed else set()
    place.fields(config, {"Mode", "ExecutionType"}, needed, "ProcessorConfig")
    place.values(config, "ProcessorConfig")
    place.fields(state, fields.DISTRIBUTED_MAP if distributed else fields.INLINE_MAP, set())
    for field in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        if field in state and f"{field}Path" in state:
            place.refuse(field, "stands beside its path")
    for field in ("ItemReader", "ItemBatcher", "ResultWriter"):
        if field in state:
            _check_part(place, field, state[field])
    _check_block(machine, processor)


def _check_part(place: _Place, field: str, part: dict[str, Any]) -> None:
    """ItemReader, ItemBatcher or ResultWriter."""
    place.fields(part, *fields.OBJECTS[field], field)
    place.values(part, field)
    if field == "ItemBatcher":
        if not any(key.startswith("Max") for key in part):
            place.refuse(field, "has neither a number of items nor of bytes")
        return
    name = "ReaderConfig" if field == "ItemReader" else "WriterConfig"
    prefix = f"{field}.{name}"
    known = {key.rsplit(".", 1)[1] for key in fields.VALUES if key.startswith(prefix)}
    config = part.get(name, {})
    place.fields(config, known, known if name in part else set(), prefix)
    place.values(config, prefix)
    _check_parameters(place, part, part["Resource"], field)


def _targets(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Every name of a state that a state may go to."""
    named = [(field, state[field]) for field in _NAMES if field in state]
    for field in ("Catch", "Choices"):
        named += [(f"{field}.Next", entry["Next"]) for entry in state.get(field, [])]
    return named
