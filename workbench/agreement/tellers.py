"""The constants that calibrate leaves open, each with the run that tells it.

Small runs, each of a kind that one constant holds back or makes long; without knobs it is a plain
run of a size at which sums show. No knob here asks for another stack.
"""

from dataclasses import dataclass, field
from typing import Any

LARGE = 20_000  # items


@dataclass(frozen=True)
class Teller:
    """A run that tells a constant: its design, knobs beside the defaults, and items."""

    design: str
    items: int = LARGE
    settings: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        knobs = (f"{name}={'none' if v is None else v}" for name, v in self.settings.items())
        return ", ".join((self.design, *knobs, f"{self.items:,} items"))


# Of each design; its sums tell what its many calls and starts take.
PLAIN = {
    "sfn": Teller("sfn"),
    "sqs": Teller("sqs"),
    "counters": Teller("counters"),
    "durable": Teller("durable"),
}
EMPTY = {"items_per_child": 4_000, "value_max": 0}  # many items for little
STARTS = Teller("sfn", 2_000, {"items_per_child": 1, "max_concurrency": None, "value_max": 100})
SEGMENTS = Teller("sfn", 200_000, EMPTY | {"segment_items": 1_000})  # five iterations in a row
FAILING = Teller("sfn", 2_000, {"items_per_child": 10, "poison_per_million": 20_000})
WRITING = Teller("sfn", 2_000_000, EMPTY | {"batcher_memory_mb": 512})
SINGLE = {"items_per_message": 1, "messages_per_invocation": 1}
FEW = SINGLE | {"max_concurrency": 5, "value_max": 10}
RAMP = {"max_concurrency": None, "value_max": 500, "track": "message"}
AWAKE = Teller("sqs", 3_000, SINGLE | RAMP)
RESTED = Teller("sqs", 3_000, {"max_concurrency": None})  # batches longer than the wait
POLLED = Teller("sqs", 2_000, FEW)
QUICK = Teller("sqs", 2_000, FEW | {"memory_mb": 1_769})
OPEN = {
    "sfn_child_overhead": PLAIN["sfn"],
    "sfn_map_start_s": STARTS,
    "sfn_map_end_s": PLAIN["sfn"],
    "sfn_map_starts_express_per_s": STARTS,
    "sfn_state_gap": SEGMENTS,
    "s3_ms_per_mb": WRITING,  # narrowed only: it hides behind the CPU that writes the JSON
    "s3_get": FAILING,
    "ddb_batch_write": PLAIN["sqs"],
    "ddb_single": POLLED,
    "sqs_send_batch": PLAIN["counters"],
    "esm_dispatch": POLLED,
    "esm_ramp_per_min": AWAKE,
    "esm_idle_s": RESTED,
    "lambda_init": PLAIN["sqs"],
    "cpu_ms_per_call": QUICK,
    "cpu_ms_per_mb": WRITING,
}
