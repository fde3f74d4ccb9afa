"""The processor: works the items of one map child, and lists those that failed.

Results stay out of the state: the answer is three counts. An item that raises is listed as failed
at once; a child that dies is tried again whole, so its items may be worked twice.
"""

import json
from typing import Any

from lambdas import outside, telemetry
from lambdas.items import Item
from lambdas.sfn import keys
from lambdas.work import Attempt, attempt

s3 = outside.client("s3")
cloudwatch = outside.client("cloudwatch")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work a child's items, and answer how many are done and how many failed."""
    batch, knobs, children = _read(event)
    telemetry.trace(knobs, json.dumps(event.get("Items"), separators=(",", ":")))
    done_at: list[float] = []

    def one(item: Item) -> Attempt:
        return _try(item, knobs, done_at)

    tries = outside.gather(one, children, min(knobs.get("item_concurrency", 1), len(children)))
    failed = [
        (item, tried.reason) for item, tried in zip(children, tries, strict=True) if tried.reason
    ]
    if failed:
        _list(batch, children[0], failed)
    processed = len(children) - len(failed)
    metrics = {
        "items_processed": processed,
        "items_failed": len(failed),
        "items_duplicated": 0,
        "work_ms": round(sum(tried.work_ms for tried in tries)),
    }
    done = {"last_done_at": max(done_at)}
    telemetry.emit("sfn", "processor", batch, context, metrics, **done)
    return {"processed": processed, "failed": len(failed)}


def _read(event: Any) -> tuple[str, dict[str, Any], list[Item]]:
    """Batch id, knobs and items of a map child."""
    try:
        children = [Item(str(one["id"]), int(one["value"])) for one in event["Items"]]
        batch = event["BatchInput"]
        batch_id, knobs = str(batch["batch_id"]), dict(batch["knobs"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError(f"{json.dumps(event)[:100]} is no child of a map over items") from None
    at_once = knobs.get("item_concurrency", 1)
    if type(at_once) is not int or at_once < 1:
        raise ValueError(f"item_concurrency {at_once!r} of {batch_id!r} is no whole number from 1")
    if not children:
        raise ValueError(f"a child of {batch_id!r} came without items")
    return batch_id, knobs, children


def _try(item: Item, knobs: dict[str, Any], done_at: list[float]) -> Attempt:
    """Work an item, note when it was over, and report it if the knob says so."""
    telemetry.trace(knobs, f"Processing item: {item.id}")
    tried = attempt(item, knobs)
    done_at.append(outside.now())
    if not tried.reason and knobs.get("telemetry") == "put_metric_data":
        telemetry.put_item_metric(cloudwatch, "sfn", round(tried.work_ms))
    return tried


def _list(batch: str, first: Item, failed: list[tuple[Item, str]]) -> None:
    """Write the failed items under the batch, by the child's first item: a retry overwrites."""
    lines = (
        json.dumps({"id": item.id, "value": item.value, "reason": why}) + "\n"
        for item, why in failed
    )
    key = keys.failed_key(batch, first.id)
    s3.put_object(Bucket=keys.bucket, Key=key, Body="".join(lines).encode())
