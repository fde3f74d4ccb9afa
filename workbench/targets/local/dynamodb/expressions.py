"""DynamoDB's condition and update expressions, compiled once for each text.

What handlers use: `attribute_exists`, `attribute_not_exists`, comparisons, AND, OR, parentheses;
SET to a value, REMOVE, ADD of a number or of a set of whole numbers. Anything else is `NotKnown`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workbench.targets.local.runtime.service import NotKnown

Value = dict[str, Any]  # as the API writes it: {"S": "a"}
Record = Mapping[str, Value]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Condition = Callable[[Record, Names, Values], bool]

TOKEN = re.compile(r"\s*(attribute_exists|attribute_not_exists|<=|>=|<>|[=<>(),]|[:#]?\w+)")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
ORDERED = ("N", "S", "B")


@dataclass
class Update:
    """What an update expression does, by attribute name as it is written."""

    sets: list[tuple[str, str]] = field(default_factory=list)
    removes: list[str] = field(default_factory=list)
    adds: list[tuple[str, str]] = field(default_factory=list)

    def apply(self, record: Record, names: Names, values: Values) -> dict[str, Value]:
        """The record afterwards."""
        after = dict(record)
        for name, value in self.sets:
            after[_name(name, names)] = values[value]
        for name in self.removes:
            after.pop(_name(name, names), None)
        for name, value in self.adds:
            name = _name(name, names)
            after[name] = _added(after.get(name), values[value])
        return after


@lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """A condition expression, ready to be asked."""
    return _Parser(text).whole_condition()


@lru_cache(maxsize=256)
def update(text: str) -> Update:
    """An update expression, ready to be applied."""
    return _Parser(text).whole_update()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if found is None:
                raise NotKnown(f"dynamodb {text}")
            self._tokens.append(found[1])
            at = found.end()
        self._text = text
        self._at = 0

    def whole_condition(self) -> Condition:
        """The whole text as a condition."""
        asked = self._or()
        if self._at != len(self._tokens):
            raise NotKnown(f"dynamodb {self._text}")
        return asked

    def whole_update(self) -> Update:
        """The whole text as an update."""
        found = Update()
        while self._at < len(self._tokens):
            clause = self._take().upper()
            if clause == "SET":
                found.sets += self._pairs("=")
            elif clause == "ADD":
                found.adds += self._pairs("")
            elif clause == "REMOVE":
                found.removes += self._listed(self._take)
            else:
                raise NotKnown(f"dynamodb {self._text}")
        return found

    def _or(self) -> Condition:
        return self._joined("OR", self._and, any)

    def _and(self) -> Condition:
        return self._joined("AND", self._one, all)

    def _joined(self, word: str, part: Callable[[], Condition], over: Any) -> Condition:
        parts = [part()]
        while self._next() == word:
            self._take()
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return lambda record, names, values: over(one(record, names, values) for one in parts)

    def _one(self) -> Condition:
        token = self._take()
        if token == "(":
            inside = self._or()
            self._expect(")")
            return inside
        if token in ("attribute_exists", "attribute_not_exists"):
            self._expect("(")
            name = self._take()
            self._expect(")")
            wanted = token == "attribute_exists"
            return lambda record, names, _: (_name(name, names) in record) == wanted
        sign = self._take()
        if sign not in COMPARE:
            raise NotKnown(f"dynamodb {self._text}")
        return _comparison(token, sign, self._take())

    def _pairs(self, sign: str) -> list[tuple[str, str]]:
        def pair() -> tuple[str, str]:
            name = self._take()
            if sign:
                self._expect(sign)
            value = self._take()
            if not value.startswith(":"):
                raise NotKnown(f"dynamodb {self._text}")
            return name, value

        return self._listed(pair)

    def _listed(self, one: Callable[[], Any]) -> list[Any]:
        found = [one()]
        while self._next() == ",":
            self._take()
            found.append(one())
        return found

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> str:
        token = self._next()
        if token is None:
            raise NotKnown(f"dynamodb {self._text}")
        self._at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise NotKnown(f"dynamodb {self._text}")


def _comparison(left: str, sign: str, right: str) -> Condition:
    """What is missing, or of another type, is neither less nor more; it only differs."""
    compare = COMPARE[sign]

    def asked(record: Record, names: Names, values: Values) -> bool:
        one, other = _operand(left, record, names, values), _operand(right, record, names, values)
        if one is None or other is None:
            return sign == "<>" and one is not other
        (kind, first), (other_kind, second) = next(iter(one.items())), next(iter(other.items()))
        if kind != other_kind:
            return sign == "<>"
        if kind == "N":
            return compare(Decimal(first), Decimal(second))
        if sign not in ("=", "<>") and kind not in ORDERED:
            raise NotKnown(f"dynamodb {sign} of {kind}")
        return compare(first, second)

    return asked


def _operand(token: str, record: Record, names: Names, values: Values) -> Value | None:
    return values[token] if token.startswith(":") else record.get(_name(token, names))


def _name(token: str, names: Names) -> str:
    return names[token] if token.startswith("#") else token


def _added(before: Value | None, more: Value) -> Value:
    """What ADD makes of an attribute: a sum, or a set with more in it."""
    if "NS" in more:
        numbers = {str(int(number)) for number in more["NS"]}
        return {"NS": sorted(numbers.union(before["NS"] if before else ()), key=int)}
    start = Decimal((before or {"N": "0"})["N"])
    return {"N": format(start + Decimal(more["N"]), "f")}
