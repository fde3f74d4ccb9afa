"""Failed items of `sfn`: the processors' lists under the batch, and the map's FAILED files."""

import json
from codecs import iterdecode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from workbench.runs.failures.listed import Clients, Failure, Names

CHUNK_BYTES = 2**20


def in_objects(client: Clients, outputs: Names, batch_id: str) -> Iterator[Failure]:
    """Items of children that died with all their tries, then those that processors list."""
    s3, bucket = client("s3"), outputs["BucketName"]
    died: set[str] = set()
    for key in _keys(s3, bucket, f"results/{batch_id}/"):
        if "/FAILED_" in key:
            for child in _children(_text(s3, bucket, key)):
                for item in json.loads(child["Input"])["Items"]:
                    died.add(item["id"])
                    yield Failure(item["id"], 1, _reason(child), None)
    for key in _keys(s3, bucket, f"batches/{batch_id}/failed/"):
        for line in "".join(_text(s3, bucket, key)).splitlines():
            listed = json.loads(line)
            if listed["id"] not in died:  # a child may list some, be tried again, and die
                yield Failure(listed["id"], 1, listed["reason"], 1)


def _reason(child: dict[str, Any]) -> str:
    """Why a child died, in one line: the error's name, and what Lambda says of it."""
    cause = str(child.get("Cause") or "")
    with suppress(ValueError, KeyError, TypeError):
        cause = str(json.loads(cause)["errorMessage"])
    text = f"{child.get('Error') or child.get('Status')}: {cause}".strip(": ")
    return text.splitlines()[0]


def _children(chunks: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The entries of a JSON array, one at a time: a results file grows to 5 GB."""
    decoder, held = json.JSONDecoder(), ""
    for chunk in chunks:
        held = (held + chunk).lstrip("[, \n\t\r")
        while held and not held.startswith("]"):
            try:
                entry, end = decoder.raw_decode(held)
            except json.JSONDecodeError:
                break
            yield entry
            held = held[end:].lstrip(", \n\t\r")


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _text(s3: Any, bucket: str, key: str) -> Iterator[str]:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    return iterdecode(body.iter_chunks(CHUNK_BYTES), "utf-8")
