"""What a map run reads from S3 and writes to it: the items of its children, and their results.

`s3:listObjectsV2` with LOAD_AND_FLATTEN: every object under the prefix is JSON Lines, and all their
lines in order of key are one list of items
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html). Reading goes on
while children run: an item carries the time at which one reader after the other would have it.

Results have the shape that AWS writes
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html):
`<prefix>/<map run>/manifest.json` and `SUCCEEDED_0.json`, `FAILED_0.json` beside it, each an array
of executions, and one more file where one would pass 5 GB; children that were never started
(PENDING) are not listed. Files grow on disk while children run, not in memory.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from botocore.exceptions import ClientError

from workbench.designs.parts import DISPATCH, KNOWING
from workbench.platform.units import MB
from workbench.targets.local.stepfunctions.data import (
    DATA_LIMIT,
    PAYLOAD_MAX_BYTES,
    READER_FAILED,
    WRITER_FAILED,
    StateFailed,
    as_json,
    size_bytes,
)
from workbench.targets.local.stepfunctions.services import SUCCEEDED, Services

KEYS_PER_PAGE = 1_000  # ListObjectsV2 gives no more
CHUNK_BYTES = 1 << 20

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
        services.bill.s3_called("Tier1", DISPATCH)
        yield latency_s, page.get("Contents", [])
        token = page.get("NextContinuationToken")
        more = None if token is None else {"ContinuationToken": token}


def _lines(services: Services, bucket: str, key: str) -> Iterator[Any]:
    """The items of one object."""
    client = services.clients("s3")
    found = _called(services, "GetObject", key, lambda: client.get_object(Bucket=bucket, Key=key))
    services.bill.s3_called("Tier2", DISPATCH)
    for number, line in enumerate(found["Body"].iter_lines(CHUNK_BYTES), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line.decode())
        except ValueError as error:
            raise StateFailed(READER_FAILED, f"{key}, line {number}: {error}") from None


def _read_s(services: Services, size: int) -> float:
    per_mb_s = services.profile.value("s3_ms_per_mb") / 1000
    return services.draw_s("s3_get") + size / MB * per_mb_s


def _called(services: Services, operation: str, key: str, call: Callable[[], Any]) -> Any:
    """S3's answer; an error, of S3 or of a fault plan, fails the map."""
    fault = services.faults.s3(operation, key)
    if fault is not None:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {fault}")
    try:
        return call()
    except ClientError as error:
        raise StateFailed(READER_FAILED, f"{operation} of {key}: {error}") from None


PART_BYTES = 8 * 1024**2  # a larger file goes up in parts; the size of a part is our guess
FILE_MAX_BYTES = 5_000_000_000
MEMORY_MAX_BYTES = 1024**2  # of a file, before it is on disk


class StateResults:
    """The outputs in the order of the children; the state's limit of 256 KiB holds for them."""

    def __init__(self) -> None:
        self._outputs: dict[int, Any] = {}

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:
        """One child has ended; one that failed is listed with its execution, `entry`."""
        self._outputs[index] = output if entry["Status"] == SUCCEEDED else entry

    def close(self, map_run_arn: str) -> list[Any]:  # noqa: ARG002
        """The output of the Map state."""
        return [self._outputs[index] for index in sorted(self._outputs)]

    def discard(self) -> None:
        """Nothing is stored outside."""


class ResultWriter:
    """Writes the results of one map run under its own prefix."""

    def __init__(self, services: Services, target: S3Location, map_run: str) -> None:
        self._services = services
        self._s3 = services.clients("s3")
        self._bucket = target.bucket
        self._prefix = f"{target.prefix.rstrip('/')}/{map_run}/"
        self._files: dict[str, list[IO[bytes]]] = {}

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:  # noqa: ARG002
        """Append to the last file of its kind; timed out and aborted children count as failed."""
        group = "SUCCEEDED" if entry["Status"] == SUCCEEDED else "FAILED"
        files, text = self._files.setdefault(group, []), as_json(entry).encode()
        if not files or files[-1].tell() + len(text) + 2 > FILE_MAX_BYTES:
            files.append(SpooledTemporaryFile(MEMORY_MAX_BYTES))  # noqa: SIM115 (see discard)
        files[-1].write(b"," if files[-1].tell() else b"[")
        files[-1].write(text)

    def close(self, map_run_arn: str) -> dict[str, Any]:
        """Upload the files and the manifest; the output of the Map state, or StateFailed."""
        try:
            groups = ("FAILED", "PENDING", "SUCCEEDED")
            manifest = {
                "DestinationBucket": self._bucket,
                "MapRunArn": map_run_arn,
                "ResultFiles": {group: self._upload(group) for group in groups},
            }
            key = f"{self._prefix}manifest.json"
            self._call("put_object", key, Body=as_json(manifest).encode())
        except ClientError as error:
            raise StateFailed(WRITER_FAILED, str(error)) from None
        finally:
            self.discard()
        details = {"Bucket": self._bucket, "Key": key}
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": details}

    def discard(self) -> None:
        """Close the files, which deletes them."""
        for files in self._files.values():
            for file in files:
                file.close()

    def _upload(self, group: str) -> list[dict[str, Any]]:
        """Write the files of a group; their entries in the manifest."""
        entries: list[dict[str, Any]] = []
        for number, file in enumerate(self._files.get(group, ())):
            key = f"{self._prefix}{group}_{number}.json"
            file.write(b"]")
            entries.append({"Key": key, "Size": file.tell()})
            file.seek(0)
            if entries[-1]["Size"] <= PART_BYTES:
                self._call("put_object", key, Body=file.read())
            else:
                self._upload_in_parts(key, file)
        return entries

    def _upload_in_parts(self, key: str, file: IO[bytes]) -> None:
        upload = self._call("create_multipart_upload", key)["UploadId"]
        parts: list[dict[str, Any]] = []
        while body := file.read(PART_BYTES):
            number = len(parts) + 1
            done = self._call("upload_part", key, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": done["ETag"]})
        whole = {"Parts": parts}
        self._call("complete_multipart_upload", key, UploadId=upload, MultipartUpload=whole)

    def _call(self, method: str, key: str, **arguments: Any) -> Any:
        """One paid call, unless the fault plan fails it."""
        operation = method.title().replace("_", "")
        fault = self._services.faults.s3(operation, key)
        if fault is not None:
            raise StateFailed(WRITER_FAILED, f"{operation} of {key}: {fault}")
        self._services.bill.s3_called("Tier1", KNOWING)
        return getattr(self._s3, method)(Bucket=self._bucket, Key=key, **arguments)
