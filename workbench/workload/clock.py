"""By which time of day a batch is to be known done, and when it has to start for that."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workbench.errors import BadInput, shown
from workbench.workload.cron import YEAR

UTC_NAME = "UTC"
DAY_MIN = 24 * 60
TIME_OF_DAY = re.compile(r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])")


@dataclass(frozen=True)
class DoneBy:
    """A minute of the day in a time zone, such as 1,080 (18:00) in Europe/Berlin."""

    minute: int
    zone: str = UTC_NAME

    @cached_property
    def utc_minutes(self) -> tuple[int, ...]:
        """The minutes of the day, UTC, that it is in the course of a year: two with summer time."""
        zone, clock = read_zone(self.zone), time(*divmod(self.minute, 60))
        days = (date(YEAR, 1, 1) + timedelta(day) for day in range(365))
        there = (datetime.combine(day, clock, zone).astimezone(UTC) for day in days)
        return tuple(sorted({one.hour * 60 + one.minute for one in there}))

    def start_by(self, needs_s: float) -> tuple[int, int]:
        """The minute of the day there at which a batch must start, and how many days before."""
        days, minute = divmod(int((self.minute * 60 - needs_s) // 60), DAY_MIN)
        return minute, -days

    def tightest(self, starts: tuple[int, ...]) -> tuple[int, float]:
        """Of starts in UTC minutes the one that comes last before it, and the seconds between.

        With summer time the season counts that leaves less.
        """
        waits = {
            ((by - start) % DAY_MIN or DAY_MIN, start)
            for by in self.utc_minutes
            for start in starts
        }
        wait, start = min(waits)
        return start, 60.0 * wait


def read_minute(key: str, value: object) -> int:
    """The minute of the day that a text such as 18:00 names. BadInput for another."""
    found = TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise BadInput(f'{key}={shown(value)}: must be a time of day in quotes, such as "18:00"')
    return int(found["hour"]) * 60 + int(found["minute"])


def read_zone(name: str) -> tzinfo:
    """The time zone of a name. BadInput if this machine knows none of it."""
    if name == UTC_NAME:  # also where there is no database of zones
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput(
            f"timezone={shown(name)}: is no zone that is known here. "
            "Take UTC, or one such as Europe/Berlin"
        ) from None


def told_minute(minute: int) -> str:
    """A minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"
