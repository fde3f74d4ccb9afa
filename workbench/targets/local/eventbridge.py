"""EventBridge: the rules of a stack, their schedules and patterns, what their targets are given.

A target's input is the event, or an InputTransformer's template filled in from it (EventBridge user
guide, "Input transformation": a text that stands outside quotation marks gets its own). In a cron
expression minutes and hours take `*`, numbers, lists, ranges and steps; the days must be every day.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from workbench.errors import BadInput
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.stack import ACCOUNT, REGION, Resource

Deliver = Callable[[str, Any], None]  # the target's ARN, its input
Event = dict[str, Any]


class EventBridge:
    """The rules of a stack within one run."""

    def __init__(self, context: RunContext, rules: Iterable[Resource], deliver: Deliver) -> None:
        self._context = context
        self._deliver = deliver
        self._rules = [rule for rule in rules if rule.properties.get("State") != "DISABLED"]
        self._way = context.latency("eventbridge_to_target")

    def start_schedules(self) -> None:
        """From now on, schedules fire as virtual time passes them."""
        for rule in self._rules:
            if "ScheduleExpression" in rule.properties:
                self._schedule(rule)

    def fire(self) -> None:
        """Every schedule fires now, whatever its time; twice within a minute is one slot."""
        for rule in self._rules:
            if "ScheduleExpression" in rule.properties:
                self._send(rule, self._event("aws.events", "Scheduled Event", {}))

    def emit(self, source: str, kind: str, detail: dict[str, Any]) -> None:
        """An event of an AWS service: every rule whose pattern it fits sends it on."""
        event = self._event(source, kind, detail)
        for rule in self._rules:
            if matches(rule.properties.get("EventPattern"), event):
                self._send(rule, event)

    def _schedule(self, rule: Resource) -> None:
        """Fire at the next time of a rule's schedule, and so on."""
        now = datetime.fromtimestamp(self._context.epoch_s(), UTC)
        moment = next_time(rule.properties["ScheduleExpression"], now)
        self._context.kernel.at(moment.timestamp() - EPOCH_S, partial(self._fire, rule))

    def _fire(self, rule: Resource) -> None:
        self._send(rule, self._event("aws.events", "Scheduled Event", {}))
        self._schedule(rule)

    def _send(self, rule: Resource, event: Event) -> None:
        """Give every target of a rule its input, a little later."""
        for target in rule.properties.get("Targets", ()):
            given = target_input(target, event)
            deliver = partial(self._deliver, target["Arn"], given)
            self._context.kernel.after(self._way(), deliver)

    def _event(self, source: str, kind: str, detail: dict[str, Any]) -> Event:
        moment = datetime.fromtimestamp(round(self._context.epoch_s()), UTC)
        return {
            "version": "0",
            "source": source,
            "detail-type": kind,
            "account": ACCOUNT,
            "region": REGION,
            "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resources": [],
            "detail": detail,
        }


def matches(pattern: dict[str, Any] | None, event: Any) -> bool:
    """Whether an event fits a pattern of lists of allowed values; no pattern fits nothing."""
    if pattern is None:
        return False
    for name, wanted in pattern.items():
        value = event.get(name) if isinstance(event, dict) else None
        if isinstance(wanted, dict):
            if not matches(wanted, value):
                return False
        elif any(isinstance(one, dict) for one in wanted):
            raise BadInput(f"event pattern {name}={wanted}: only plain values are matched here")
        elif value not in wanted:
            return False
    return True


def target_input(target: dict[str, Any], event: Event) -> Any:
    """What a target is given."""
    if "Input" in target:
        return json.loads(target["Input"])
    transformer = target.get("InputTransformer")
    if transformer is None:
        return event
    values = {name: _at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    return json.loads(_filled(transformer["InputTemplate"], values))


def _filled(template: str, values: dict[str, Any]) -> str:
    """A template with `<name>` replaced: bare inside quotation marks, as JSON outside."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', template)
    return "".join(
        re.sub(r"<([\w-]+)>", partial(_one, values, part.startswith('"')), part) for part in parts
    )


def _one(values: dict[str, Any], quoted: bool, found: re.Match[str]) -> str:
    """The text for one placeholder; what is no path's name stays as it is."""
    if found[1] not in values:
        return found[0]
    value = values[found[1]]
    if quoted:
        return value if isinstance(value, str) else json.dumps(value)
    return json.dumps(value)


def _at(path: str, event: Event) -> Any:
    """The value at a path such as `$.detail.name`; None if there is none."""
    value: Any = event
    for name in path.removeprefix("$").split(".")[1:]:
        value = value.get(name) if isinstance(value, dict) else None
    return value


EVERY_DAY = ("*", "?")


def next_time(expression: str, after: datetime) -> datetime:
    """The first moment later than `after` that a schedule expression names."""
    minutes, hours = _fields(expression)
    moment = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    for _ in range(48):  # hours: two days have every hour and minute there is
        if moment.hour in hours:
            later = [minute for minute in minutes if minute >= moment.minute]
            if later:
                return moment.replace(minute=min(later))
        moment = moment.replace(minute=0) + timedelta(hours=1)
    raise AssertionError(f"{expression} names no time of day")


def _fields(expression: str) -> tuple[set[int], set[int]]:
    """The minutes and the hours of an expression."""
    inside = expression.removeprefix("cron(").removesuffix(")")
    parts = inside.split()
    if expression != f"cron({inside})" or len(parts) != 6:
        raise BadInput(f"schedule {expression!r}: only cron(…) with six fields is acted out here")
    if any(part not in EVERY_DAY for part in parts[2:]):
        raise BadInput(f"schedule {expression!r}: only schedules of every day are acted out here")
    return _numbers(parts[0], 60, expression), _numbers(parts[1], 24, expression)


def _numbers(field: str, size: int, expression: str) -> set[int]:
    """The numbers that a field means: `*`, `5`, `1,2`, `1-3`, `0/15`."""
    found: set[int] = set()
    try:
        for part in field.split(","):
            part, _, step = part.partition("/")
            low, _, high = ("0", "", str(size - 1)) if part == "*" else part.partition("-")
            last = int(high) if high else (size - 1 if step else int(low))
            found |= set(range(int(low), last + 1, int(step or 1)))
    except ValueError:
        raise BadInput(f"schedule {expression!r}: {field!r} cannot be read") from None
    if not found or not found <= set(range(size)):
        raise BadInput(f"schedule {expression!r}: {field!r} is not within 0 to {size - 1}")
    return found
