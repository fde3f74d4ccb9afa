"""The batcher: claims the batch for one execution, then creates its items a segment at a time.

Items go to S3 as JSON Lines under deterministic keys, streamed, so that a retry overwrites and
memory does not grow with the segment.
"""

import json
from collections.abc import Iterator
from typing import Any

from lambdas import claim, items, outside, telemetry
from lambdas.sfn import keys
from lambdas.trigger import Trigger, read_trigger

PART_BYTES = 8 * 2**20  # of a multipart upload; S3 refuses parts under 5 MiB but the last
NEEDED = ("segment_items", "items_per_child", "max_concurrency", "value_max")

s3 = outside.client("s3")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`start` claims the batch and says what to do; `segment` creates a part of its items."""
    event = event if isinstance(event, dict) else {}
    action, execution = event.get("action"), event.get("execution")
    if action == "start" and isinstance(execution, str):
        return _start(read_trigger(event.get("trigger"), NEEDED), execution)
    if action == "segment":
        return _segment(read_trigger(event.get("batch"), NEEDED), event.get("segment"), context)
    raise ValueError(f"the event {json.dumps(event)[:100]} is neither a start nor a segment")


def _start(trigger: Trigger, execution: str) -> dict[str, Any]:
    """What the state machine needs to know of the batch, and whether it is this execution's."""
    size = trigger.knobs["segment_items"]
    return {
        "owner": claim.owns(s3, keys.bucket, trigger.batch, execution),
        "batch_id": trigger.batch,
        "items": trigger.items,
        "seed": trigger.seed,
        "knobs": trigger.knobs,
        "segments": list(range(-(-trigger.items // size))),
        "prefix": keys.items_prefix(trigger.batch),
        "results": keys.results_prefix(trigger.batch),
        "items_per_child": trigger.knobs["items_per_child"],
        "max_concurrency": trigger.knobs["max_concurrency"] or 10_000,
    }


def _segment(batch: Trigger, segment: Any, context: Any) -> dict[str, Any]:
    """Write the items of a segment to S3."""
    size = batch.knobs["segment_items"]
    if type(segment) is not int or segment not in range(-(-batch.items // size)):
        raise ValueError(f"segment {segment!r} is not one of {batch.items} items by {size}")
    start, stop = segment * size, min((segment + 1) * size, batch.items)
    created = items.create(batch.seed, start, stop, batch.knobs)
    _upload(keys.segment_key(batch.batch, segment), _parts(items.sent(created, batch.knobs)))
    metrics = {"items_created": stop - start}
    now = outside.now()
    telemetry.emit("sfn", "batcher", batch.batch, context, metrics, created_at=now)
    return {"segment": segment}


def _parts(created: Iterator[list]) -> Iterator[bytes]:
    """JSON Lines in parts of PART_BYTES, the last one shorter."""
    lines: list[str] = []
    held_bytes = 0
    for item, value, *rest in created:
        payload = f',"payload":"{rest[0]}"' if rest else ""
        line = f'{{"id":"{item}","value":{value}{payload}}}\n'
        lines.append(line)
        held_bytes += len(line)
        if held_bytes >= PART_BYTES:
            yield "".join(lines).encode()
            lines, held_bytes = [], 0
    yield "".join(lines).encode()


def _upload(key: str, parts: Iterator[bytes]) -> None:
    """One object, in one call if it is one part, else by multipart upload."""
    first = next(parts)
    if len(first) < PART_BYTES:
        s3.put_object(Bucket=keys.bucket, Key=key, Body=first)
        return
    upload = s3.create_multipart_upload(Bucket=keys.bucket, Key=key)["UploadId"]
    place = {"Bucket": keys.bucket, "Key": key, "UploadId": upload}
    try:
        done = [_part(place, 1, first)]
        done += [_part(place, n, part) for n, part in enumerate(parts, 2) if part]
        s3.complete_multipart_upload(**place, MultipartUpload={"Parts": done})
    except BaseException:  # the parts of an upload that is not ended are stored and paid for
        s3.abort_multipart_upload(**place)
        raise


def _part(place: dict[str, str], number: int, body: bytes) -> dict[str, Any]:
    answer = s3.upload_part(**place, PartNumber=number, Body=body)
    return {"ETag": answer["ETag"], "PartNumber": number}
