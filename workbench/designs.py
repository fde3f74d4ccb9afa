"""The two designs and every knob they have, with AWS's limits checked.

CDK, the handlers' batch records, `local`, `model` and `aws` all read these classes, so they cannot
disagree. A knob's unit is the last word of its name. Limits are AWS's, from docs/platform.md.
"""

from dataclasses import asdict, dataclass, field, fields
from math import ceil
from typing import Any, ClassVar

from workbench.errors import BadInput, BadKnob

ITEMS_MAX = 100_000_000  # one Distributed Map reads no more (Step Functions quotas)
FUNCTION_TIMEOUT_MAX_S = 900  # Lambda quotas
MESSAGE_MAX_BYTES = 1_048_576  # SQS message quota since 2026-01
ITEM_MAX_BYTES = 40  # one item as our JSON writes it, at its longest
EXPRESS_MAX_S = 300  # an Express workflow ends after five minutes
CALL_ALLOWANCE_S = 0.15  # for one AWS call in a timeout: its 99th percentile and its CPU at 128 MB
START_ALLOWANCE_S = 10  # cold start, and what is left over
RETRY_WAIT_S = 2  # before a map child is tried again


def knob(
    default: Any, low: float | None = None, high: float | None = None, *, of: tuple = ()
) -> Any:
    """A field with its limits: a range, or the values allowed."""
    return field(default=default, metadata={"low": low, "high": high, "of": of})


@dataclass(frozen=True)
class Design:
    """The knobs that both designs have."""

    name: ClassVar[str]
    stack: ClassVar[str]

    memory_mb: int = knob(128, 128, 10_240)  # of the processor
    batcher_memory_mb: int = knob(1_024, 128, 10_240)
    item_concurrency: int = knob(1, 1, 500)  # items worked at a time inside one invocation
    cpu: str = knob("arm64", of=("arm64", "x86_64"))
    value_max: int = knob(1_000, 0, 600_000)  # an item takes 0..value_max milliseconds
    poison_per_million: int = knob(0, 0, 1_000_000)  # items that fail every time they are tried
    telemetry: str = knob("emf", of=("emf", "put_metric_data"))

    def __post_init__(self) -> None:
        for f in fields(self):
            _check(f.name, getattr(self, f.name), f)
        self.check()

    def check(self) -> None:
        """Refuse knobs that cannot work with each other."""

    def knobs(self) -> dict[str, Any]:
        """Every knob by name, as JSON writes it."""
        return asdict(self)

    def batch_knobs(self) -> dict[str, Any]:
        """The knobs that shape a batch: they travel in its record, never in the environment."""
        raise NotImplementedError(f"{type(self).__name__} must say which knobs shape a batch")

    def refuse_items(self, items: int) -> None:
        """Refuse a batch that the knobs cannot carry."""
        if not 1 <= items <= ITEMS_MAX:
            raise BadKnob("items", items, f"must be 1 to {ITEMS_MAX:,}")

    def work_limit_s(self, items: int) -> float:
        """The longest that items can take in one invocation, work alone, in seconds."""
        return ceil(items / self.item_concurrency) * self.value_max / 1000


@dataclass(frozen=True)
class Sqs(Design):
    """EventBridge, batcher, SQS, processor, one record an item in DynamoDB, finalizer."""

    name: ClassVar[str] = "sqs"
    stack: ClassVar[str] = "SqsBatchProcessing"

    max_concurrency: int | None = knob(900, 2, 1_000)  # of the event source; None: up to 1,250
    items_per_message: int = knob(10, 1, 10_000)
    messages_per_invocation: int = knob(10, 1, 10_000)
    batch_window_s: int = knob(0, 0, 300)
    track: str = knob("item", of=("item", "message"))  # one record an item, or one a message
    claim: bool = knob(False, of=(True, False))  # never two live owners of an item
    state_shards: int = knob(10, 1, 500)
    poll_s: int = knob(30, 1, 900)  # the finalizer's delay between two looks
    send_batch_size: int = knob(10, 1, 10)
    write_batch_size: int = knob(25, 1, 25)
    segment_items: int = knob(10_000, 1, 10_000)
    batcher_concurrency: int | None = knob(
        10, 2, 1_000
    )  # else segments starve each other of writes
    max_receives: int = knob(5, 4, 1_000)  # before a message goes to the dead letters
    stuck_after_s: int = knob(21_600, 60, 1_209_600)  # a record older than this is sent again
    warm_write_units: int | None = knob(None, 4_000, 40_000)  # writes a second, paid for ahead

    def check(self) -> None:
        if self.messages_per_invocation > 10 and self.batch_window_s < 1:
            raise BadKnob(
                "messages_per_invocation",
                self.messages_per_invocation,
                "an event source takes more than 10 messages only with a window of 1 s or more",
                "Set batch_window_s=1.",
            )
        size = self.items_per_message * ITEM_MAX_BYTES + 512
        if size > MESSAGE_MAX_BYTES:
            raise BadKnob("items_per_message", self.items_per_message, "a message passes 1 MiB")
        if self.processor_timeout_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                "items_per_message",
                self.items_per_message,
                f"{self.items_per_invocation} items of up to {self.value_max} ms in one invocation "
                f"need {self.processor_timeout_s} s; Lambda stops at {FUNCTION_TIMEOUT_MAX_S} s",
                "Lower items_per_message or messages_per_invocation, or raise item_concurrency.",
            )
        if self.visibility_timeout_s > 43_200:
            raise BadKnob("batch_window_s", self.batch_window_s, "visibility would pass 12 hours")

    @property
    def items_per_invocation(self) -> int:
        """The most items that one invocation gets."""
        return self.items_per_message * self.messages_per_invocation

    @property
    def messages_at_once(self) -> int:
        """Messages worked at a time: only as many as leave each of their items a place."""
        return max(1, self.item_concurrency // self.items_per_message)

    def work_limit_s(self, items: int) -> float:
        """Messages in rounds, and in each the items of a message in rounds."""
        rounds = ceil(ceil(items / self.items_per_message) / self.messages_at_once)
        return rounds * ceil(self.items_per_message / self.item_concurrency) * self.value_max / 1000

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for every AWS call."""
        items, messages = self.items_per_invocation, self.messages_per_invocation
        claims = (items if self.track == "item" else messages) if self.claim else 0
        deletes = messages * ceil(self.items_per_message / self.write_batch_size)
        metrics = items if self.telemetry == "put_metric_data" else 0
        calls = (claims + deletes + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(items) + calls + START_ALLOWANCE_S)

    @property
    def lease_s(self) -> int:
        """How long a claim holds: Lambda has stopped its owner by then."""
        return self.processor_timeout_s + 30

    @property
    def visibility_timeout_s(self) -> int:
        """Six times the function's timeout and the window, as Lambda's guide advises."""
        return 6 * self.processor_timeout_s + self.batch_window_s

    def batch_knobs(self) -> dict[str, Any]:
        names = (
            "items_per_message track claim state_shards poll_s send_batch_size write_batch_size "
            "segment_items item_concurrency telemetry value_max poison_per_million stuck_after_s "
            "max_concurrency"
        ).split()
        return {name: getattr(self, name) for name in names} | {"lease_s": self.lease_s}


@dataclass(frozen=True)
class Sfn(Design):
    """Step Functions: batcher to S3, Distributed Map over the processor, summary, SNS."""

    name: ClassVar[str] = "sfn"
    stack: ClassVar[str] = "SfnBatchProcessing"

    max_concurrency: int | None = knob(900, 1, 10_000)  # map children at a time; None: 10,000
    items_per_child: int = knob(100, 1, 5_000)
    child_type: str = knob("EXPRESS", of=("EXPRESS", "STANDARD"))
    child_tries: int = knob(2, 1, 5)  # of the processor, for other errors than throttles
    segment_items: int = knob(500_000, 1_000, 1_000_000)

    def check(self) -> None:
        if self.items_per_child * ITEM_MAX_BYTES > 256 * 1024 - 512:
            raise BadKnob("items_per_child", self.items_per_child, "a child's input passes 256 KiB")
        if self.processor_timeout_s > FUNCTION_TIMEOUT_MAX_S:
            raise BadKnob(
                "items_per_child",
                self.items_per_child,
                f"up to {self.processor_timeout_s} s in one invocation; Lambda stops at 900 s",
                "Lower items_per_child or raise item_concurrency.",
            )
        if self.child_type == "EXPRESS" and self.child_limit_s >= EXPRESS_MAX_S:
            raise BadKnob(
                "items_per_child",
                self.items_per_child,
                f"{self.child_tries} tries of {self.items_per_child} items of up to "
                f"{self.value_max} ms need {self.child_limit_s} s; an Express child ends at 300 s",
                "Lower items_per_child or child_tries, raise item_concurrency, "
                "or take child_type=STANDARD.",
            )

    @property
    def processor_timeout_s(self) -> int:
        """Longest work, and an allowance for the AWS calls."""
        metrics = self.items_per_child if self.telemetry == "put_metric_data" else 0
        calls = (1 + metrics) * CALL_ALLOWANCE_S
        return ceil(self.work_limit_s(self.items_per_child) + calls + START_ALLOWANCE_S)

    @property
    def task_timeout_s(self) -> int:
        """The child waits a little longer than the function may run."""
        return self.processor_timeout_s + 5

    @property
    def child_limit_s(self) -> int:
        """The longest that a child can take with all its tries and the waits between them."""
        return self.child_tries * self.task_timeout_s + (self.child_tries - 1) * RETRY_WAIT_S

    def batch_knobs(self) -> dict[str, Any]:
        names = (
            "items_per_child max_concurrency segment_items item_concurrency telemetry value_max "
            "poison_per_million"
        ).split()
        return {name: getattr(self, name) for name in names}


DESIGNS: dict[str, type[Design]] = {"sqs": Sqs, "sfn": Sfn}

# `published`: the habits of the design this study starts from (mbonig/batch-processor, 2024-10-10):
# one PutMetricData, three record writes and one key an item, no batching, a five-minute poll.
PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "sqs": {
        "default": {},
        "published": {
            "items_per_message": 1,
            "messages_per_invocation": 10,
            "claim": True,
            "state_shards": 1,
            "poll_s": 300,
            "send_batch_size": 1,
            "write_batch_size": 1,
            "telemetry": "put_metric_data",
            "value_max": 999,
            "max_concurrency": None,
            "cpu": "x86_64",
        },
    },
    "sfn": {
        "default": {},
        "published": {
            "items_per_child": 100,
            "max_concurrency": 500,
            "telemetry": "put_metric_data",
            "value_max": 999,
            "batcher_memory_mb": 5_096,
            "cpu": "x86_64",
        },
    },
}


def make_design(
    name: str, preset: str = "default", settings: dict[str, Any] | None = None
) -> Design:
    """The design called `name`: a preset, and settings over it (texts are read as values)."""
    if name not in DESIGNS:
        raise BadInput(f"design={name!r} is not known. Take one of {', '.join(DESIGNS)}.")
    if preset not in PRESETS[name]:
        raise BadInput(f"preset={preset!r} is not known. Take one of {', '.join(PRESETS[name])}.")
    known = {f.name: f for f in fields(DESIGNS[name])}
    values = dict(PRESETS[name][preset])
    for key, value in (settings or {}).items():
        if key not in known:
            raise BadInput(f"knob {key!r} is not one of {name}. It has {', '.join(known)}.")
        values[key] = _read(key, value, known[key].default) if isinstance(value, str) else value
    return DESIGNS[name](**values)


def _read(name: str, text: str, default: Any) -> Any:
    """A knob's value from text, of the type that its default has."""
    if text.lower() in ("none", "null"):
        return None
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise BadKnob(name, text, "must be true or false")
        return text.lower() == "true"
    if isinstance(default, str):
        return text
    try:
        return int(text.replace("_", ""))
    except ValueError:
        raise BadKnob(name, text, "must be a whole number") from None


def _check(name: str, value: Any, f: Any) -> None:
    """Hold a knob to its own limits."""
    of, low, high = f.metadata["of"], f.metadata["low"], f.metadata["high"]
    if of:
        if value not in of or isinstance(value, bool) != isinstance(of[0], bool):
            raise BadKnob(name, value, f"must be one of {', '.join(map(str, of))}")
        return
    if value is None and "None" in str(f.type):
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadKnob(name, value, f"must be a whole number from {low:,} to {high:,}")
