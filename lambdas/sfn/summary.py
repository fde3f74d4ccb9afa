"""The summary: counts what failed, from the processors' lists and the map's own FAILED files."""

import json
from codecs import iterdecode
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lambdas import notification, outside
from lambdas.sfn import keys
from lambdas.trigger import BATCH_ID

CHUNK_BYTES = 2**20

s3 = outside.client("s3")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """The notification of a batch whose map has ended at `entered_at`."""
    batch, items, detected_at = _read(event)
    counted, died = _in_failed_children(batch)
    failed = counted + _listed(batch, died)
    return notification.complete("sfn", batch, items, failed, detected_at)


def _read(event: Any) -> tuple[str, int, float]:
    """Batch id, items, and when the map ended, in seconds since 1970."""
    try:
        batch, entered_at = event["batch"], datetime.fromisoformat(event["entered_at"])
        if BATCH_ID.fullmatch(batch["batch_id"]):
            return batch["batch_id"], batch["items"], entered_at.timestamp()
    except (KeyError, TypeError, ValueError):
        pass
    raise ValueError(f"{json.dumps(event)[:100]} is no batch that a map has ended for")


def _listed(batch: str, died: set[str]) -> int:
    """Items that processors listed as failed, one a line, but for children that died in the end.

    Such a child may have listed some in a try before; all its items are counted already.
    """
    return sum(
        chunk.count(b"\n")
        for key in _keys(keys.failed_prefix(batch))
        if key not in died
        for chunk in _chunks(key)
    )


def _in_failed_children(batch: str) -> tuple[int, set[str]]:
    """Items of the children that failed with all their tries: none of them is known to be done.

    And the keys under which those children would have listed items.
    """
    failed, died = 0, set()
    for key in _keys(keys.results_prefix(batch)):
        if key.endswith("/manifest.json"):
            manifest = json.loads(b"".join(_chunks(key)))
            for file in manifest.get("ResultFiles", {}).get("FAILED", []):
                for child in _entries(file["Key"]):
                    items = json.loads(child["Input"])["Items"]
                    failed += len(items)
                    died.add(keys.failed_key(batch, items[0]["id"]))
    return failed, died


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
    if not held.startswith("]"):
        raise ValueError(f"{key} ends in the middle: what failed cannot be counted")


def _keys(prefix: str) -> Iterator[str]:
    """The keys under a prefix, page by page."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=keys.bucket, Prefix=prefix)
    for page in pages:
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _chunks(key: str) -> Iterator[bytes]:
    """An object's bytes, a piece at a time."""
    return s3.get_object(Bucket=keys.bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES)
