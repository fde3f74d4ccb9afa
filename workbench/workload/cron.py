"""How often an EventBridge cron expression fires in a month, and at which times of the day.

`cron(minutes hours day-of-month month day-of-week year)`, times UTC, as the EventBridge user guide
has it ("Cron expressions reference"): lists, ranges, steps, names of months and days, `?` in just
one of both day fields, L the last day (of the week: Saturday), W the weekday nearest to a day
within its month, # the n-th such day of a month, once in a field. What that page leaves open is as
in Quartz, whose language it is: 6L is the last Friday, L-2 two days before the last, LW the last
weekday, FRI-MON goes over the week's end; a month that lacks a day does not fire on it.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from workbench.errors import BadInput

YEAR = 2027  # counted over this one, or the nearest to it that the expression names
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()
# By field: its name, the least and the most, the names that stand for numbers.
FIELDS = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day-of-month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day-of-week", 1, 7, DAYS),
    ("year", 1970, 2199, ()),
)
LAST = re.compile(r"L(-(?P<before>[0-9]{1,2}))?(?P<weekday>W)?")
NEAREST = re.compile(r"(?P<day>[0-9]{1,2})W")
LAST_OF = re.compile(r"(?P<day>[A-Z]{3}|[0-9])L")
NTH_OF = re.compile(r"(?P<day>[A-Z]{3}|[0-9])#(?P<nth>[1-5])")


def times_a_month(expression: str) -> float:
    """How often an expression fires in a year, by twelve. Raises BadInput for one that is none."""
    parts = _parts(expression)
    minutes, hours, months = (_numbers(at, parts[at]) for at in (0, 1, 3))
    year = min(_numbers(5, parts[5]), key=lambda one: abs(one - YEAR))
    days = sum(len(set(_days(parts, year, month))) for month in months)
    if not days:
        raise BadInput(f"cron={expression!r} fires on no day of {year}. Give per_month instead")
    return len(minutes) * len(hours) * days / 12


def times_of_day(expression: str) -> tuple[int, ...]:
    """The minutes of the day, UTC, at which an expression fires. BadInput as above."""
    parts = _parts(expression)
    minutes, hours = (_numbers(at, parts[at]) for at in (0, 1))
    return tuple(sorted(60 * hour + minute for hour in hours for minute in minutes))


def _parts(expression: str) -> list[str]:
    """The six fields."""
    parts = expression.strip().removeprefix("cron(").removesuffix(")").upper().split()
    if len(parts) != len(FIELDS):
        raise BadInput(
            f"cron={expression!r} has {len(parts)} fields; EventBridge's have six: minutes, hours, "
            "day-of-month, month, day-of-week, year, such as 0 6 * * ? *"
        )
    if (parts[2] == "?") == (parts[4] == "?"):
        raise BadInput(f"cron={expression!r} must have ? in one of day-of-month and day-of-week")
    return parts


def _days(parts: list[str], year: int, month: int) -> Iterator[int]:
    """The days of a month that an expression names."""
    last = monthrange(year, month)[1]
    of_month, of_week = parts[2], parts[4]
    if of_month == "?":
        yield from _days_of_week(of_week, year, month, last)
        return
    for part in of_month.split(","):
        if found := LAST.fullmatch(part):
            day = last - int(found["before"] or 0)
            if day >= 1:
                yield _weekday(year, month, day, last) if found["weekday"] else day
        elif found := NEAREST.fullmatch(part):
            day = _number(2, found["day"])
            if day <= last:
                yield _weekday(year, month, day, last)
        else:
            yield from (day for day in _numbers(2, part) if day <= last)


def _days_of_week(field: str, year: int, month: int, last: int) -> Iterator[int]:
    """The days of a month that a day-of-week field names; 1 is Sunday."""
    if "#" in field and "," in field:
        raise BadInput(f"cron: day-of-week {field!r} has a # and more than one expression")
    for part in field.split(","):
        of_last, nth = LAST_OF.fullmatch(part), NTH_OF.fullmatch(part)
        named = of_last or nth
        numbers = _numbers(4, named["day"] if named else "7" if part == "L" else part)
        for day in range(1, last + 1):
            if date(year, month, day).isoweekday() % 7 + 1 in numbers:
                is_last, count = day + 7 > last, (day - 1) // 7 + 1
                if (not of_last or is_last) and (not nth or count == int(nth["nth"])):
                    yield day


def _weekday(year: int, month: int, day: int, last: int) -> int:
    """The day from Monday to Friday nearest to a day, within its month."""
    nearest = (day, day - 1, day + 1, day - 2, day + 2)
    inside = [one for one in nearest if 1 <= one <= last]
    return next(one for one in inside if date(year, month, one).isoweekday() <= 5)


def _numbers(at: int, field: str) -> set[int]:
    """The numbers that a field means: `*`, `5`, `1,2`, `MON-FRI`, `0/15`."""
    name, low, high, _ = FIELDS[at]
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if slash and (not step.isdecimal() or int(step) == 0):
            raise BadInput(f"cron: {name} {field!r}: a step is a number of 1 or more")
        first, dash, until = span.partition("-")
        start = low if span == "*" else _number(at, first)
        end = _number(at, until) if dash else high if slash or span == "*" else start
        if end < start and at == 5:
            raise BadInput(f"cron: {name} {field!r} ends before it begins")
        numbers = [*range(start, end + 1)]
        if end < start:  # over the end of the hour, the day, the week …
            numbers = [*range(start, high + 1), *range(low, end + 1)]
        found |= set(numbers[:: int(step or 1)])
    return found


def _number(at: int, text: str) -> int:
    """A number of a field, or the name of one."""
    name, low, high, names = FIELDS[at]
    number = names.index(text) + low if text in names else int(text) if text.isdecimal() else -1
    if not low <= number <= high:
        words = f" or {names[0]} to {names[-1]}" if names else ""
        raise BadInput(f"cron: {name} {text!r} must be {low} to {high}{words}")
    return number
