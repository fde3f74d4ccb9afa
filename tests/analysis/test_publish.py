"""Publishing is a pure function of the results."""

import json
from contextlib import contextmanager
from hashlib import sha256

import pytest

from analysis import gallery
from analysis.calculator import QUESTION
from analysis.frames import Frames
from analysis.needs import NothingToShow
from analysis.publish import publish


def digests(folder):
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def two_charts(monkeypatch):
    """A gallery of two charts, one of which needs what a small study lacks."""
    kept = tuple(map(gallery.named, ("completion_time", "invocation_durations")))
    monkeypatch.setattr(gallery, "CHARTS", kept)


@pytest.fixture
def small(folder, stored):
    """One pair of runs."""
    return stored(folder("sqs", "model", 100), folder("sfn", "model", 100))


def test_twice_gives_the_same_bytes(two_charts, small):
    publish(small, video=False, processes=1)
    first = digests(small / "published")
    publish(small, video=False, processes=1)
    assert digests(small / "published") == first
    assert set(first) == {
        "bill.html",
        "completion_time-dark.png",
        "completion_time-dark.svg",
        "completion_time-light.png",
        "completion_time-light.svg",
        "manifest.json",
        "phone/completion_time-dark.png",
        "phone/completion_time-light.png",
    }


def test_the_manifest_names_the_runs_behind_each_figure_and_what_was_refused(two_charts, small):
    written = publish(small, video=False, processes=1)
    manifest = json.loads((small / "published" / "manifest.json").read_text())
    entry = manifest["figures"]["completion_time"]
    assert entry["runs"] == sorted(Frames(small).runs["run_id"])
    assert manifest["figures"]["bill"]["runs"] == entry["runs"]
    assert "no run has kept its invocations" in manifest["refused"]["invocation_durations"]
    told = {name for figure in manifest["figures"].values() for name in figure["files"]}
    assert told | {"manifest.json"} == set(digests(small / "published"))
    assert len(written) == len(told) + 1


def test_a_picture_that_is_no_longer_told_is_taken_away_and_no_other(
    two_charts, monkeypatch, small
):
    publish(small, video=False, processes=1)
    (small / "published" / "film.mp4").write_text("a film made before")
    (small / "published" / "notes.txt").write_text("somebody's own")
    monkeypatch.setattr(gallery, "CHARTS", gallery.CHARTS[1:])
    publish(small, video=False, processes=1)
    assert set(digests(small / "published")) == {
        "bill.html",
        "film.mp4",
        "manifest.json",
        "notes.txt",
    }


def test_the_film_is_told_and_takes_the_place_of_one_that_was_told_before(
    two_charts, monkeypatch, small
):
    monkeypatch.setattr("analysis.film.making.pictures", lambda reel, shape, said: iter(()))
    published = small / "published"
    published.mkdir()
    (published / "drain.mp4").write_text("a film made before")
    before = {"figures": {"drain": {"files": ["drain.mp4"]}}}
    (published / "manifest.json").write_text(json.dumps(before))
    publish(small, processes=1)
    entry = json.loads((published / "manifest.json").read_text())["figures"]["film"]
    assert entry["files"] == ["film.mp4", "film.gif", "film-tall.mp4"]
    assert entry["runs"] == sorted(Frames(small).batch["run_id"])
    assert not (published / "drain.mp4").exists()


def test_the_calculator_is_written_where_it_is_given_and_told_and_stays_where_it_is_not(
    two_charts, small
):
    @contextmanager
    def calculator():
        def write(folder):
            (folder / "calculator.html").write_text("a page")
            return folder / "calculator.html"

        yield write

    publish(small, video=False, calculator=calculator())
    manifest = json.loads((small / "published" / "manifest.json").read_text())
    assert manifest["figures"]["calculator"] == {
        "question": QUESTION,
        "files": ["calculator.html"],
        "runs": [],
    }
    publish(small, video=False)
    assert (small / "published" / "calculator.html").read_text() == "a page"


def test_no_runs_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(NothingToShow, match="no runs under"):
        publish(tmp_path)
    assert list(tmp_path.iterdir()) == []
