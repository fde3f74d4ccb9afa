"""The intrinsic functions of Amazon States Language that state machines here may call.

States.Format, States.JsonToString, States.StringToJson and States.Array, nested as one likes.
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workbench.targets.local.stepfunctions import paths
from workbench.targets.local.stepfunctions.failures import RUNTIME, StateFailed
from workbench.targets.local.stepfunctions.payload import as_json

_NAME = re.compile(r"States\.\w+")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'")
_PATH = re.compile(r"""\$\$?(?:\.[\w-]+|\['[^']*'\]|\["[^"]*"\]|\[\d+\]|\[\*\])*""")
_ATOM = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_SLOT = re.compile(r"\\(.)|\{\}")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Text:
    """A string between quotes, its escapes still in it: `\\{` means something to Format."""

    raw: str


@dataclass(frozen=True)
class Path:
    """A path to be read."""

    path: str


@dataclass(frozen=True)
class Atom:
    """A number, a boolean or null."""

    value: Any


Node = Call | Text | Path | Atom


@lru_cache(maxsize=1024)
def parse(text: str) -> Call:
    """The call that a text writes; ValueError if it is not understood."""
    node, end = _node(text, 0)
    if not isinstance(node, Call) or text[end:].strip():
        raise ValueError(f"{text!r} is not one call of an intrinsic function")
    return node


def evaluate(text: str, data: Any, context: dict[str, Any]) -> Any:
    """The value of a call, with paths read from the data and the context object."""
    return _value(parse(text), data, context)


def paths_of(node: Node) -> list[str]:
    """Every path that a call reads."""
    if isinstance(node, Call):
        return [path for argument in node.arguments for path in paths_of(argument)]
    return [node.path] if isinstance(node, Path) else []


def _node(text: str, start: int) -> tuple[Node, int]:
    """The node at a position, and where it ends."""
    start += len(text[start:]) - len(text[start:].lstrip())
    if found := _NAME.match(text, start):
        return _call(text, found.group(), found.end())
    if found := _STRING.match(text, start):
        return Text(found.group(1)), found.end()
    if found := _PATH.match(text, start):
        paths.parse(found.group())
        return Path(found.group()), found.end()
    if found := _ATOM.match(text, start):
        return Atom(json.loads(found.group())), found.end()
    raise ValueError(f"{text!r}: {text[start:]!r} is not understood")


def _call(text: str, name: str, position: int) -> tuple[Call, int]:
    if name not in _FUNCTIONS:
        raise ValueError(f"{text!r}: {name} is none of {', '.join(sorted(_FUNCTIONS))}")
    arguments: list[Node] = []
    if text[position : position + 1] != "(":
        raise ValueError(f"{text!r}: a bracket must follow {name}")
    if text[position + 1 :].lstrip().startswith(")"):
        return Call(name, ()), text.index(")", position) + 1
    while text[position : position + 1] in ("(", ","):
        argument, position = _node(text, position + 1)
        arguments.append(argument)
        position += len(text[position:]) - len(text[position:].lstrip())
    if text[position : position + 1] != ")":
        raise ValueError(f"{text!r}: the bracket after {name} is not closed")
    return Call(name, tuple(arguments)), position + 1


def _value(node: Node, data: Any, context: dict[str, Any]) -> Any:
    if isinstance(node, Atom):
        return node.value
    if isinstance(node, Text):
        return _ESCAPE.sub(r"\1", node.raw)
    if isinstance(node, Path):
        return paths.read(node.path, data, context)
    values = [_value(argument, data, context) for argument in node.arguments]
    if node.name == "States.Format" and node.arguments and isinstance(node.arguments[0], Text):
        values[0] = node.arguments[0].raw
    try:
        return _FUNCTIONS[node.name](*values)
    except (TypeError, ValueError) as error:
        raise StateFailed(RUNTIME, f"{node.name}: {error}") from None


def _format(template: str, *values: Any) -> str:
    """Each `{}` in turn replaced by a value; strings go in bare, others as JSON."""
    remaining = list(values)

    def fill(found: re.Match[str]) -> str:
        if found.group(1) is not None:
            return found.group(1)
        if not remaining:
            raise ValueError(f"{template!r} has more places than values")
        value = remaining.pop(0)
        return value if isinstance(value, str) else as_json(value)

    text = _SLOT.sub(fill, template)
    if remaining:
        raise ValueError(f"{template!r} has fewer places than values")
    return text


def _array(*values: Any) -> list[Any]:
    return list(values)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "States.Format": _format,
    "States.JsonToString": as_json,
    "States.StringToJson": json.loads,
    "States.Array": _array,
}
