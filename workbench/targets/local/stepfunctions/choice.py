"""The rules of a Choice state."""

from collections.abc import Callable
from typing import Any

from workbench.targets.local.stepfunctions import paths
from workbench.targets.local.stepfunctions.failures import RUNTIME, StateFailed


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What a variable is compared with, by operator; a variable of another type just does not match.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "BooleanEquals": lambda value, wanted: isinstance(value, bool) and value == wanted,
    "StringEquals": lambda value, wanted: isinstance(value, str) and value == wanted,
    "NumericEquals": lambda value, wanted: _is_number(value) and value == wanted,
    "NumericGreaterThan": lambda value, wanted: _is_number(value) and value > wanted,
}
OPERANDS: dict[str, type | tuple[type, ...]] = {
    "BooleanEquals": bool,
    "StringEquals": str,
    "NumericEquals": (int, float),
    "NumericGreaterThan": (int, float),
    "IsPresent": bool,
}
COMBINATIONS = ("And", "Or", "Not")


def choose(state: dict[str, Any], data: Any, context: dict[str, Any]) -> str:
    """The next state's name: the first rule that holds, else the default."""
    for rule in state["Choices"]:
        if holds(rule, data, context):
            return rule["Next"]
    if "Default" in state:
        return state["Default"]
    raise StateFailed(RUNTIME, "no rule of the Choice state holds, and it has no default")


def holds(rule: dict[str, Any], data: Any, context: dict[str, Any]) -> bool:
    """Whether a rule holds. A variable that is missing is an error, but for IsPresent."""
    if "And" in rule:
        return all(holds(part, data, context) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, data, context) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, context)
    if "IsPresent" in rule:
        return paths.exists(rule["Variable"], data, context) == rule["IsPresent"]
    value = paths.read(rule["Variable"], data, context)
    operator = next(name for name in OPERATORS if name in rule)
    return OPERATORS[operator](value, rule[operator])
