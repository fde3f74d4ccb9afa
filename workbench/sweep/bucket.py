"""Results in a bucket: the parts and the tables of sweeps under `s3://bucket/prefix`.

A put of an object is atomic, and a part counts once its `runs.parquet` is there, which is put last.
Nothing needs a lock: two sweeps of one study at a time write parts of the same names with the same
runs in them, or runs that are in two parts, of which the first counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from workbench.errors import BadInput, BadRecord
from workbench.runs.parts import PARTS, RUNS, read_parquet
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, plainly
from workbench.sweep.jobs import RESUMED, Job

S3 = "s3://"
ASIDE = "aside"  # where damaged parts go, beside the parts


@dataclass(frozen=True)
class Bucket:
    """A results folder of sweeps in a bucket, by its address."""

    address: str

    def __post_init__(self) -> None:
        if not self._bucket:
            raise BadInput(f"--results {self.address}: name a bucket, as in s3://bucket/prefix.")

    def refuse(self, jobs: Iterable[Job]) -> None:
        """Refuse runs on aws, and a bucket that is not there or cannot be written."""
        if any(job.request.target == RESUMED for job in jobs):
            raise BadInput(
                f"--results {self.address}: runs on aws are gone on with from their folders. Sweep "
                "them into a folder."
            )
        self._put(f"{PARTS}/", b"")  # an empty object, as consoles make folders

    def names(self) -> list[str]:
        """Every part, in order of name."""
        ending = f"/{RUNS}.parquet"
        keys = self._keys(f"{PARTS}/")
        return sorted(key.split("/")[-2] for key in keys if key.endswith(ending))

    def where(self, part: str, table: str = "") -> str:
        """A part, or a file of it, as an error names it."""
        file = f"/{table}.parquet" if table else ""
        return f"{self.address.rstrip('/')}/{PARTS}/{part}{file}"

    def read(self, part: str, table: str, columns: list[str] | None = None) -> pa.Table:
        """A table of a part. BadRecord for a damaged one."""
        key = self._key(f"{PARTS}/{part}/{table}.parquet")
        try:
            with plainly():
                content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except AwsFailed as error:
            if error.code == "NoSuchKey":
                raise BadRecord(f"{self.where(part, table)} is not there") from None
            raise
        return read_parquet(pa.BufferReader(content), self.where(part, table), columns)

    def write(self, part: str, files: Mapping[str, bytes]) -> None:
        """Write a part, its records last: without them it is none."""
        for table in sorted(files, key=lambda name: name == RUNS):
            self._put(f"{PARTS}/{part}/{table}.parquet", files[table])

    def set_aside(self, part: str) -> str:
        """Move a part out of the way of the runs that will be done again, and say where to."""
        to = self._key(f"{ASIDE}/{part}/")
        keys = sorted(
            self._keys(f"{PARTS}/{part}/"), key=lambda key: not key.endswith(f"/{RUNS}.parquet")
        )
        for key in keys:  # the records first: what follows is no part any more
            source, name = {"Bucket": self._bucket, "Key": key}, key.rsplit("/", 1)[-1]
            with plainly():
                self._client.copy_object(Bucket=self._bucket, Key=f"{to}{name}", CopySource=source)
                self._client.delete_object(**source)
        return f"{S3}{self._bucket}/{to}"

    def write_study(self, name: str, content: bytes) -> str:
        """Put the table of a study, in place of an older one, and give its address."""
        path = f"studies/{name}.parquet"
        self._put(path, content)
        return f"{self.address.rstrip('/')}/{path}"

    @property
    def _bucket(self) -> str:
        return self.address.removeprefix(S3).partition("/")[0]

    @cached_property
    def _client(self) -> Any:
        return Aws().client("s3")

    def _key(self, path: str) -> str:
        prefix = self.address.removeprefix(S3).partition("/")[2].strip("/")
        return f"{prefix}/{path}" if prefix else path

    def _keys(self, path: str) -> list[str]:
        with plainly():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._key(path)
            )
            return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def _put(self, path: str, content: bytes) -> None:
        with plainly():
            self._client.put_object(Bucket=self._bucket, Key=self._key(path), Body=content)
