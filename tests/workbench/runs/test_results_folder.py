"""A results folder that cannot be written is refused; a run that never began leaves nothing."""

import errno
import os
from pathlib import Path

import pytest

from workbench.cli import app as cli
from workbench.errors import BadInput
from workbench.runs.predictions import predict
from workbench.runs.results_folder import nothing_left, prediction_path, refuse_unwritable
from workbench.runs.runner import RunRequest, run_request
from workbench.study import run_notebook
from workbench.sweep.study import Study
from workbench.sweep.sweeping import sweep
from workbench.targets.base import Progress

ADVICE = "Name a folder that can be written with --results."


@pytest.fixture
def a_file(tmp_path):
    place = tmp_path / "a-file"
    place.write_text("kept")
    return place


@pytest.fixture
def full(monkeypatch, tmp_path):
    """A folder on a disk that takes no more files."""
    opened = os.open

    def refuse(path, flags, *rest):
        if str(path).startswith(str(tmp_path)) and flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    return tmp_path


def test_a_file_a_dangling_link_and_what_lies_under_them_are_refused(tmp_path, a_file):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    for place, kind in ((a_file, "a file"), (link, "a link that leads nowhere")):
        for results in (place, place / "under"):
            with pytest.raises(BadInput) as refused:
                refuse_unwritable(results)
            assert str(refused.value) == (
                f"results={str(results)!r}: {place} is {kind}, not a folder. {ADVICE}"
            )
    assert (a_file.read_text(), link.is_symlink(), link.exists()) == ("kept", True, False)


def test_a_part_of_the_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(BadInput, match=r"/runs is a file, not a folder"):
        refuse_unwritable(tmp_path)


def test_a_read_only_folder_is_refused_with_the_system_s_reason(full):
    with pytest.raises(BadInput, match=r"cannot be written: Read-only file system\. Name a folder"):
        refuse_unwritable(full / "new")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc, which nobody can write to")
def test_a_folder_that_even_a_superuser_cannot_write_to_is_refused():
    with pytest.raises(BadInput, match="/proc/self cannot be written"):
        refuse_unwritable(Path("/proc/self/results"))


def test_a_folder_that_can_be_written_is_left_as_it_is(tmp_path):
    results = tmp_path / "not" / "yet"
    assert refuse_unwritable(results) == results
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        "run --design sqs --items 5",
        "run --design sqs --items 5 --target model",
        "study --items 5 --story=",
        "sweep smoke",
        "tune --design sqs --items 200",
        "tables",
        "report",
        "publish",
        "agreement",
    ],
)
def test_every_command_that_writes_refuses_it_before_anything_runs(
    words, a_file, monkeypatch, capsys
):
    monkeypatch.setattr("sys.argv", ["workbench", *words.split(), "--results", str(a_file)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    captured = capsys.readouterr()
    assert (end.value.code, captured.out) == (2, "")
    assert captured.err == f"error: results={str(a_file)!r}: {a_file} is a file, not a folder. " + (
        f"{ADVICE}\n"
    )
    assert a_file.read_text() == "kept"


def test_a_run_a_notebook_a_sweep_and_a_prediction_refuse_it_by_themselves(a_file):
    request = RunRequest("sqs", "local", 5)
    study = Study("s", "", "us-east-1", None, (), ((request, None),))
    for begin in (
        lambda: run_request(request, a_file, lambda now: None),
        lambda: run_notebook(request, a_file),
        lambda: sweep(study, a_file),
        lambda: predict(request, "r", a_file),
    ):
        with pytest.raises(BadInput, match="is a file, not a folder"):
            begin()


class Broken:
    """A target that breaks after so many words about its progress."""

    def __init__(self, after: int) -> None:
        self.after = after

    def run(self, design, batch, watch):
        for number in range(self.after):
            watch(Progress(number, 5, 1.0))
        raise RuntimeError("broken")


@pytest.mark.parametrize(("after", "kept"), [(0, False), (1, True)])
def test_only_a_run_that_began_keeps_its_prediction(tmp_path, after, kept):
    results, request = tmp_path / "results", RunRequest("sqs", "local", 5)

    def run():
        with nothing_left(results, "r") as beginning:
            predict(request, "r", results)
            assert prediction_path(results, "r").is_file()
            run_request(request, results, beginning.listening(lambda now: None), "r", Broken(after))

    with pytest.raises(RuntimeError, match="broken"):
        run()
    assert prediction_path(results, "r").exists() == kept
    assert results.exists() == kept


def test_a_folder_that_was_there_stays(tmp_path):
    def run():
        with nothing_left(tmp_path, "r"):
            run_request(RunRequest("sqs", "local", 5), tmp_path, lambda now: None, "r", Broken(0))

    with pytest.raises(RuntimeError, match="broken"):
        run()
    assert list(tmp_path.iterdir()) == []
