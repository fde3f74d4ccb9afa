"""The results of a map run's children: kept in the state, or written to S3.

The files have the shape that AWS writes
(https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html):
`<prefix>/<map run>/manifest.json` and `SUCCEEDED_0.json`, `FAILED_0.json` beside it, each an array
of executions; children that were never started (PENDING) are not listed. AWS begins a second file
at 5 GB, which a run here does not reach. Files grow on disk while children run, not in memory.
"""

from tempfile import SpooledTemporaryFile
from typing import IO, Any

from botocore.exceptions import ClientError

from workbench.targets.local.stepfunctions.data import as_json
from workbench.targets.local.stepfunctions.failures import WRITER_FAILED, StateFailed
from workbench.targets.local.stepfunctions.map_items import S3Location
from workbench.targets.local.stepfunctions.services import SUCCEEDED, Services

PART_BYTES = 8 * 1024**2  # a larger file goes up in parts; the size of a part is our guess
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
        self._files: dict[str, IO[bytes]] = {}

    def add(self, index: int, entry: dict[str, Any], output: Any) -> None:  # noqa: ARG002
        """Append to the file of its kind; timed out and aborted children count as failed."""
        group = "SUCCEEDED" if entry["Status"] == SUCCEEDED else "FAILED"
        if group not in self._files:
            self._files[group] = SpooledTemporaryFile(MEMORY_MAX_BYTES)  # noqa: SIM115 (see discard)
        file = self._files[group]
        file.write(b"," if file.tell() else b"[")
        file.write(as_json(entry).encode())

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
        for file in self._files.values():
            file.close()

    def _upload(self, group: str) -> list[dict[str, Any]]:
        """Write the file of a group; its entry in the manifest."""
        if group not in self._files:
            return []
        file, key = self._files[group], f"{self._prefix}{group}_0.json"
        file.write(b"]")
        size = file.tell()
        file.seek(0)
        if size <= PART_BYTES:
            self._call("put_object", key, Body=file.read())
        else:
            self._upload_in_parts(key, file)
        return [{"Key": key, "Size": size}]

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
        self._services.bill.s3_results_written()
        return getattr(self._s3, method)(Bucket=self._bucket, Key=key, **arguments)
