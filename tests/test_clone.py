"""A fresh clone stays as it was: what a user runs changes and adds no file that git sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.designs import COMPARED

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
USED = (
    "workbench run --design sqs --items 100 --target model",
    "papermill notebooks/benchmark.ipynb out.ipynb -p items 100",
    "workbench study --items 100 --story=",
    "workbench tables",
    "workbench publish --no-video",
    "workbench report",
    "workbench agreement",
    "workbench report --results results/reference",
    "workbench publish --no-video --results results/reference",
)
REFUSED = (
    "workbench run --design sqs --items 10 --target model --results results/reference",
    "workbench sweep smoke --results results/reference",
    "workbench tables --results results/reference",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The last commit, cloned; its own code runs there."""
    place = tmp_path_factory.mktemp("clone") / "project"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(place)], check=True)
    return place


def run(clone, command):
    """A command as a user types it in the clone, in this environment."""
    words = [sys.executable, "-m", *command.split()]
    environment = os.environ | {"PYTHONPATH": str(clone)}
    return subprocess.run(words, cwd=clone, env=environment, capture_output=True, text=True)


def status(clone):
    command = ["git", "-C", str(clone), "status", "--porcelain", "--untracked-files=all"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_what_a_user_runs_leaves_the_clone_as_it_was(clone):
    for command in USED:
        done = run(clone, command)
        assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
        assert status(clone) == "", command
    own, kept = clone / "results" / "published", clone / "results" / "published" / "reference"
    for folder, whose in ((own, "Your own runs of"), (kept, "The reference set of this project")):
        for name in ("report.html", "findings.md", "manifest.json"):
            assert whose in (folder / name).read_text(), folder / name
    runs = list((clone / "results" / "runs").glob("[!.]*"))
    assert len(runs) == 2 + len(COMPARED)


@pytest.mark.parametrize("command", REFUSED)
def test_the_reference_set_takes_no_runs(clone, command):
    done = run(clone, command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a packed set of runs, which is only read" in done.stderr
    assert status(clone) == ""
