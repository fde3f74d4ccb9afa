"""Paths into JSON: the part of JSONPath that a state machine needs, read and written.

A path is `$` (the state's data) or `$$` (the context object), then keys (`.name`, `['any name']`),
indices (`[0]`) and `[*]`. Slices, filters and `..` are refused.
"""

import re
from functools import lru_cache
from typing import Any

from workbench.targets.local.stepfunctions.failures import (
    RESULT_PATH_MISMATCH,
    RUNTIME,
    StateFailed,
)

EVERY = None  # the step `[*]`
Step = str | int | None
_STEP = re.compile(r"""\.([\w-]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]|(\[\*\])""")
_CLIP = 200  # characters of data shown in a cause


@lru_cache(maxsize=4096)
def parse(path: str) -> tuple[bool, tuple[Step, ...]]:
    """Whether a path starts at the context object, and its steps; ValueError if it is none."""
    if not path.startswith("$"):
        raise ValueError(f"{path!r} is no path: it must begin with $")
    context = path.startswith("$$")
    position, steps = 2 if context else 1, []
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise ValueError(
                f"path {path!r}: {path[position:]!r} is not understood; keys, indices and [*] are"
            )
        name, single, double, index, every = found.groups()
        key = next((k for k in (name, single, double) if k is not None), None)
        steps.append(key if key is not None else EVERY if every else int(index))
        position = found.end()
    return context, tuple(steps)


def is_definite(path: str) -> bool:
    """Whether a path names one place."""
    return EVERY not in parse(path)[1]


def read(path: str | None, data: Any, context: dict[str, Any]) -> Any:
    """What lies at a path; the path None is the empty object, as in `"InputPath": null`."""
    if path is None:
        return {}
    from_context, steps = parse(path)
    try:
        return _follow(context if from_context else data, steps)
    except (KeyError, IndexError, TypeError):
        shown = str(context if from_context else data)[:_CLIP]
        raise StateFailed(RUNTIME, f"the path {path!r} is not in the input {shown}") from None


def exists(path: str, data: Any, context: dict[str, Any]) -> bool:
    """Whether anything lies at a path, be it null."""
    try:
        read(path, data, context)
    except StateFailed:
        return False
    return True


def _follow(value: Any, steps: tuple[Step, ...]) -> Any:
    for number, step in enumerate(steps):
        if step is EVERY:
            elements = value.values() if isinstance(value, dict) else value
            return [_follow(element, steps[number + 1 :]) for element in elements]
        if isinstance(step, str) != isinstance(value, dict):
            raise TypeError("a key wants an object, an index an array")
        value = value[step]
    return value


def write(path: str | None, data: Any, value: Any) -> Any:
    """`data` with `value` at a path, as `ResultPath` does it; `data` itself is left alone.

    The path None drops the value. Missing objects on the way are made.
    """
    if path is None:
        return data
    steps = parse(path)[1]
    return _placed(path, data, steps, value)


def _placed(path: str, data: Any, steps: tuple[Step, ...], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, str) and isinstance(data, dict):
        return {**data, step: _placed(path, data.get(step, {}), rest, value)}
    if isinstance(step, int) and isinstance(data, list) and step < len(data):
        return [*data[:step], _placed(path, data[step], rest, value), *data[step + 1 :]]
    raise StateFailed(RESULT_PATH_MISMATCH, f"{path!r} does not fit into {str(data)[:_CLIP]}")
