"""A user's own workload: what comes, how long it takes, what is expected; read from a YAML file.

items: 250_000                # or a list of sizes
duration: {p50_ms: 800, p99_ms: 6000}    # see duration.py for the other forms
cpu_ms: 120                   # of it computing; the rest waits
item_bytes: 300               # that it carries from whoever makes it to whoever works it
fails_per_million: 50         # of tries
poison_per_million: 0         # of items, which fail every time
memory_mb: 512                # the least it needs
batches: {per_month: 30}      # or {cron: "0 6 * * ? *"}
region: eu-west-1
deadline: 2h                  # from trigger to known; or 90s, 15m, 1d
done_by: "18:00"              # or by the clock: the time of day, in quotes
timezone: Europe/Berlin       # of done_by, else UTC
budget_usd_per_month: 40
promise: at_least_once        # or no_two_owners
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from workbench import border
from workbench.designs import ITEM_PAYLOAD_MAX_BYTES, ITEM_TRAITS, ITEMS_MAX
from workbench.errors import BadInput, BadKnob, shown
from workbench.platform.services import HOME_REGION
from workbench.project import WORKLOADS
from workbench.strict_yaml import read_yaml
from workbench.workload.clock import UTC_NAME, DoneBy, read_minute, read_zone, told_minute
from workbench.workload.cron import times_a_month, times_of_day
from workbench.workload.duration import Duration, read_duration
from workbench.workload.durations import MS_MAX, Durations, Uniform

EXAMPLE = "workloads/seed.yaml"
MEAN_OFF_MOST = 1.01  # by what items compute that are shorter than that
MILLION = 1_000_000
BATCHES_MAX = 1_000_000
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
DEADLINE = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)\s*(?P<unit>[smhd])")
UNIT_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _whole(key: str, low: int, high: int) -> BeforeValidator:
    """Reads a whole number in any plain spelling."""
    return BeforeValidator(lambda value: border.whole_number(key, value, low, high))


def _items(value: Any) -> tuple[int, ...]:
    sizes = value if isinstance(value, list) else [value]
    found = tuple(border.whole_number("items", size, 1, ITEMS_MAX) for size in sizes)
    if not found or len(set(found)) < len(found):
        raise BadInput(f"items={shown(value)}: must be a size, or several that differ")
    return found


@dataclass(frozen=True)
class Batches:
    """How many come a month, and the minutes of the day, UTC, at which a schedule starts them."""

    per_month: float = 1.0
    starts: tuple[int, ...] = ()  # none: nobody says


def _batches(value: Any) -> Batches:
    keys = set(value) if isinstance(value, dict) else set()
    if keys == {"cron"}:
        cron = border.text("batches.cron", value["cron"])
        return Batches(times_a_month(cron), times_of_day(cron))
    if keys != {"per_month"}:
        raise BadInput(
            f'batches={shown(value)}: must be {{per_month: 30}} or {{cron: "0 6 * * ? *"}}'
        )
    count = border.positive("batches.per_month", value["per_month"])
    if count > BATCHES_MAX:
        raise BadKnob("batches.per_month", value["per_month"], f"must be at most {BATCHES_MAX:,}")
    return Batches(float(count))


def _region(value: Any) -> str:
    if not REGION.fullmatch(border.text("region", value)):
        raise BadInput(f"region={shown(value)}: must be a region of AWS, such as eu-west-1")
    return value


def _deadline(value: Any) -> int:
    found = DEADLINE.fullmatch(value) if isinstance(value, str) else None
    seconds = Decimal(found["number"]) * UNIT_S[found["unit"]] if found else Decimal(0)
    if not 1 <= seconds <= 365 * UNIT_S["d"]:
        raise BadInput(f"deadline={shown(value)}: must be a time such as 90s, 15m, 2h or 1d")
    return int(seconds)


def _time_of_day(value: Any) -> str:
    return told_minute(read_minute("done_by", value))


def _timezone(value: Any) -> str:
    name = border.text("timezone", value)
    read_zone(name)
    return name


def _dollars(value: Any) -> Decimal:
    return border.positive("budget_usd_per_month", value)


class Workload(BaseModel):
    """A workload; fields that a file leaves out have these values."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    items: Annotated[tuple[int, ...], BeforeValidator(_items)]
    duration: Duration
    cpu_ms: Annotated[int, _whole("cpu_ms", 0, MS_MAX)] = 0
    item_bytes: Annotated[int, _whole("item_bytes", 0, ITEM_PAYLOAD_MAX_BYTES)] = 0
    fails_per_million: Annotated[int, _whole("fails_per_million", 0, MILLION)] = 0
    poison_per_million: Annotated[int, _whole("poison_per_million", 0, MILLION)] = 0
    memory_mb: Annotated[int, _whole("memory_mb", 128, 10_240)] = 128
    batches: Annotated[Batches, BeforeValidator(_batches)] = Batches()
    region: Annotated[str, BeforeValidator(_region)] = HOME_REGION
    deadline_s: Annotated[int | None, BeforeValidator(_deadline)] = Field(None, alias="deadline")
    done_by: Annotated[str | None, BeforeValidator(_time_of_day)] = None
    timezone: Annotated[str, BeforeValidator(_timezone)] = UTC_NAME
    budget_usd_per_month: Annotated[Decimal | None, BeforeValidator(_dollars)] = None
    promise: Literal["at_least_once", "no_two_owners"] = "at_least_once"

    @model_validator(mode="after")
    def refuse_more_cpu_than_time(self) -> "Workload":
        """Every item computes as much, a part of its time: few may be shorter than that."""
        if not self._fits(self.cpu_ms):
            most, beyond = 0, self.cpu_ms
            while beyond - most > 1:
                middle = (most + beyond) // 2
                most, beyond = (middle, beyond) if self._fits(middle) else (most, middle)
            limit = f"is more than many items take in all; {most} ms would do"
            raise BadKnob("cpu_ms", self.cpu_ms, limit, "Lower it, or make the items longer.")
        return self

    @model_validator(mode="after")
    def refuse_a_zone_of_nothing(self) -> "Workload":
        """A time zone is that of `done_by`."""
        if "timezone" in self.model_fields_set and self.done_by is None:
            raise BadInput(f"timezone={self.timezone!r}: is that of done_by, which is not given")
        return self

    def _fits(self, cpu_ms: int) -> bool:
        """Whether the items stay as long on average, nearly, where none computes less."""
        drawn = self.duration.drawn
        return drawn.less(cpu_ms).mean_ms + cpu_ms <= MEAN_OFF_MOST * drawn.mean_ms

    @property
    def by_clock(self) -> DoneBy | None:
        """The time of day by which a batch is to be known done."""
        if self.done_by is None:
            return None
        return DoneBy(read_minute("done_by", self.done_by), self.timezone)

    @property
    def item_ms(self) -> Uniform | Durations:
        """How long items wait: what they take, less what they compute of it."""
        table = self.duration.table
        if self.cpu_ms:
            return self.duration.drawn.less(self.cpu_ms)
        return table or Uniform(self.duration.longest_ms)

    def knobs(self) -> dict[str, Any]:
        """The knobs that travel with a batch of it, by name: those that say something."""
        more = {name: value for name in ITEM_TRAITS if (value := getattr(self, name))}
        return self.item_ms.knobs | more


def read_workload(path: Path) -> Workload:
    """The workload in a file. Raises BadInput with the file, the key and what is allowed."""
    content = read_yaml(path, EXAMPLE)
    try:
        if "duration" in content:
            content["duration"] = read_duration(content["duration"], path.parent)
        return Workload.model_validate(content)
    except ValidationError as error:
        raise BadInput(f"{path.name}: {_first_wrong(error)}") from None
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None


def find_workload(name: str, folder: Path) -> Path:
    """The file of that name from a folder, else among the project's workloads. BadInput if none."""
    places = (folder / Path(name).expanduser(), WORKLOADS / name)
    if found := next((path for path in places if path.is_file()), None):
        return found
    known = ", ".join(sorted(path.name for path in WORKLOADS.glob("*.yaml")))
    raise BadInput(f"workload={shown(name)}: is no file in {folder.resolve()}, nor one of {known}")


def _first_wrong(error: ValidationError) -> str:
    """What pydantic refuses first, in one line."""
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, first["loc"]))
    keys = ", ".join(one.alias or name for name, one in Workload.model_fields.items())
    texts: dict[str, Callable[[], str]] = {
        "extra_forbidden": lambda: f"key {shown(key)} is not known. Take one of {keys}.",
        "missing": lambda: f"lacks {key!r}. See `{EXAMPLE}` for a file that has it.",
    }
    told = texts.get(first["type"], lambda: f"{key}={shown(first['input'])}: {first['msg']}")
    return told()
