"""The summary: counts what failed, from the processors' lists and the map's own FAILED files."""

import json
from codecs import iterdecode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lambdas import outside
from lambdas.sfn import places

CHUNK_BYTES = 2**20

s3 = outside.client("s3")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """The notification of a batch whose map has ended at `entered_at`."""
    batch = event["batch"]
    failed = _listed(batch["batch_id"]) + _in_failed_children(batch["batch_id"])
    return {
        "batch_id": batch["batch_id"],
        "design": "sfn",
        "status": "complete",
        "items": batch["items"],
        "items_failed": failed,
        "detected_at": datetime.fromisoformat(event["entered_at"]).timestamp(),
        "reason": "",
    }


def _listed(batch: str) -> int:
    """Items that processors listed as failed, one a line."""
    return sum(
        chunk.count(b"\n") for key in _keys(places.failed_prefix(batch)) for chunk in _chunks(key)
    )


def _in_failed_children(batch: str) -> int:
    """Items of the children that failed with all their tries: none of them is known to be done."""
    failed = 0
    for key in _keys(places.results_prefix(batch)):
        if key.endswith("/manifest.json"):
            manifest = json.loads(b"".join(_chunks(key)))
            for file in manifest.get("ResultFiles", {}).get("FAILED", []):
                failed += sum(map(_items_of, _entries(file["Key"])))
    return failed


def _items_of(child: dict[str, Any]) -> int:
    """How many items a child was given; its input is a JSON text in the map's results."""
    given = child.get("Input", "{}")
    given = json.loads(given) if isinstance(given, str) else given
    return len(given.get("Items", [None]))


def _entries(key: str) -> Iterator[Any]:
    """The entries of a JSON array, one at a time: a results file grows to 5 GB."""
    decoder, held = json.JSONDecoder(), ""
    for text in iterdecode(_chunks(key), "utf-8"):
        held = (held + text).lstrip("[, \n\t\r")
        while held and not held.startswith("]"):
            try:
                entry, end = decoder.raw_decode(held)
            except json.JSONDecodeError:
                break
            yield entry
            held = held[end:].lstrip(", \n\t\r")


def _keys(prefix: str) -> Iterator[str]:
    """The keys under a prefix, page by page."""
    more: dict[str, str] = {}
    while True:
        page = s3.list_objects_v2(Bucket=places.bucket, Prefix=prefix, **more)
        yield from (entry["Key"] for entry in page.get("Contents", []))
        if not page.get("IsTruncated"):
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def _chunks(key: str) -> Iterator[bytes]:
    """An object's bytes, a piece at a time."""
    return s3.get_object(Bucket=places.bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES)
