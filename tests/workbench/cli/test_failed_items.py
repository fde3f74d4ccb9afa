"""Commands over batches whose items failed: the last line of standard error, and exit code 3."""

import json
from pathlib import Path

import pandas as pd
import pytest

from workbench.cli import app as cli
from workbench.designs import Sqs
from workbench.runs.records import (
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    read_failed,
    read_run,
    write_folder,
)

POISON = ("--set", "poison_per_million=100000", "--set", "value_max=20", "--no-forecast")
WHY = "ValueError: sleep length must be non-negative"


@pytest.fixture
def command(monkeypatch, capfd):
    """Run the command line; its exit code, lines of output and lines of errors."""

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["workbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capfd.readouterr()
        return end.value.code, out.splitlines(), err.splitlines()

    return run


@pytest.mark.parametrize("design", ["sqs", "sfn", "counters"])
def test_a_run_with_failed_items_says_how_many_and_why_and_keeps_them(command, tmp_path, design):
    code, out, err = command(
        "run", "--design", design, "--items", 60, *POISON, "--results", tmp_path
    )
    path = Path(out[-1])
    run, failed = read_run(path), read_failed(path)
    assert (code, run.status, run.items_processed) == (3, "complete", 60 - run.items_failed)
    assert err[-1] == f"{run.items_failed} of 60 items failed: {run.items_failed} × {WHY}"
    assert len(set(failed["item"])) == len(failed) == run.items_failed > 0
    assert set(failed["reason"]) == {WHY}
    assert set(failed["attempts"]) == {1 if design == "sfn" else 3}


def test_a_run_of_the_model_counts_them(command, tmp_path):
    arguments = ("--target", "model", *POISON, "--results", tmp_path)
    code, out, err = command("run", "--design", "sfn", "--items", 60, *arguments)
    failed = read_run(Path(out[-1])).items_failed
    assert (code, failed > 0) == (3, True)
    assert err[-1] == f"{failed} of 60 items failed: {failed} × {WHY} (modelled)"


def test_a_sweep_ends_whole_and_names_the_runs(command, tmp_path):
    study = tmp_path / "some.yaml"
    order = {"design": "sfn", "target": "model", "items": 100}
    runs = [order | {"knobs": {"poison_per_million": poison}} for poison in (0, 100_000)]
    study.write_text(json.dumps({"question": "Do they fail?", "runs": runs}))
    code, out, err = command("sweep", study, "--results", tmp_path)
    assert (code, Path(out[-1]).exists()) == (3, True)
    assert " of 100 items failed: " in err[-2]
    assert err[-1].endswith(" items failed in 1 of 2 runs, each of which is finished")


@pytest.mark.parametrize("target", ["model", "local"])
def test_collect_is_for_runs_on_aws(command, tmp_path, target):
    record = {
        "run_id": "r",
        "design": "sqs",
        "target": target,
        "items": 1,
        "seed": 7,
        "knobs": Sqs().knobs(),
    }
    run = Run(**record, batch_id="r", started_at="2026-11-23T06:00:00+00:00")
    path = write_folder(RunData(run, *empty_tables()), tmp_path)
    code, out, err = command("collect", path)
    assert (code, out) == (2, [])
    assert err == [
        f"error: r ran on {target}: collect pulls from AWS what it knows of runs of the target aws."
    ]


def empty_tables():
    return pd.DataFrame(columns=TIMELINE_COLUMNS), pd.DataFrame(columns=USAGE_COLUMNS)
