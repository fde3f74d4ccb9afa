"""What cannot work is refused by the command line in one line, before anything runs."""

import errno
import json
import os
import resource
import subprocess
import sys

import pytest

from workbench.platform.profile import load_profile
from workbench.temporary import temporary

NUMBERS = ("nan", "inf", "-1", "0", "1e999", "")
COUNTS = ("nan", "-1", "0", "1.5", "9" * 50)
AMOUNTS = (
    "run --design sqs --items 5 --max-usd",
    "tune --design sqs --items 5 --no-confirm --within",
    "tune --design sqs --items 5 --no-confirm --budget",
    "tune --design sqs --items 5 --no-confirm --max-ratio",
)
WHOLE = (
    "run --design sqs --target model --items",
    "estimate --items",
    "estimate --items 5 --replications",
    "tune --design sqs --no-confirm --items",
    "tune --design sqs --items 5 --no-confirm --value-max",
    "tune --design sqs --items 5 --no-confirm --item-concurrency",
    "study --story= --items",
    "sweep smoke --processes",
    "swarm --runs",
    "swarm --processes",
    "deploy --cron-items",
)
NAMES = (
    "doctor --target moon",
    "doctor --preset moon",
    "run --items 5 --design moon",
    "run --items 5 --design sqs --target moon",
    "run --items 5 --design sqs --preset moon",
    "run --items 5 --design sqs --set moon=1",
    "estimate --items 5 --design moon",
    "estimate --items 5 --preset moon",
    "estimate --items 5 --region moon",
    "study --items 5 --story= --region moon",
    "estimate --items 5 --profile moon",
    "study --items 5 --target moon",
    "study --items 5 --story moon",
    "sweep moon",
    "swarm --design moon",
    "runs list --design moon",
    "runs list --target moon",
    "prices show --region ../../moon",
    "resume ../../moon",
    "purge ../../moon",
)


def refused(found):
    """Whether a command ended before anything ran, with one line on standard error."""
    code, out, err = found
    return (code, out) == (2, "") and err.count("\n") == 1 and err.startswith("error: ")


@pytest.mark.parametrize("words", AMOUNTS)
@pytest.mark.parametrize("value", NUMBERS)
def test_a_limit_that_is_no_number_above_zero_is_refused(command, tmp_path, words, value):
    *head, option = words.split()
    found = command(*head, f"{option}={value}", "--results", tmp_path / "r")
    assert refused(found)
    assert "must be a number above 0" in found[2]
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("words", WHOLE)
@pytest.mark.parametrize("value", COUNTS)
def test_a_count_that_is_none_is_refused(command, words, value):
    *head, option = words.split()
    assert refused(command(*head, f"{option}={value}"))


@pytest.mark.parametrize("words", NAMES)
def test_a_name_that_is_none_is_refused(command, words):
    assert refused(command(*words.split()))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "grids: " + "[" * 1_000 + "]" * 1_000,
        "grids: &a [*a]",
        "prices: 2026-02-30\ngrids: [{targets: [model], items: [10]}]",
        "prices: '2026-02-30'\ngrids: [{targets: [model], items: [10]}]",
        "grids: [{targets: [model], items: [.nan]}]",
        "grids: [{targets: [model], items: [.inf]}]",
        "grids: [{targets: [model], items: [0]}]",
        "grids: [{targets: [model], items: [!!python/object/apply:os.getcwd []]}]",
    ],
)
@pytest.mark.parametrize("words", ["sweep", "study --items 5 --target model --story"])
def test_a_study_that_cannot_be_is_refused_by_its_name(command, tmp_path, text, words):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    found = command(*words.split(), path, "--results", tmp_path / "r")
    assert refused(found)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("value", [0, 1e12, -1, True, "1", None])
def test_a_constant_that_cannot_be_is_refused(command, tmp_path, value):
    entries = load_profile().entries
    entries |= {"lambda_scale_per_10s": entries["lambda_scale_per_10s"] | {"value": value}}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"date": "2026-11-23", "entries": entries}))
    found = command("estimate", "--items", 5, "--profile", path)
    assert refused(found)
    assert "lambda_scale_per_10s" in found[2]


@pytest.mark.parametrize("words", ["runs list", "runs show r", "runs rm r --yes", "sweep smoke"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_results_that_are_no_folder_are_refused(command, tmp_path, words, kind):
    results = tmp_path / "results"
    results.write_text("kept") if kind == "file" else results.symlink_to(tmp_path / "nowhere")
    found = command(*words.split(), "--results", results)
    assert refused(found)
    assert found[2].endswith("with --results.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


@pytest.fixture
def small_files():
    """No file of more than 2,000 bytes can be written, as on a disk that is almost full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_written_ends_a_run_in_one_line_and_leaves_no_half(
    command, tmp_path, small_files
):
    words = "run --design sqs --target model --items 50 --results"
    code, out, err = command(*words.split(), tmp_path)
    assert (code, out) == (1, "")
    assert "File too large" in err.splitlines()[-1]
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ESTALE])
@pytest.mark.parametrize("words", ["sweep smoke", "tables", "runs list", "publish"])
def test_a_disk_that_fails_ends_any_command_in_one_line(
    command, stored, monkeypatch, number, words
):
    def fail(path, *_, **__):
        raise OSError(number, os.strerror(number), str(path))

    for name in ("open", "write_text", "read_text", "iterdir"):
        monkeypatch.setattr(f"pathlib.Path.{name}", fail)
    code, _, err = command(*words.split(), "--results", stored.results)
    assert code in (1, 2)
    assert err.splitlines()[-1].startswith("error: ")
    assert os.strerror(number) in err.splitlines()[-1]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["--help", "prices show"])
def test_standard_output_that_is_full_is_one_line(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *words.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: No space left on device. Make room")
    assert done.stderr.count("\n") == 1


def test_the_next_start_clears_what_killed_processes_left_and_nothing_of_a_living_one(
    command, tmp_path
):
    for part in ("runs", "studies", "predictions"):
        (tmp_path / part / ".tmp-of-a-killed-one").mkdir(parents=True)
    with temporary(tmp_path / "runs") as living:
        living.mkdir()
        words = "run --design sqs --target model --items 5 --results"
        assert command(*words.split(), tmp_path)[0] == 0
        assert living.is_dir()
    left = [path for part in ("runs", "studies", "predictions")
            for path in (tmp_path / part).glob(".tmp-*")]  # fmt: skip
    assert left == []


def test_an_estimate_of_what_no_price_list_has_is_refused(command):
    found = command("estimate", "--design", "all", "--items", "5", "--set", "warm_write_units=8000")
    assert refused(found)
    assert (
        "sqs: raising warm_write_units is charged for, and no price list has its price" in found[2]
    )
