"""Templates of data, as in Parameters, filled in from a state's data and the context object."""

from typing import Any

from workbench.targets.local.stepfunctions import intrinsics, paths


def fill(template: Any, data: Any, context: dict[str, Any]) -> Any:
    """A template with the value of every `name.$` put in its place."""
    if isinstance(template, list):
        return [fill(element, data, context) for element in template]
    if not isinstance(template, dict):
        return template
    return dict(_field(key, value, data, context) for key, value in template.items())


def _field(key: str, value: Any, data: Any, context: dict[str, Any]) -> tuple[str, Any]:
    if not key.endswith(".$"):
        return key, fill(value, data, context)
    if value.startswith("$"):
        return key[:-2], paths.read(value, data, context)
    return key[:-2], intrinsics.evaluate(value, data, context)
