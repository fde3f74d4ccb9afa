"""What has failed, listed in S3: one object for a chunk or a segment, which a retry overwrites.

Never in a checkpoint: an execution may write 100 MB in all, and a checkpoint 256 KB.
"""

import json
import os
from collections.abc import Iterable

from lambdas import outside
from lambdas.durable.ranges import Range
from lambdas.items import Item

bucket = os.environ.get("BUCKET", "")
s3 = outside.client("s3")


def key(batch: str, which: Range) -> str:
    """The object of a range."""
    return f"batches/{batch}/failed/{which.start:09d}-{which.stop:09d}.jsonl"


def write(batch: str, which: Range, items: Iterable[tuple[Item, str]], tries: int) -> None:
    """List items with their reasons, or none of them any more."""
    lines = (
        json.dumps({"id": item.id, "value": item.value, "reason": why, "attempts": tries}) + "\n"
        for item, why in items
    )
    body = "".join(lines).encode()
    s3.put_object(Bucket=bucket, Key=key(batch, which), Body=body)


def write_range(batch: str, which: Range, why: str) -> None:
    """List a whole range in one line: more may be in it than a step has time to create."""
    line = {"start": which.start, "stop": which.stop, "reason": why}
    s3.put_object(Bucket=bucket, Key=key(batch, which), Body=json.dumps(line).encode() + b"\n")


def read(batch: str, which: Range) -> list[Item]:
    """The items that a chunk's last try has listed."""
    found = s3.get_object(Bucket=bucket, Key=key(batch, which))["Body"].read()
    listed = map(json.loads, found.splitlines())
    return [Item(one["id"], one["value"]) for one in listed]
