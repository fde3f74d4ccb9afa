"""The failed items of a batch: read from where its design lists them, kept, and put into words.

Designs with a batch-state table list them in its `failed#<id>` partition; `sfn` in its bucket, in
the processors' lists under the batch and in the map's FAILED files; `durable` in lists by range.
"""

import json
import re
from codecs import iterdecode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from math import sqrt
from typing import Any, NamedTuple

import pandas as pd

from workbench.errors import PullFailed
from workbench.runs.records import FAILURE_COLUMNS, Run
from workbench.workload.durations import item_ms_of

FAILURES_MAX = 100_000  # rows kept of a run; the true number is in run.json
SHOWN_MAX = 3  # reasons that are named
CHUNK_BYTES = 2**20
KINDS = {"item": "str", "items": "int64", "reason": "str", "attempts": "Int64"}
# Of the items that fail in every try, by the knob that makes them.
MODELLED = {
    "poison_per_million": "ValueError: sleep length must be non-negative",
    "fails_per_million": "RuntimeError: this try is one of fails_per_million",
}
UNIFORM_ERROR = 1 / sqrt(3)  # of one item's time beside the mean, where all times are as likely
CLOSE = 0.1  # no hint: the model is about right

Clients = Callable[[str], Any]  # a boto3 client by the service's name
Names = Mapping[str, str]  # the outputs of a stack


class Failure(NamedTuple):
    """One row: an item's id, or a range's name with how many items it has."""

    item: str
    items: int
    reason: str
    attempts: int | None  # None where nobody counted


def read_failures(
    design: str, client: Clients, outputs: Names, batch_id: str, limit: int = FAILURES_MAX
) -> pd.DataFrame:
    """What a design's stack lists as failed of a batch, the first `limit` rows."""
    found: Iterator[Failure] = READERS[design](client, outputs, batch_id)
    return failures_frame(islice(found, limit))


def failures_frame(failures: Iterable[Failure]) -> pd.DataFrame:
    """The table of these; attempts may be missing."""
    return pd.DataFrame(list(failures), columns=FAILURE_COLUMNS).astype(KINDS)


def failed_line(run: Run, failures: pd.DataFrame | None) -> str:
    """`37 of 1,000 items failed: 35 × ValueError: …; 2 × …`, the most frequent reasons first.

    The model lists no items: it knows only what can have failed them.
    """
    head = f"{run.items_failed:,} of {run.items:,} items failed"
    if run.target == "model":
        why = " or ".join(text for knob, text in MODELLED.items() if run.knobs.get(knob))
        return f"{head}: {run.items_failed:,} × {why} (modelled)"
    reasons: Counter[str] = Counter()
    if failures is not None:
        for item, items, reason in failures[["item", "items", "reason"]].itertuples(index=False):
            reasons[_without(item, reason)] += items
    if not reasons:
        return head
    shown = [f"{count:,} × {reason}" for reason, count in reasons.most_common(SHOWN_MAX)]
    if len(reasons) > SHOWN_MAX:
        shown.append(f"{len(reasons) - SHOWN_MAX:,} more reasons in failures.parquet")
    if (listed := reasons.total()) < run.items_failed:
        shown.append(f"of the first {listed:,} that are listed")
    return f"{head}: {'; '.join(shown)}"


def work_hint(run: Run) -> str:
    """How to give the model what an item took, where its knob says something else by far."""
    mean_ms, knob_ms = run.work_mean_ms, item_ms_of({"value_max": 0} | run.knobs).mean_ms
    if mean_ms is None:
        return ""
    chance = 3 * UNIFORM_ERROR / sqrt(run.items_processed)
    return "" if abs(mean_ms - knob_ms) <= (CLOSE + chance) * knob_ms else measured_work(run)


def measured_work(run: Run) -> str:
    """What an item took on average, and the knob that makes the model's items take as long.

    The model's items take 0 to `value_max` milliseconds, each as likely, or what `durations` say.
    """
    mean_ms = run.work_mean_ms
    if mean_ms is None:
        return ""
    if run.knobs.get("durations"):
        told_ms = item_ms_of(run.knobs).mean_ms
        return f"measured {mean_ms:,.1f} ms an item on average; durations say {told_ms:,.1f} ms"
    knob = max(1, round(2 * mean_ms))
    return f"measured {mean_ms:,.1f} ms an item on average: --set value_max={knob} tells the model"


def _without(item: str, reason: str) -> str:
    """A reason without the item's own id, which does not make it another reason."""
    return re.sub(rf"(?<!\w){re.escape(item)}(?!\w)", "…", reason) if item in reason else reason


def _in_state_table(client: Clients, outputs: Names, batch_id: str) -> Iterator[Failure]:
    """Every failed item or range, page by page, as docs/architecture.md, "Batch state", has it."""
    query: dict[str, Any] = {
        "TableName": outputs["StateTableName"],
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": f"failed#{batch_id}"}},
    }
    while True:
        found = client("dynamodb").query(**query)
        for record in found["Items"]:
            numbers = {name: int(value["N"]) for name, value in record.items() if "N" in value}
            items = numbers.get("stop", 0) - numbers.get("start", 0) or numbers.get("items", 1)
            reason, attempts = record["reason"]["S"], numbers.get("attempts")
            yield Failure(record["sk"]["S"], items, reason, attempts)
        if "LastEvaluatedKey" not in found:
            return
        query["ExclusiveStartKey"] = found["LastEvaluatedKey"]


def _in_objects(client: Clients, outputs: Names, batch_id: str) -> Iterator[Failure]:
    """Items of children that died with all their tries, then those that processors list."""
    s3, bucket = client("s3"), outputs["BucketName"]
    died: set[str] = set()
    for key in _keys(s3, bucket, f"results/{batch_id}/"):
        if "/FAILED_" in key:
            for child in _children(key, _text(s3, bucket, key)):
                for item in json.loads(child["Input"])["Items"]:
                    died.add(item["id"])
                    yield Failure(item["id"], 1, _reason(child), None)
    for key in _keys(s3, bucket, f"batches/{batch_id}/failed/"):
        for line in "".join(_text(s3, bucket, key)).splitlines():
            listed = json.loads(line)
            if listed["id"] not in died:  # a child may list some, be tried again, and die
                yield Failure(listed["id"], 1, listed["reason"], 1)


def _in_ranges(client: Clients, outputs: Names, batch_id: str) -> Iterator[Failure]:
    """Items of each chunk that lists some, and ranges of segments that failed whole.

    A list names its range. What a failed segment's own chunks had listed is in the range already.
    """
    s3, bucket, covered = client("s3"), outputs["BucketName"], 0
    found = [(*_range(key), key) for key in _keys(s3, bucket, f"batches/{batch_id}/failed/")]
    for start, stop, key in sorted(found, key=lambda one: (one[0], -one[1])):
        if stop <= covered:
            continue
        for line in "".join(_text(s3, bucket, key)).splitlines():
            listed = json.loads(line)
            if "id" in listed:
                yield Failure(listed["id"], 1, listed["reason"], listed["attempts"])
            else:
                covered = stop
                yield Failure(f"range#{_stem(key)}", stop - start, listed["reason"], None)


def _range(key: str) -> tuple[int, int]:
    """The range of indices, from start to before stop, that a list is of."""
    start, stop = map(int, _stem(key).split("-"))
    return start, stop


def _stem(key: str) -> str:
    return key.rsplit("/", 1)[-1].removesuffix(".jsonl")


def _reason(child: dict[str, Any]) -> str:
    """Why a child died, in one line: the error's name, and what Lambda says of it."""
    cause = str(child.get("Cause") or "")
    with suppress(ValueError, KeyError, TypeError):
        cause = str(json.loads(cause)["errorMessage"])
    text = f"{child.get('Error') or child.get('Status')}: {cause}".strip(": ")
    return text.splitlines()[0]


def _children(key: str, chunks: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The entries of a JSON array, one at a time: a results file grows to 5 GB.

    Raises PullFailed for one that ends in the middle: its list of what failed would be too short.
    """
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
    if not held.startswith("]"):
        raise PullFailed(f"{key} ends in the middle: which items failed cannot be listed")


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _text(s3: Any, bucket: str, key: str) -> Iterator[str]:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    return iterdecode(body.iter_chunks(CHUNK_BYTES), "utf-8")


READERS = {
    "sqs": _in_state_table,
    "counters": _in_state_table,
    "sfn": _in_objects,
    "durable": _in_ranges,
}
