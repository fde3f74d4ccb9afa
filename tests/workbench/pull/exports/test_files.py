"""Which files of an export count: a month's newest delivery, in a folder and in a bucket."""

import json
import os
from datetime import UTC, datetime

import pytest

from workbench.errors import BadInput, BadRecord
from workbench.pull.exports.files import Bucket, Folder, delivered
from workbench.pull.window import Window
from workbench.stacks.aws_errors import AwsFailed

WINDOW = Window(
    datetime(2026, 11, 20, 6, tzinfo=UTC),
    datetime(2026, 11, 20, 7, tzinfo=UTC),
)
NOVEMBER, DECEMBER = "data/BILLING_PERIOD=2026-11", "data/BILLING_PERIOD=2026-12"
MANIFEST = "metadata/BILLING_PERIOD=2026-11/bills-Manifest.json"


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path, cloud):
    """Makes a place with these files: texts by path."""

    def make(files, name="bills"):
        if request.param == "folder":
            for path, text in files.items():
                file = tmp_path / name / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return Folder(str(tmp_path / name))
        s3 = cloud("s3")
        s3.create_bucket(Bucket="exports")
        for path, text in files.items():
            s3.put_object(Bucket="exports", Key=f"{name}/{path}", Body=text)
        return Bucket(f"s3://exports/{name}/", s3, tmp_path / "copies")

    return make


def paths(place):
    return [one.path for one in delivered(place, WINDOW)]


def test_the_months_of_the_run_and_after_it_are_read_which_correct_it(place):
    months = [f"data/BILLING_PERIOD=2026-{month}/bills-1.csv" for month in ("10", "11", "12")]
    assert paths(place(dict.fromkeys(months, "x"))) == months[1:]


def test_of_deliveries_that_are_kept_only_the_newest_counts(place):
    names = ["20261121T010000Z-a/bills-1.csv.gz", "20261122T010000Z-b/bills-1.csv.gz"]
    files = [f"{NOVEMBER}/{one}" for one in names]
    assert paths(place(dict.fromkeys(files, "x"))) == files[1:]


def test_a_manifest_says_which_files_are_of_the_newest_delivery(place):
    names = [f"{NOVEMBER}/bills-0000{n}.snappy.parquet" for n in (1, 2, 3)]
    said = {"dataFiles": [f"s3://elsewhere/any/bills/{one}" for one in names[:2]]}
    files = dict.fromkeys(names, "x") | {MANIFEST: json.dumps(said)}
    assert paths(place(files)) == names[:2]


def test_a_file_that_the_manifest_names_and_that_is_missing_is_said(place):
    said = {"dataFiles": [f"s3://b/bills/{NOVEMBER}/bills-{n}.csv" for n in (1, 2)]}
    files = {f"{NOVEMBER}/bills-1.csv": "x", MANIFEST: json.dumps(said)}
    with pytest.raises(BadRecord, match=r"lacks 1 of 2 files .* such as .*/bills-2\.csv\. Copy it"):
        paths(place(files))


def test_a_damaged_manifest_is_said(place):
    with pytest.raises(BadRecord, match=r"bills-Manifest\.json is no manifest"):
        paths(place({f"{NOVEMBER}/bills-1.csv": "x", MANIFEST: "{"}))


def test_files_that_lie_there_as_they_are_all_count(place):
    assert paths(place({"a.csv": "x", "more/b.parquet": "x", "notes.txt": "x"})) == [
        "a.csv",
        "more/b.parquet",
    ]


def test_several_exports_are_not_added_up(place):
    files = {f"{name}/{NOVEMBER}/1.csv": "x" for name in ("daily", "hourly")}
    with pytest.raises(BadInput, match=r"several exports \(daily, hourly\)\. Name one of them"):
        paths(place(files))


def test_a_place_without_a_file_of_an_export_is_refused(place):
    with pytest.raises(BadInput, match=r"no file of it ends with \.parquet, \.csv, \.csv\.gz"):
        paths(place({"notes.txt": "x"}))


def test_the_files_of_a_bucket_are_opened_as_those_of_a_folder(place):
    made = place({f"{NOVEMBER}/bills-1.csv": "some bytes"})
    with made.opened(f"{NOVEMBER}/bills-1.csv") as path:
        assert path.read_text() == "some bytes"
        assert path.suffix == ".csv"


def test_an_object_is_copied_once_for_all_runs(tmp_path, cloud):
    s3, asked = cloud("s3"), []
    s3.create_bucket(Bucket="exports")
    s3.put_object(Bucket="exports", Key="a/b.csv", Body="x")
    s3.meta.events.register("before-call.s3.GetObject", lambda **_: asked.append(1))
    for _ in range(2):
        with Bucket("s3://exports/a", s3, tmp_path).opened("a/b.csv") as path:
            assert path.read_text() == "x"
    assert len(asked) == 1


def test_one_file_alone_is_an_export_too(tmp_path):
    file = tmp_path / "bills.csv"
    file.write_text("x")
    os.utime(file, (1.8e9, 1.8e9))
    (found,) = delivered(Folder(str(file)), WINDOW)
    assert (found.path, found.at.timestamp()) == ("bills.csv", 1.8e9)
    with Folder(str(file)).opened(found.path) as path:
        assert path == file


def test_a_place_that_is_not_there_is_said_in_one_line(tmp_path, cloud):
    with pytest.raises(BadInput, match="there is no such file or folder"):
        delivered(Folder(str(tmp_path / "nothing")), WINDOW)
    with pytest.raises(BadInput, match="name a bucket, as in s3://bucket/prefix"):
        delivered(Bucket("s3://", cloud("s3"), tmp_path), WINDOW)
    with pytest.raises(AwsFailed, match="NoSuchBucket"):
        delivered(Bucket("s3://nothing/at/all", cloud("s3"), tmp_path), WINDOW)
