"""Durations from CSV files: read as they stand, or refused with the first wrong row."""

import re

import numpy as np
import pytest

from workbench.errors import BadInput
from workbench.workload import samples
from workbench.workload.samples import read_csv

TEN = "".join(f"{ms}\n" for ms in range(10))


@pytest.fixture
def file(tmp_path):
    """Writes a CSV file."""

    def write(content):
        path = tmp_path / "durations.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [TEN, f"ms\n{TEN}", f"\ufeffms\n{TEN}", TEN.replace("\n", "\r\n"), f"\n{TEN}\n", TEN.strip()],
)
def test_a_column_with_or_without_a_header_is_read(file, text):
    found = read_csv(file(text))
    assert found.told == "10 rows of durations.csv"
    assert found.times_ms.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"ms\n{TEN}abc\n", "row 12: 'abc' is no number of milliseconds"),
        (f"{TEN}nan\n", "row 11: 'nan' is no number of milliseconds"),
        (f"{TEN}inf\n", "row 11: 'inf' is no number of milliseconds"),
        (f"{TEN}1_000\n", "row 11: '1_000' is no number"),
        (f"{TEN}\n-2\n", "row 12: '-2' is negative"),
        (
            f"{TEN}600001\n",
            "row 11: '600001' is too long: an item takes 600,000 ms at most here. Leave",
        ),
        (f"{TEN}1,5\n", "row 11: '1,5' has several columns; one column of milliseconds"),
        ("id,ms\n1,2\n", "row 2: '1,2' has several columns"),
        ("1\n2\n", "has 2 rows with a duration; 10 are the least. Describe the durations"),
        ("", "cannot be read: Empty CSV file"),
        (b"1\n\xff\xfe", "cannot be read as UTF-8 text"),
    ],
)
def test_what_is_no_duration_is_refused_by_its_row(file, text, why):
    with pytest.raises(BadInput, match=re.escape(why)) as refused:
        read_csv(file(text))
    assert "durations.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_place_without_a_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(BadInput, match="cannot be read"):
            read_csv(path)


def test_more_rows_than_are_read_are_refused(file, monkeypatch):
    monkeypatch.setattr(samples, "ROWS_MAX", 9)
    with pytest.raises(BadInput, match="has 10 rows; 9 are read"):
        read_csv(file(TEN))


def test_a_million_rows_are_read_whole(file):
    times = np.arange(1_000_000) % 600_001
    found = read_csv(file("ms\n" + "\n".join(map(str, times)) + "\n"))
    assert np.array_equal(found.times_ms, times)
