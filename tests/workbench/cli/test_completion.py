"""Shell completion: values of options are offered as a shell asks for them, and without delay."""

import os
import subprocess
import sys

import pytest

from workbench.designs import DESIGNS
from workbench.project import STUDIES, WORKLOADS

SLOW = ("pandas", "numpy", "numba", "moto", "boto3", "matplotlib", "pyarrow", "rich.console")
PLAIN = [f"{name}=" for name in DESIGNS["sqs"]().knobs()]


@pytest.fixture
def complete(command, monkeypatch):
    """What a shell is offered after some words, the last of which is being typed."""

    def offered(*words):
        monkeypatch.setenv("_WORKBENCH_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", " ".join(map(str, ("workbench", *words))))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        code, out, _ = command()
        assert code == 0
        return out.split()

    return offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("est",), ["estimate"]),
        (("runs", ""), ["list", "show", "rm"]),
        (("run", "--design", "s"), ["sqs", "sfn"]),
        (("deploy", "--design", "a"), ["all"]),
        (("deploy", "--design", "sqs,"), ["sqs,sfn", "sqs,counters", "sqs,durable"]),
        (("run", "--target", ""), ["local", "model", "aws"]),
        (("run", "--design", "counters", "--preset", ""), ["default", "tuned", "tuned-concurrent"]),
        (("estimate", "--design", "sfn", "--preset", "p"), ["published"]),
        (("run", "--design", "sqs", "--set", ""), PLAIN),
        (("run", "--design", "sfn", "--set", "child"), ["child_type=", "child_tries="]),
        (("run", "--design", "sfn", "--set", "cpu=a"), ["cpu=arm64"]),
        (("run", "--design", "sqs", "--set", "claim="), ["claim=true", "claim=false"]),
        (("run", "--design", "sqs", "--set", "poll_s="), []),
        (("estimate", "--design", "sqs,sfn", "--set", "s"), None),
        (("estimate", "--set", "sfn.child_t"), ["sfn.child_type=", "sfn.child_tries="]),
        (("sweep", ""), sorted(path.stem for path in STUDIES.glob("*.yaml"))),
        (("workload", ""), sorted(str(path) for path in WORKLOADS.glob("*.yaml"))),
        (("study", "--story", "who"), ["who_wins"]),
    ],
)
def test_values_are_offered(complete, words, offered):
    if offered is None:  # plain knobs of both, and the names that can stand before one
        own = {f"{name}=" for one in ("sqs", "sfn") for name in DESIGNS[one]().knobs()}
        wanted = {name for name in own if name.startswith("s")} | {"sqs.", "sfn."}
        assert set(complete(*words)) == wanted
    else:
        assert complete(*words) == offered


def test_runs_are_offered_by_their_names(complete, stored):
    offered = complete("runs", "show", "--results", stored.results, "s")
    assert offered == ["sfn-a", "sqs-a", "sqs-b"]


def test_nothing_slow_is_imported_for_a_completion():
    script = (
        "import sys\nfrom workbench.cli import app\nsys.argv = ['workbench']\n"
        "try:\n    app.main()\nexcept SystemExit:\n    pass\n"
        f"print(*(name for name in {SLOW} if name in sys.modules), file=sys.stderr)"
    )
    asked = {"COMP_WORDS": "workbench run --set mem", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | asked | {"_WORKBENCH_COMPLETE": "complete_bash"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["memory_mb="]
    assert done.stderr.split() == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_can_be_shown(command, monkeypatch, shell):
    """Of the shell that it is asked from, whichever the tests were started from."""
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: shell)
    code, out, _ = command("--show-completion")
    assert (code, f"_WORKBENCH_COMPLETE=complete_{shell}" in out) == (0, True)
