"""The files of a data export that count, in a folder or under s3://.

AWS delivers `<export>/data/BILLING_PERIOD=2026-11/` and, last of all, a manifest under
`<export>/metadata/BILLING_PERIOD=2026-11/` with the files of the newest delivery (Data Exports user
guide, Understanding export delivery). An export that keeps its deliveries has a folder for each:
all of them together would be several times the bill.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import BadInput, BadRecord
from workbench.pull.window import Window
from workbench.stacks.aws_errors import plainly
from workbench.temporary import written_whole

ENDINGS = (".parquet", ".csv", ".csv.gz")
S3 = "s3://"
PERIOD, DATA, METADATA, MANIFEST = "BILLING_PERIOD=", "data", "metadata", "Manifest.json"


@dataclass(frozen=True)
class Entry:
    """A file by its path below the place, with `/` between, and when it was written."""

    path: str
    at: datetime

    @property
    def folders(self) -> list[str]:
        """The folders that it lies in, the outermost first."""
        return self.path.split("/")[:-1]

    @property
    def period(self) -> str:
        """The billing period of its partition, such as 2026-11; empty where there is none."""
        found = [one for one in self.folders if one.upper().startswith(PERIOD)]
        return found[0][len(PERIOD) :] if found else ""

    @property
    def export(self) -> str:
        """The export's own folder; empty where nothing lies as AWS delivers it."""
        marks = (DATA, METADATA)
        at = [
            place
            for place, one in enumerate(self.folders)
            if one in marks or one.upper().startswith(PERIOD)
        ]
        return "/".join(self.folders[: at[0]]) if at else ""

    @property
    def in_partition(self) -> str:
        """Its path from its partition on, which a manifest names too."""
        return _from_partition(self.path)

    @property
    def delivery(self) -> str:
        """The folder of one delivery inside the partition; empty if each replaces the last."""
        return "/".join(self.in_partition.split("/")[1:-1]) if self.period else ""


class Place(Protocol):
    """Where an export lies."""

    name: str

    def entries(self) -> list[Entry]:
        """Every file there."""
        ...

    def opened(self, path: str) -> Any:
        """A context with one of the files on this machine."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder, or one file alone."""

    name: str

    def entries(self) -> list[Entry]:
        """Every file there."""
        top = Path(self.name)
        if not top.exists():
            raise BadInput(f"--export {self.name}: there is no such file or folder.")
        files = [top] if top.is_file() else sorted(one for one in top.rglob("*") if one.is_file())
        start = top.parent if top.is_file() else top
        return [
            Entry(
                one.relative_to(start).as_posix(), datetime.fromtimestamp(one.stat().st_mtime, UTC)
            )
            for one in files
        ]

    @contextmanager
    def opened(self, path: str) -> Iterator[Path]:
        """One of the files."""
        top = Path(self.name)
        yield top if top.is_file() else top / path


@dataclass(frozen=True)
class Bucket:
    """What lies under a prefix of a bucket: `s3://bucket/prefix`."""

    name: str
    client: Any  # of S3
    copies: Path  # a folder for its objects: runs share a month, and each copy out of AWS costs

    @property
    def _parts(self) -> tuple[str, str]:
        bucket, _, prefix = self.name.removeprefix(S3).partition("/")
        if not bucket:
            raise BadInput(f"--export {self.name}: name a bucket, as in s3://bucket/prefix.")
        return bucket, prefix

    def entries(self) -> list[Entry]:
        """Every object there."""
        bucket, prefix = self._parts
        above = prefix[: prefix.rfind("/") + 1]
        with plainly():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix
            )
            found = [one for page in pages for one in page.get("Contents", [])]
        return [
            Entry(one["Key"].removeprefix(above), one["LastModified"])
            for one in found
            if not one["Key"].endswith("/")
        ]

    @contextmanager
    def opened(self, path: str) -> Iterator[Path]:
        """One of the objects, copied once."""
        bucket, prefix = self._parts
        key = prefix[: prefix.rfind("/") + 1] + path
        copy = self.copies / path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            with plainly(), written_whole(copy) as written, written.open("wb") as out:
                body = self.client.get_object(Bucket=bucket, Key=key)["Body"]
                shutil.copyfileobj(body, out)
        yield copy


def delivered(place: Place, window: Window) -> list[Entry]:
    """The files that may hold what was billed for a window: of its month and of later ones, which
    correct it. Raises BadInput where none is there, or those of several exports are."""
    entries = place.entries()
    files = [one for one in entries if _is_data(one)]
    if not files:
        raise BadInput(f"--export {place.name}: no file of it ends with {', '.join(ENDINGS)}.")
    if len(exports := sorted({one.export for one in files})) > 1:
        names = ", ".join(one or "." for one in exports)
        raise BadInput(f"--export {place.name}: holds several exports ({names}). Name one of them.")
    month = f"{window.start:%Y-%m}"
    found: list[Entry] = []
    for period in sorted({one.period for one in files}):
        if period and period < month:
            continue
        own = [one for one in files if one.period == period]
        manifests = [one for one in entries if _is_manifest(one) and one.period == period]
        found += _newest(place, own, manifests) if period else own
    return found


def _newest(place: Place, files: list[Entry], manifests: list[Entry]) -> list[Entry]:
    """The files of a partition's newest delivery, by its manifest if there is one."""
    named = _named(place, max(manifests, key=lambda one: (one.at, one.path))) if manifests else ()
    if not named:
        last = max(one.delivery for one in files)
        return [one for one in files if one.delivery == last]
    there = {one.in_partition: one for one in files}
    if missing := sorted(set(named) - set(there)):
        raise BadRecord(
            f"--export {place.name}: lacks {len(missing)} of {len(named)} files that its manifest "
            f"names, such as {missing[0]}. Copy it again."
        )
    return [there[one] for one in sorted(set(named))]


def _named(place: Place, manifest: Entry) -> list[str]:
    """The data files that a manifest names, each from its partition on."""
    with place.opened(manifest.path) as path:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadRecord(f"{manifest.path} is no manifest: {error}. Copy it again.") from None
    return [_from_partition(one) for one in _texts(content) if one.endswith(ENDINGS)]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _from_partition(path: str) -> str:
    parts = path.split("/")
    at = [place for place, one in enumerate(parts) if one.upper().startswith(PERIOD)]
    return "/".join(parts[at[0] :]) if at else parts[-1]


def _is_data(entry: Entry) -> bool:
    return entry.path.endswith(ENDINGS) and METADATA not in entry.folders


def _is_manifest(entry: Entry) -> bool:
    return entry.path.endswith(MANIFEST) and METADATA in entry.folders
