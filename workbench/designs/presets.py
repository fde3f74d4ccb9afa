"""Named sets of knobs, and a design from a preset and settings over it."""

from dataclasses import fields
from typing import Any

from workbench import border
from workbench.designs.counters import Counters
from workbench.designs.design import Design
from workbench.designs.sfn import Sfn
from workbench.designs.sqs import Sqs
from workbench.errors import BadInput

DESIGNS: dict[str, type[Design]] = {"sqs": Sqs, "sfn": Sfn, "counters": Counters}
BOTH = ("sqs", "sfn")  # that the study compares; the third shows how a design is added

# `tuned`: the cheapest that `workbench tune` finds at a million items of up to a second, within an
# hour, one item at a time. sqs keeps the claim: never two live owners. sfn takes Standard children,
# as many items as fit into 900 s: an Express child ends at 300 s, all its tries included, and bills
# the time that it waits for its function besides.
TUNED_SQS: dict[str, Any] = {
    "items_per_message": 500,
    "messages_per_invocation": 1,
    "claim": True,
    "track": "message",
}
TUNED_SFN: dict[str, Any] = {"items_per_child": 889, "child_type": "STANDARD"}
TUNED_COUNTERS: dict[str, Any] = {"items_per_message": 500, "messages_per_invocation": 1}
TUNED_CONCURRENCY = 50  # items at a time: fifty threads still fit into 128 MB

# `published`: the habits of the design this study starts from (mbonig/batch-processor, 2024-10-10):
# one PutMetricData, three record writes and one key an item, no batching, a five-minute poll, each
# event and each item in the log (there with SQS's own fields and indented, so longer than ours).
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
            "logs": "all",
            "value_max": 999,
            "max_concurrency": None,
            "cpu": "x86_64",
        },
        "tuned": TUNED_SQS,
        "tuned-concurrent": TUNED_SQS | {"item_concurrency": TUNED_CONCURRENCY},
    },
    "sfn": {
        "default": {},
        "published": {
            "items_per_child": 100,
            "max_concurrency": 500,
            "telemetry": "put_metric_data",
            "logs": "all",
            "value_max": 999,
            "batcher_memory_mb": 5_096,
            "cpu": "x86_64",
        },
        "tuned": TUNED_SFN,
        "tuned-concurrent": TUNED_SFN | {"item_concurrency": TUNED_CONCURRENCY},
    },
    "counters": {
        "default": {},
        "tuned": TUNED_COUNTERS,
        "tuned-concurrent": TUNED_COUNTERS | {"item_concurrency": TUNED_CONCURRENCY},
    },
}


def make_design(
    name: str, preset: str = "default", settings: dict[str, Any] | None = None
) -> Design:
    """The design called `name`: a preset, and settings over it (texts are read as values)."""
    if border.text("design", name) not in DESIGNS:
        raise BadInput(f"design={name!r} is not known. Take one of {', '.join(DESIGNS)}.")
    if border.text("preset", preset) not in PRESETS[name]:
        raise BadInput(f"preset={preset!r} is not known. Take one of {', '.join(PRESETS[name])}.")
    given, known = border.settings(settings), [f.name for f in fields(DESIGNS[name])]
    strange = next((key for key in given if key not in known), None)
    if strange is not None:
        raise BadInput(f"knob {strange!r} is not one of {name}. It has {', '.join(known)}.")
    return DESIGNS[name](**(PRESETS[name][preset] | given))
