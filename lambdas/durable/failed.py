"""What has failed, listed in S3: one object for each try of a chunk, or for a segment.

Never in a checkpoint: an execution may write 100 MB in all, and a checkpoint 256 KB. The first list
of a try stands: a chained invoke may run twice, and its copy may come after a later try.
"""

import json
import os
from collections.abc import Iterable

from lambdas import claim, items, outside
from lambdas.durable.ranges import TRIES_MAX, Range
from lambdas.trigger import Trigger

bucket = os.environ.get("BUCKET", "")
s3 = outside.client("s3")


def key(batch: str, which: Range, tries: int = TRIES_MAX) -> str:
    """The object of a range: for good, or of a try after which another one follows."""
    place = "failed" if tries == TRIES_MAX else f"again/{tries}"
    return f"batches/{batch}/{place}/{which.start:09d}-{which.stop:09d}.jsonl"


def write(batch: str, which: Range, left: Iterable[tuple[items.Item, str]], tries: int) -> int:
    """List items with their reasons, unless this try has a list already; how many are in it."""
    lines = [
        json.dumps({"id": item.id, "value": item.value, "reason": why, "attempts": tries}) + "\n"
        for item, why in left
    ]
    there = claim.put_first(s3, bucket, key(batch, which, tries), "".join(lines).encode())
    return len(lines) if there is None else len(there.splitlines())


def write_range(batch: str, which: Range, why: str) -> None:
    """List a whole range in one line: more may be in it than a step has time to create."""
    line = {"start": which.start, "stop": which.stop, "reason": why}
    s3.put_object(Bucket=bucket, Key=key(batch, which), Body=json.dumps(line).encode() + b"\n")


def given(trigger: Trigger, which: Range, again: int) -> list[items.Item]:
    """What a try works: the items that try `again` has listed, or with 0 all of a chunk."""
    if not again:
        return list(items.create(trigger.seed, *which, trigger.knobs))
    found = s3.get_object(Bucket=bucket, Key=key(trigger.batch, which, again))["Body"].read()
    listed = map(json.loads, found.splitlines())
    return [items.Item(one["id"], one["value"]) for one in listed]
