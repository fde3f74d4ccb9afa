"""DynamoDB's condition and update expressions, compiled once for each text.

What handlers use: `attribute_exists`, `attribute_not_exists`, comparisons, AND, OR, parentheses;
SET to a value, REMOVE, ADD of a number or of a set of whole numbers. Anything else is `NotKnown`.
"""

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workbench.targets.local.runtime.service import NotKnown

Value = dict[str, Any]  # as the API writes it: {"S": "a"}
Record = Mapping[str, Value]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Condition = Callable[[Record, Names, Values], bool]

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
EXISTS = re.compile(r"attribute_(not_)?exists\s*\(\s*(#?\w+)\s*\)")
COMPARISON = re.compile(rf"([:#]?\w+)\s*({'|'.join(COMPARE)})\s*([:#]?\w+)")
TOKEN = re.compile(rf"\s*({EXISTS.pattern}|{COMPARISON.pattern}|AND\b|OR\b|[()])\s*")
CLAUSES = {  # of an update: the attribute's name, and its value if it has one
    "SET": re.compile(r"(#?\w+)\s*=\s*(:\w+)"),
    "ADD": re.compile(r"(#?\w+)\s+(:\w+)"),
    "REMOVE": re.compile(r"(#?\w+)()"),
}
ORDERED = ("N", "S", "B")


@lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """A condition expression, ready to be asked."""
    tokens, at = [], 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotKnown(f"dynamodb {text}")
        tokens.append(found[1])
        at = found.end()
    tokens.reverse()
    asked = _alternatives(tokens, text)
    if tokens:
        raise NotKnown(f"dynamodb {text}")
    return asked


def _alternatives(tokens: list[str], text: str) -> Condition:
    """Terms joined by AND, those by OR, until a parenthesis closes; tokens are popped."""
    found: list[list[Condition]] = [[]]
    while True:
        token = tokens.pop() if tokens else ""
        if token == "(":
            found[-1].append(_alternatives(tokens, text))
            if not tokens or tokens.pop() != ")":
                raise NotKnown(f"dynamodb {text}")
        elif token in ("", "AND", "OR", ")"):
            raise NotKnown(f"dynamodb {text}")
        else:
            found[-1].append(_term(token))
        if not tokens or tokens[-1] == ")":
            break
        joint = tokens.pop()
        if joint == "OR":
            found.append([])
        elif joint != "AND":
            raise NotKnown(f"dynamodb {text}")
    if len(found) == len(found[0]) == 1:
        return found[0][0]
    return lambda *given: any(all(term(*given) for term in terms) for terms in found)


def _term(token: str) -> Condition:
    """Whether an attribute exists, or a comparison holds.

    What is missing, or of another type, is neither less nor more; it only differs.
    """
    exists = EXISTS.fullmatch(token)
    if exists:
        return lambda record, names, _: (_name(exists[2], names) in record) == (exists[1] is None)
    left, sign, right = COMPARISON.fullmatch(token).groups()
    compare = COMPARE[sign]

    def holds(record: Record, names: Names, values: Values) -> bool:
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

    return holds


@lru_cache(maxsize=256)
def update(text: str) -> list[tuple[str, str, str]]:
    """What an update expression does: clause, attribute's name and value, as they are written."""
    changes = []
    first, *rest = re.split(r"\b(SET|ADD|REMOVE)\b", text, flags=re.IGNORECASE)
    for clause, listed in zip(rest[::2], rest[1::2], strict=True):
        for part in listed.split(","):
            found = CLAUSES[clause.upper()].fullmatch(part.strip())
            if found is None:
                raise NotKnown(f"dynamodb {text}")
            changes.append((clause.upper(), found[1], found[2]))
    if first.strip() or not changes:
        raise NotKnown(f"dynamodb {text}")
    return changes


def updated(text: str, record: Record, names: Names, values: Values) -> dict[str, Value]:
    """A record after an update expression."""
    after = dict(record)
    for clause, written, value in update(text):
        name = _name(written, names)
        if clause == "SET":
            after[name] = values[value]
        elif clause == "REMOVE":
            after.pop(name, None)
        else:
            after[name] = _added(after.get(name), values[value])
    return after


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
