"""What the designs have in common: how a knob is declared and checked, and the knobs of all."""

from abc import ABC, abstractmethod
from dataclasses import Field, asdict, dataclass, field, fields
from math import ceil
from typing import Any, ClassVar

from workbench.border import plain, whole_number
from workbench.errors import BadKnob

ITEMS_MAX = 100_000_000  # one Distributed Map reads no more (Step Functions quotas)
FUNCTION_TIMEOUT_MAX_S = 900  # Lambda quotas
ITEM_MAX_BYTES = 40  # one item as our JSON writes it, at its longest
CALL_ALLOWANCE_S = 0.15  # for one AWS call in a timeout: its 99th percentile and its CPU at 128 MB
START_ALLOWANCE_S = 10  # cold start, and what is left over
WORDS = {"true": True, "false": False}


def knob(
    default: Any, low: float | None = None, high: float | None = None, *, of: tuple = ()
) -> Any:
    """A field with its limits: a range, or the values allowed."""
    return field(default=default, metadata={"low": low, "high": high, "of": of})


@dataclass(frozen=True)
class Design(ABC):
    """The knobs that every design has."""

    name: ClassVar[str]
    stack: ClassVar[str]

    memory_mb: int = knob(128, 128, 10_240)  # of the processor
    batcher_memory_mb: int = knob(1_024, 128, 10_240)
    item_concurrency: int = knob(1, 1, 500)  # items worked at a time inside one invocation
    cpu: str = knob("arm64", of=("arm64", "x86_64"))
    value_max: int = knob(1_000, 0, 600_000)  # an item takes 0..value_max milliseconds
    poison_per_million: int = knob(0, 0, 1_000_000)  # items that fail every time they are tried
    telemetry: str = knob("emf", of=("emf", "put_metric_data"))
    logs: str = knob("metrics", of=("metrics", "all"))  # all: each message or child, and each item

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _read(f, getattr(self, f.name)))
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse knobs that cannot work with each other."""

    def knobs(self) -> dict[str, Any]:
        """Every knob by name, as JSON writes it."""
        return asdict(self)

    @abstractmethod
    def batch_knobs(self) -> dict[str, Any]:
        """The knobs that shape a batch: they travel in its record, never in the environment."""

    def refuse_items(self, items: int) -> None:
        """Refuse a batch that the knobs cannot carry."""
        if not 1 <= whole_number("items", items) <= ITEMS_MAX:
            raise BadKnob("items", items, f"must be 1 to {ITEMS_MAX:,}")

    def work_limit_s(self, items: int) -> float:
        """The longest that items can take in one invocation, work alone, in seconds."""
        return ceil(items / self.item_concurrency) * self.value_max / 1000


def _read(f: Field, value: Any) -> Any:
    """A knob's value within its own limits; a text is read as the value that it spells."""
    of, low, high = f.metadata["of"], f.metadata["low"], f.metadata["high"]
    value = plain(value)
    word = value.strip().lower() if isinstance(value, str) else None
    value = None if word in ("none", "null") else value
    if of:
        value = WORDS.get(word, value) if isinstance(of[0], bool) else value
        if type(value) is not type(of[0]) or value not in of:
            raise BadKnob(f.name, value, f"must be one of {', '.join(map(str, of))}")
        return value
    if value is None and "None" in str(f.type):
        return None
    return whole_number(f.name, value, low, high)
