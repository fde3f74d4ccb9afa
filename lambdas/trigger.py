"""What starts a batch: the workbench's own input, or the cron rule's."""

import json
import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

from lambdas.items import WORK, waits_ms

ITEMS_MAX = 100_000_000
NUMBER_MAX = 1_000_000_000  # of any knob
LEAST = {  # of the knobs that are numbers
    **dict.fromkeys(("segment_items", "items_per_message", "items_per_child", "state_shards"), 1),
    **dict.fromkeys(("item_concurrency", "max_concurrency", "lease_s", "deadline_s"), 1),
    **dict.fromkeys(("send_batch_size", "write_batch_size"), 1),
    **dict.fromkeys(("value_max", "poison_per_million", "poll_s", "stuck_after_s", *WORK), 0),
    "item_bytes": 0,
}
BATCH_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class Trigger(NamedTuple):
    """A batch as it is asked for."""

    batch: str
    items: int
    seed: int
    knobs: dict[str, Any]


def read_trigger(event: Any, needed: Iterable[str] = ()) -> Trigger:
    """The batch that an event asks for; ValueError says what is wrong with it.

    `needed` are the knobs that must be there; all are looked at then.

    The batch id is the caller's token or the cron slot, never a fresh one: a rule that fires twice
    and a caller that tries again must mean the same batch.
    """
    if not isinstance(event, dict):
        raise ValueError(f"the event {json.dumps(event)[:100]} is not an object")
    batch = event.get("batch_id") or _slot(event.get("time"))
    if not isinstance(batch, str) or not BATCH_ID.fullmatch(batch):
        raise ValueError(f"batch_id {batch!r} is not 1 to 64 of letters, digits and hyphens")
    items = event.get("items")
    if not isinstance(items, int) or isinstance(items, bool) or not 1 <= items <= ITEMS_MAX:
        raise ValueError(f"items {items!r} is not a whole number from 1 to {ITEMS_MAX}")
    knobs = event.get("knobs")
    if not isinstance(knobs, dict):
        raise ValueError(f"knobs {json.dumps(knobs)} is not an object")
    seed = event.get("seed")
    if seed is None:
        seed = int.from_bytes(blake2b(batch.encode(), digest_size=8).digest(), "big") >> 1
    if not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed {seed!r} is not a whole number from 0 to 2**63 - 1")
    if needed:
        _refuse_knobs(knobs, needed)
    return Trigger(batch, items, seed, knobs)


def name_of(event: Any) -> str:
    """The batch that an event means, however wrong the rest of it is; empty if it means none."""
    try:
        return str(event.get("batch_id") or _slot(event.get("time")))
    except (AttributeError, ValueError):
        return ""


def _refuse_knobs(knobs: dict[str, Any], needed: Iterable[str]) -> None:
    """Refuse knobs with which a batch could be opened and never be created."""
    missing = [name for name in needed if name not in knobs]
    if missing:
        raise ValueError(f"knobs lack {', '.join(missing)}")
    for name, value in knobs.items():
        if name not in LEAST or (name == "max_concurrency" and value is None):
            continue
        number = type(value) is int or (type(value) is float and name.endswith("_s"))
        if not number or not LEAST[name] <= value <= NUMBER_MAX:
            raise ValueError(f"knob {name} {value!r} is not a number from {LEAST[name]}")
    try:
        waits_ms(knobs, 0), waits_ms(knobs, 2**32 - 1)
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError("durations are no points of a quantile function") from None


def _slot(time: Any) -> str:
    """The batch id of a scheduled time, floored to its minute: 2026-11-23T06:00:00Z."""
    if not isinstance(time, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:.*", time):
        raise ValueError("the event has neither a batch_id nor a scheduled time")
    return "cron-" + time[:16].replace("-", "").replace(":", "")
