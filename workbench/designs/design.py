"""What every design says of itself: knobs with limits, the settings that follow, its parts.

What runs, deploys, models, searches or checks a design asks here and never which one it has.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from math import ceil
from typing import Any, ClassVar

from workbench.border import plain, whole_number
from workbench.designs.parts import Parts, Search
from workbench.errors import BadKnob
from workbench.workload.durations import MS_MAX, Durations, Uniform, item_ms_of

ITEMS_MAX = 100_000_000  # one Distributed Map reads no more (Step Functions quotas)
FUNCTION_TIMEOUT_MAX_S = 900  # Lambda quotas
ITEM_MAX_BYTES = 40  # one item as our JSON writes it, at its longest, without its payload
ITEM_PAYLOAD_MAX_BYTES = 1_000_000  # of an item: one alone still fits into a message of SQS
CALL_ALLOWANCE_S = 0.15  # for one AWS call in a timeout: its 99th percentile and its CPU at 128 MB
TUNED_CONCURRENCY = 50  # items at a time of a preset: fifty threads still fit into 128 MB
START_ALLOWANCE_S = 10  # cold start, and what is left over
WORDS = {"true": True, "false": False}
SOURCE_MAX = 1_250  # invocations of an event source without a limit (Lambda developer guide)
POLLER_PLACES = 10  # invocations of one provisioned poller (Lambda developer guide, SQS scaling)
# Of the items and not of the design: the same for every one that is compared.
ITEM_TRAITS = ("cpu_ms", "item_bytes", "poison_per_million", "fails_per_million")
WORKLOAD_KNOBS = ("value_max", "durations", *ITEM_TRAITS)
OF_WORK = ("cpu_ms", "fails_per_million")  # they travel where they say something
VCPU_MB = 1_769  # memory with which a function has a whole CPU (Lambda developer guide)
SMALL_FUNCTIONS = 4  # finalizer, failures, summary: invocations at a time that they take besides


def knob(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    of: tuple = (),
    read: Callable[[str], Any] | None = None,
    deployed: bool = False,
    later: bool = False,
) -> Any:
    """A field with its limits: a range, the values allowed, or what reads its text.

    A `deployed` knob stands in the template alone: no call of AWS's API sets it for one run.
    A `later` one came when runs had been kept without it: they had it at its default.
    """
    limits = {"low": low, "high": high, "of": of, "read": read}
    return field(default=default, metadata=limits | {"deployed": deployed, "later": later})


@dataclass(frozen=True)
class Design(ABC):
    """The knobs that every design has."""

    name: ClassVar[str]
    stack: ClassVar[str]
    summary: ClassVar[str]  # what it is made of, in a few words
    local_start_s: ClassVar[float]  # CPU seconds of a run on local here, and of each thousand items
    local_thousand_s: ClassVar[float]
    parts: ClassVar[Parts]
    search: ClassVar[Search]
    # Named sets of knobs. `default` is every knob's own; `published`: the habits of the design that
    # this study starts from (mbonig/batch-processor, 2024-10-10); `tuned`: within half a
    # percent of the cheapest that `workbench tune` finds (a million items of up to a second, within
    # an hour, one at a time), and sooner known: lots of 500 where it finds 884.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]]

    carried: ClassVar[str]  # the knobs that travel with a batch, by name

    # Knobs that are lowered for long items where nobody set them, the first one first.
    follows: ClassVar[tuple[str, ...]]

    memory_mb: int = knob(128, 128, 10_240)  # of the processor
    batcher_memory_mb: int = knob(1_024, 128, 10_240)
    item_concurrency: int = knob(1, 1, 500)  # items worked at a time inside one invocation
    cpu: str = knob("arm64", of=("arm64", "x86_64"), deployed=True)
    value_max: int = knob(1_000, 0, MS_MAX)  # an item takes 0..value_max milliseconds
    # or what these points of a quantile function say, whose last is value_max then
    durations: str | None = knob(None, read=Durations.read, later=True)
    cpu_ms: int = knob(0, 0, MS_MAX, later=True)  # what an item computes besides, on a whole CPU
    item_bytes: int = knob(
        0, 0, ITEM_PAYLOAD_MAX_BYTES, later=True
    )  # that it carries beside its value
    poison_per_million: int = knob(0, 0, 1_000_000)  # items that fail every time they are tried
    fails_per_million: int = knob(0, 0, 1_000_000, later=True)  # tries that fail, of the others
    telemetry: str = knob("emf", of=("emf", "put_metric_data"), deployed=True)
    logs: str = knob("metrics", of=("metrics", "all"))  # all: each message or child, and each item

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, _read(f, getattr(self, f.name)))
        if self.durations:
            object.__setattr__(self, "value_max", self.item_ms.longest_ms)
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Refuse knobs that cannot work with each other."""

    def refuse_telling(self) -> None:
        """Refuse other telemetry and logs than the usual, of a design that knows no others."""
        for name, only in (("telemetry", "emf"), ("logs", "metrics")):
            if getattr(self, name) != only:
                raise BadKnob(name, getattr(self, name), f"this design knows {only} only")

    def refuse_long_lot(self) -> None:
        """Refuse lots, each an invocation's, whose longest items take longer than Lambda gives."""
        lot, needed_s = self.search.lot, self.processor_timeout_s
        if needed_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                lot,
                getattr(self, lot),
                f"up to {needed_s} s in one invocation; Lambda stops at {FUNCTION_TIMEOUT_MAX_S} s",
                f"Lower {lot} or raise item_concurrency.",
            )

    def refuse_large_lot(self, what: str, most_bytes: int, head_bytes: int, own_bytes: int) -> None:
        """Refuse lots that do not fit into what carries them: `head_bytes`, and an item's own
        besides its payload.
        """
        lot, fit = self.search.lot, (most_bytes - head_bytes) // (own_bytes + self.item_bytes)
        if getattr(self, lot) > fit:
            largest = most_bytes - head_bytes - own_bytes
            name, most = (lot, fit) if fit else ("item_bytes", largest)
            limit = f"{what} has at most {most_bytes:,} bytes, with all of its items"
            raise BadKnob(name, getattr(self, name), limit, f"Lower it to {most:,} or less.")

    def knobs(self) -> dict[str, Any]:
        """Every knob by name, as JSON writes it."""
        return asdict(self)

    @classmethod
    def later_knobs(cls) -> dict[str, Any]:
        """The knobs that older runs do not name, at what they had."""
        return {f.name: f.default for f in fields(cls) if f.metadata["later"]}

    def named_knobs(self) -> dict[str, Any]:
        """The knobs that the name of a run is made from: a later one counts where it is turned."""
        later = self.later_knobs().items()
        return {name: v for name, v in self.knobs().items() if (name, v) not in later}

    def changed_knobs(self) -> dict[str, Any]:
        """The knobs that are not at their default."""
        default = type(self)().knobs()
        return {name: value for name, value in self.knobs().items() if default[name] != value}

    def turned_knobs(self) -> dict[str, Any]:
        """The knobs that are not at their default, but for those of the items."""
        changed = self.changed_knobs().items()
        return {name: value for name, value in changed if name not in WORKLOAD_KNOBS}

    def batch_knobs(self) -> dict[str, Any]:
        """The knobs that shape a batch: they travel in its record, never in the environment."""
        carried = {name: getattr(self, name) for name in self.carried.split()}
        points = {"durations": self.item_ms.drawn_from} if self.durations else {}
        payload = {"item_bytes": self.item_bytes} if self.item_bytes else {}
        return carried | points | self.work_knobs() | payload

    def work_knobs(self) -> dict[str, Any]:
        """The knobs of working an item that say something."""
        return {name: own for name in OF_WORK if (own := getattr(self, name))}

    @abstractmethod
    def settings(self) -> dict[str, dict[str, Any]]:
        """By construct of the stack, the properties that follow from knobs, as templates name them.

        None: the property is left out. A dot leads into a property, or into a machine's definition.
        The stacks, the retuned local stack and a run's settings on AWS all read this.
        """

    @property
    def item_ms(self) -> Uniform | Durations:
        """How long items take."""
        return item_ms_of({"durations": self.durations, "value_max": self.value_max})

    @property
    @abstractmethod
    def items_per_invocation(self) -> int:
        """The most items that one invocation of the processor gets."""

    @property
    @abstractmethod
    def processor_timeout_s(self) -> int:
        """The longest that one invocation of the processor may take."""

    @property
    @abstractmethod
    def processor_concurrency(self) -> int:
        """The most invocations of the processor at a time."""

    @property
    @abstractmethod
    def concurrency_max(self) -> int:
        """The most invocations of all functions at a time."""

    @abstractmethod
    def wait_s(self, items: int) -> float:
        """Seconds that a batch may take beside creating and working its items, taken high."""

    @property
    def claims(self) -> bool:
        """Whether an item never has two live owners."""
        return False

    @property
    @abstractmethod
    def tracks(self) -> str:
        """What completion is known of: each item, each message, each child."""

    @property
    def in_flight_max(self) -> int:
        """The most messages of the item queue that are worked at a time; 0 without one."""
        return 0

    @property
    def writes_per_s(self) -> int:
        """Writes a second that the table is paid to be ready for."""
        return 0

    @property
    def pollers(self) -> tuple[int, int] | None:
        """Provisioned pollers of the items' source, at least and at most; None: Lambda's own."""
        return None

    @property
    def unpriced(self) -> str:
        """What AWS charges for and no price list has a price of, in words; empty: nothing."""
        return ""

    def refused_on(self, deployed: "Design") -> list[str]:
        """What a run with these knobs needs and a stack deployed with others lacks, in words."""
        there, asked = deployed.knobs(), self.knobs()
        return [
            f"{f.name}={asked[f.name]!r} (deployed: {there[f.name]!r})"
            for f in fields(self)
            if f.metadata["deployed"] and asked[f.name] != there[f.name]
        ]

    def trigger(
        self, batch_id: str, items: int, seed: int, deadline_s: int | None = None
    ) -> dict[str, Any]:
        """What starts a batch, which is to be cancelled if it is not complete within that time."""
        knobs = self.batch_knobs()
        if deadline_s is not None:
            knobs["deadline_s"] = deadline_s
        return {"batch_id": batch_id, "items": items, "seed": seed, "knobs": knobs}

    def refuse_items(self, items: int) -> None:
        """Refuse a batch that the knobs cannot carry."""
        if not 1 <= whole_number("items", items) <= ITEMS_MAX:
            raise BadKnob("items", items, f"must be 1 to {ITEMS_MAX:,}")

    def work_limit_s(self, items: int) -> float:
        """The longest that items can take in one invocation, work alone, in seconds."""
        return self.in_rounds_s(1, items)

    def in_rounds_s(self, rounds: int, items: int) -> float:
        """The longest that so many rounds of items take one after the other, in seconds.

        Where items are as long as points say, that is once in 10**12 times more; and whoever is
        free takes the next, so that a round is no longer than a fair share and one item more.
        """
        at_once, item_ms = self.item_concurrency, self.item_ms
        most_ms = rounds * ceil(items / at_once) * self.value_max
        if self.durations:
            alone = at_once == 1 or items == 1
            fair_ms = item_ms.limit_ms(rounds * items) / min(at_once, items)
            most_ms = min(most_ms, fair_ms if alone else fair_ms + rounds * self.value_max)
        return (most_ms + rounds * items * self.computing_ms) / 1000

    @property
    def computing_ms(self) -> float:
        """What an item computes, slowed where the function has less than a whole CPU."""
        return self.cpu_ms * max(1.0, VCPU_MB / self.memory_mb)


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
    if f.metadata["read"]:
        return f.metadata["read"](str(value)).text
    return whole_number(f.name, value, low, high)
