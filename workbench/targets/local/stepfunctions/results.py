"""What becomes of the results of a map run's children: kept in the state, or written to S3.

The files have the shape that AWS writes
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html):
`<prefix>/<map run>/manifest.json` and `SUCCEEDED_0.json`, `FAILED_0.json`, `PENDING_0.json` beside
it, each an array of executions. They grow on disk while the children run, not in memory.
"""

from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol

from botocore.exceptions import ClientError

from workbench.targets.local.stepfunctions.execution import SUCCEEDED
from workbench.targets.local.stepfunctions.failures import DATA_LIMIT, WRITER_FAILED, StateFailed
from workbench.targets.local.stepfunctions.payload import PAYLOAD_MAX_BYTES, as_json
from workbench.targets.local.stepfunctions.settings import Place
from workbench.targets.local.stepfunctions.world import World

FILE_MAX_BYTES = 5 * 1024**3  # then the next file begins
PART_BYTES = 8 * 1024**2  # a larger file goes up in parts; the size of a part is our guess
MEMORY_MAX_BYTES = 1024**2  # of a file, before it is on disk
GROUPS = ("FAILED", "PENDING", "SUCCEEDED")


class Results(Protocol):
    """Takes each child's end, and gives the output of the Map state."""

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:
        """One child has ended; `entry` is its execution as AWS describes it."""

    def close(self, map_run_arn: str) -> Any:
        """The output of the Map state, or StateFailed."""

    def discard(self) -> None:
        """Nobody wants the results."""


class StateResults:
    """The outputs in the order of the children, which must fit into 256 KiB together."""

    def __init__(self) -> None:
        self._outputs: dict[int, Any] = {}
        self._bytes = 2  # the array's brackets

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:
        """A child that failed stands there with its whole entry."""
        result = output if entry["Status"] == SUCCEEDED else entry
        self._bytes += len(as_json(result).encode()) + 1
        if self._bytes <= PAYLOAD_MAX_BYTES + 1:  # the last one has no comma
            self._outputs[index] = result

    def close(self, map_run_arn: str) -> list[Any]:
        """All outputs."""
        if self._bytes > PAYLOAD_MAX_BYTES + 1:
            raise StateFailed(
                DATA_LIMIT,
                f"the outputs of {map_run_arn} have {self._bytes - 1} bytes; a state may pass on "
                f"{PAYLOAD_MAX_BYTES}: a ResultWriter is needed",
            )
        return [self._outputs[index] for index in sorted(self._outputs)]

    def discard(self) -> None:
        """Nothing lies outside."""


class ResultWriter:
    """Writes the results of one map run under its own prefix."""

    def __init__(
        self, world: World, target: Place, map_run: str, file_max_bytes: int = FILE_MAX_BYTES
    ) -> None:
        self._world = world
        self._bucket = target.bucket
        slash = "" if target.prefix.endswith("/") or not target.prefix else "/"
        self._prefix = f"{target.prefix}{slash}{map_run}/"
        self._file_max_bytes = file_max_bytes
        self._files: dict[str, list[IO[bytes]]] = {group: [] for group in GROUPS}

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:  # noqa: ARG002
        """Append to the file of its kind; timed out and aborted children count as failed."""
        status = entry["Status"]
        files = self._files[status if status in GROUPS else "FAILED"]
        text = as_json(entry).encode()
        if not files or files[-1].tell() + len(text) + 2 > self._file_max_bytes:
            files.append(SpooledTemporaryFile(MEMORY_MAX_BYTES))  # noqa: SIM115 (see discard)
        files[-1].write(b"," if files[-1].tell() else b"[")
        files[-1].write(text)

    def close(self, map_run_arn: str) -> dict[str, Any]:
        """Upload the files and the manifest; the state's output says where that is."""
        try:
            manifest = {
                "DestinationBucket": self._bucket,
                "MapRunArn": map_run_arn,
                "ResultFiles": {group: self._upload_group(group) for group in GROUPS},
            }
            key = f"{self._prefix}manifest.json"
            self._put(key, as_json(manifest).encode())
        except ClientError as error:
            raise StateFailed(WRITER_FAILED, str(error)) from None
        finally:
            self.discard()
        details = {"Bucket": self._bucket, "Key": key}
        return {"MapRunArn": map_run_arn, "ResultWriterDetails": details}

    def discard(self) -> None:
        """Close the files, which are gone then."""
        for files in self._files.values():
            for file in files:
                file.close()

    def _upload_group(self, group: str) -> list[dict[str, Any]]:
        listed = []
        for number, file in enumerate(self._files[group]):
            file.write(b"]")
            size = file.tell()
            file.seek(0)
            key = f"{self._prefix}{group}_{number}.json"
            if size <= PART_BYTES:
                self._put(key, file.read())
            else:
                self._put_in_parts(key, file)
            listed.append({"Key": key, "Size": size})
        return listed

    def _put(self, key: str, body: bytes) -> None:
        s3 = self._world.clients("s3")
        self._call("PutObject", key, lambda: s3.put_object(Bucket=self._bucket, Key=key, Body=body))

    def _put_in_parts(self, key: str, file: IO[bytes]) -> None:
        s3, where = self._world.clients("s3"), {"Bucket": self._bucket, "Key": key}
        upload = self._call(
            "CreateMultipartUpload", key, lambda: s3.create_multipart_upload(**where)
        )
        where["UploadId"] = upload["UploadId"]
        parts = []
        while body := file.read(PART_BYTES):
            number = len(parts) + 1
            done = self._call(
                "UploadPart",
                key,
                lambda n=number, b=body: s3.upload_part(**where, PartNumber=n, Body=b),
            )
            parts.append({"PartNumber": number, "ETag": done["ETag"]})
        whole = {"Parts": parts}
        self._call(
            "CompleteMultipartUpload",
            key,
            lambda: s3.complete_multipart_upload(**where, MultipartUpload=whole),
        )

    def _call(self, operation: str, key: str, call: Callable[[], Any]) -> Any:
        """One paid call, unless the fault plan fails it."""
        fault = self._world.faults.s3(operation, key)
        if fault is not None:
            raise StateFailed(WRITER_FAILED, f"{operation} of {key}: {fault}")
        self._world.bill.s3_results_written()
        return call()
