"""Measured durations from a CSV file: one column, milliseconds, a header or none.

The file is read in pieces by pyarrow, 8 bytes a row; what it refuses is looked for once more line
by line, so that the first wrong row is named by its number in the file.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from workbench.errors import BadInput, shown
from workbench.workload.durations import MS_MAX
from workbench.workload.fitting import Numbers

ROWS_MIN, ROWS_MAX = 10, 10_000_000
COLUMN = "ms"
TOO_LONG = (
    f"an item takes {MS_MAX:,} ms at most here. Leave the row out, or make several items of one"
)


@dataclass(frozen=True, eq=False)
class Samples:
    """Durations in ms, and in words where they are from."""

    told: str
    times_ms: Numbers


def read_csv(path: Path) -> Samples:
    """The durations of a file, 10 to 10 million. Raises BadInput with the first wrong row."""
    with opened(path) as file:
        has_header = wrong(file.readline()) is not None
    try:
        pieces = list(_pieces(path, has_header))
    except (pa.ArrowInvalid, OSError) as error:
        refuse_wrong_row(path, has_header)
        raise BadInput(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    times = np.concatenate(pieces) if pieces else np.empty(0)
    if not (np.isfinite(times) & (times >= 0) & (times <= MS_MAX)).all():
        refuse_wrong_row(path, has_header)
    refuse_number(path, len(times), "rows")
    return Samples(f"{len(times):,} rows of {path.name}", times)


def opened(path: Path) -> "OpenedText":
    """A text file to read from, for a `with`; what the system or the encoding refuses is said."""
    return OpenedText(path)


def wrong(text: str) -> str | None:
    """What is wrong with a row as a duration; None if nothing is."""
    row = text.strip().strip('"')
    try:
        ms = math.nan if "_" in row else float(row)
    except ValueError:
        return "is no number of milliseconds"
    if not math.isfinite(ms):
        return "is no number of milliseconds"
    if ms < 0:
        return "is negative"
    return f"is too long: {TOO_LONG}" if ms > MS_MAX else None


def refuse_number(path: Path, rows: int, what: str) -> None:
    """Refuse too few durations to tell a distribution by, and more than are read."""
    if rows < ROWS_MIN:
        raise BadInput(
            f"{path} has {rows} {what} with a duration; {ROWS_MIN} are the least. "
            "Describe the durations by their percentiles instead, or measure more"
        )
    if rows > ROWS_MAX:
        raise BadInput(f"{path} has {rows:,} {what}; {ROWS_MAX:,} are read. Take every tenth")


def refuse_wrong_row(path: Path, has_header: bool) -> None:
    """Raise BadInput with the number of the first row that is no duration, if there is one."""
    with opened(path) as file:
        for number, row in enumerate(file, 1):
            if (number == 1 and has_header) or not row.strip():
                continue
            if "," in row or ";" in row:
                raise BadInput(
                    f"{path}, row {number}: {shown(row.strip())} has several columns; one column "
                    "of milliseconds is read"
                )
            if (why := wrong(row)) is not None:
                raise BadInput(f"{path}, row {number}: {shown(row.strip())} {why}")


class OpenedText:
    """A text file in UTF-8, with or without its mark; errors are BadInput."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "OpenedText":
        try:
            self._file = self._path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            raise BadInput(f"{self._path} cannot be read: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        while line := self.readline():
            yield line

    def readline(self) -> str:
        """The next line; empty at the end."""
        try:
            return self._file.readline()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{self._path} cannot be read as UTF-8 text: {error}") from None


def _pieces(path: Path, has_header: bool) -> Iterator[Numbers]:
    """The numbers of a file, piece by piece; no text stands for a missing one."""
    reader = csv.open_csv(
        path,
        read_options=csv.ReadOptions(column_names=[COLUMN], skip_rows=int(has_header)),
        convert_options=csv.ConvertOptions(
            column_types={COLUMN: pa.float64()}, null_values=[], strings_can_be_null=False
        ),
    )
    rows = 0
    for piece in reader:
        rows += len(piece)
        refuse_number(path, max(rows, ROWS_MIN), "rows")
        yield piece.column(0).to_numpy()
