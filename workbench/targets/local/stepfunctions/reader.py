"""The items of a map run, read from S3 object by object.

`s3:listObjectsV2` with LOAD_AND_FLATTEN: every object under the prefix is JSON Lines, and all their
lines in order of key are one list of items
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html). Reading goes on
while children run: an item carries the time at which one reader after the other would have it.
"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from workbench.targets.local.stepfunctions.batches import Item
from workbench.targets.local.stepfunctions.failures import READER_FAILED, StateFailed
from workbench.targets.local.stepfunctions.settings import Place
from workbench.targets.local.stepfunctions.world import World

KEYS_PER_PAGE = 1_000  # ListObjectsV2 gives no more
CHUNK_BYTES = 1 << 20
BYTES_PER_MB = 1_000_000


def s3_items(world: World, source: Place) -> Iterator[Item]:
    """Every item under the prefix. Only one object is open at a time."""
    ready_s = world.kernel.now
    for page_s, entries in _pages(world, source):
        ready_s += page_s
        for entry in entries:
            ready_s += _read_s(world, entry["Size"])
            for line in _lines(world, source.bucket, entry["Key"]):
                yield ready_s, line


def _pages(world: World, source: Place) -> Iterator[tuple[float, list[dict[str, Any]]]]:
    """The pages of the listing, each with the time that it takes."""
    more: dict[str, str] = {}
    while more is not None:
        latency_s = world.draw_s("s3_list")
        page = _called(
            world,
            "ListObjectsV2",
            source.prefix,
            lambda more=more: world.clients("s3").list_objects_v2(
                Bucket=source.bucket, Prefix=source.prefix, MaxKeys=KEYS_PER_PAGE, **more
            ),
        )
        world.bill.s3_listed()
        yield latency_s, page.get("Contents", [])
        token = page.get("NextContinuationToken")
        more = None if token is None else {"ContinuationToken": token}


def _lines(world: World, bucket: str, key: str) -> Iterator[Any]:
    """The items of one object."""
    found = _called(
        world, "GetObject", key, lambda: world.clients("s3").get_object(Bucket=bucket, Key=key)
    )
    world.bill.s3_read()
    for number, line in enumerate(found["Body"].iter_lines(CHUNK_BYTES), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line.decode())
        except ValueError as error:
            raise StateFailed(READER_FAILED, f"{key}, line {number}: {error}") from None


def _read_s(world: World, size: int) -> float:
    per_mb_s = world.profile.value("s3_ms_per_mb") / 1000
    return world.draw_s("s3_get") + size / BYTES_PER_MB * per_mb_s


def _called(world: World, operation: str, key: str, call: Any) -> Any:
    """What S3 answers; a refusal, of S3 or of a fault plan, fails the map."""
    fault = world.faults.s3(operation, key)
    if fault is not None:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {fault}")
    try:
        return call()
    except ClientError as error:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {error}") from None
