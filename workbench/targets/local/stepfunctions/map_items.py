"""The items of a map run: read from S3 object by object, and batched into children's inputs.

`s3:listObjectsV2` with LOAD_AND_FLATTEN: every object under the prefix is JSON Lines, and all their
lines in order of key are one list of items
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html). Reading goes on
while children run: an item carries the time at which one reader after the other would have it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from workbench.targets.local.stepfunctions.data import PAYLOAD_MAX_BYTES, as_json, size_bytes
from workbench.targets.local.stepfunctions.failures import DATA_LIMIT, READER_FAILED, StateFailed
from workbench.targets.local.stepfunctions.services import Services

KEYS_PER_PAGE = 1_000  # ListObjectsV2 gives no more
CHUNK_BYTES = 1 << 20
BYTES_PER_MB = 1_000_000

Item = tuple[float, Any]  # when it has been read, in virtual seconds, and its value


@dataclass(frozen=True)
class S3Location:
    """A bucket and a prefix."""

    bucket: str
    prefix: str


@dataclass(frozen=True)
class ChildInput:
    """The input of a child, how many items it holds, and when they have been read."""

    ready_s: float
    items: int
    data: Any
    text: str


def child_inputs(items: Iterator[Item], items_max: float, fixed: Any) -> Iterator[ChildInput]:
    """Batches in the order of the items, each within 256 KiB; drawn only as asked for.

    `fixed` is BatchInput, which every child gets.
    """
    empty = {"BatchInput": fixed, "Items": []}
    empty_text, empty_bytes = as_json(empty), size_bytes(empty)
    values: list[Any] = []
    texts: list[str] = []
    size = last_s = 0

    def close() -> ChildInput:
        text = f"{empty_text[:-2]}{','.join(texts)}]}}"
        return ChildInput(last_s, len(values), {"BatchInput": fixed, "Items": values}, text)

    for ready_s, item in items:
        text = as_json(item)
        item_bytes = len(text.encode()) + 1  # and a comma
        alone_bytes = empty_bytes + item_bytes - 1
        if alone_bytes > PAYLOAD_MAX_BYTES:
            raise StateFailed(
                DATA_LIMIT,
                f"one item makes a child's input of {alone_bytes} bytes; {PAYLOAD_MAX_BYTES} are "
                "allowed",
            )
        if values and (size + alone_bytes > PAYLOAD_MAX_BYTES or len(values) >= items_max):
            yield close()
            values, texts, size = [], [], 0
        values.append(item)
        texts.append(text)
        size, last_s = size + item_bytes, ready_s
    if values:
        yield close()


def s3_items(services: Services, source: S3Location) -> Iterator[Item]:
    """Every item under the prefix. Only one object is open at a time."""
    ready_s = services.kernel.now
    for page_s, entries in _pages(services, source):
        ready_s += page_s
        for entry in entries:
            ready_s += _read_s(services, entry["Size"])
            for line in _lines(services, source.bucket, entry["Key"]):
                yield ready_s, line


def _pages(services: Services, source: S3Location) -> Iterator[tuple[float, list[dict[str, Any]]]]:
    """The pages of the listing, each with the time that it takes."""
    more: dict[str, str] | None = {}
    while more is not None:
        latency_s = services.draw_s("s3_list")
        page = _called(
            services,
            "ListObjectsV2",
            source.prefix,
            lambda more=more: services.clients("s3").list_objects_v2(
                Bucket=source.bucket, Prefix=source.prefix, MaxKeys=KEYS_PER_PAGE, **more
            ),
        )
        services.bill.s3_listed()
        yield latency_s, page.get("Contents", [])
        token = page.get("NextContinuationToken")
        more = None if token is None else {"ContinuationToken": token}


def _lines(services: Services, bucket: str, key: str) -> Iterator[Any]:
    """The items of one object."""
    client = services.clients("s3")
    found = _called(services, "GetObject", key, lambda: client.get_object(Bucket=bucket, Key=key))
    services.bill.s3_read()
    for number, line in enumerate(found["Body"].iter_lines(CHUNK_BYTES), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line.decode())
        except ValueError as error:
            raise StateFailed(READER_FAILED, f"{key}, line {number}: {error}") from None


def _read_s(services: Services, size: int) -> float:
    per_mb_s = services.profile.value("s3_ms_per_mb") / 1000
    return services.draw_s("s3_get") + size / BYTES_PER_MB * per_mb_s


def _called(services: Services, operation: str, key: str, call: Callable[[], Any]) -> Any:
    """S3's answer; an error, of S3 or of a fault plan, fails the map."""
    fault = services.faults.s3(operation, key)
    if fault is not None:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {fault}")
    try:
        return call()
    except ClientError as error:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {error}") from None
