"""EventBridge's cron expressions: `cron(minutes hours day-of-month month day-of-week year)`, UTC.

Minutes and hours take `*`, numbers, lists, ranges and steps; the days must be every day. Anything
else is refused by name.
"""

from datetime import UTC, datetime, timedelta

from workbench.errors import BadInput

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
