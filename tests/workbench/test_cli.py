"""The command line: what is refused is refused before anything runs, in one line, with exit 2."""

from pathlib import Path

import pytest

from workbench.runs.predictions import check_predictions
from workbench.runs.records import run_folders

RUN = ("run", "--design", "sqs", "--items")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((*RUN, 0), "items=0: must be 1 to 100,000,000"),
        ((*RUN, -5), "items=-5"),
        ((*RUN, 100_000_001), "items=100000001"),
        ((*RUN, 5, "--seed", -1), "seed=-1"),
        (
            (*RUN, 5, "--target", "moon"),
            "target='moon' is not known. Take one of local, model, aws",
        ),
        ((*RUN, 5, "--preset", "best"), "preset='best'"),
        ((*RUN, 5, "--set", "poll=3"), "knob 'poll' is not one of sqs"),
        ((*RUN, 5, "--set", "poll_s"), "is not name=value"),
        ((*RUN, 5, "--set", "messages_per_invocation=20"), "Set batch_window_s=1"),
        (("run", "--design", "both", "--items", 5), "design='both'"),
        (("study", "--items", "10,x"), "whole numbers"),
        (("run", "--design", "counters", "--fault-seed", 3), "draws no seeds of 'counters'"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(command, tmp_path, arguments, why):
    code, out, err = command(*arguments, "--results", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert why in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_swarm_refuses_a_design_that_it_draws_no_seeds_of(command):
    code, out, err = command("swarm", "--design", "counters", "--runs", 1)
    assert (code, out) == (2, "")
    assert err == "error: the swarm draws no seeds of 'counters'. Take one of sqs, sfn.\n"


def test_an_unknown_option_has_exit_code_2(command):
    code, _, err = command(*RUN, 5, "--sede", 3)
    assert code == 2
    assert "--sede" in err


def test_a_run_is_predicted_before_it_and_compared_after(command, tmp_path):
    code, out, err = command(*RUN, 20, "--results", tmp_path)
    assert code == 0
    assert "predicted (modelled): $0.0" in err
    checked = check_predictions(tmp_path)
    assert set(checked["run_id"]) == {Path(out.splitlines()[-1]).name}
    assert {"cost_usd", "detected_s"} <= set(checked["line"])
    command(*RUN, 20, "--results", tmp_path, "--no-forecast")
    command(*RUN, 20, "--results", tmp_path, "--target", "model")
    assert (len(run_folders(tmp_path)), len(list((tmp_path / "predictions").iterdir()))) == (3, 1)
