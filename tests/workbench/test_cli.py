"""The command line: what is refused is refused before anything runs, in one line, with exit 2."""

from pathlib import Path

import pytest

from workbench.runs.predictions import check_predictions
from workbench.runs.records import read_run, run_folders

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
        ((*RUN, "0100"), "items='0100': must be a whole number"),
        ((*RUN, "1.000"), "Write 1 or 1000"),
        ((*RUN, "nan"), "items='nan': must be a whole number"),
        ((*RUN, ""), "items=''"),
        ((*RUN, 5, "--seed", "1.5"), "seed='1.5'"),
        ((*RUN, 5, "--seed", 2**63), "seed="),
        ((*RUN, 5, "--max-usd", "nan"), "max_usd='nan': must be a number above 0"),
        ((*RUN, 5, "--max-usd", "inf"), "max_usd='inf'"),
        ((*RUN, 5, "--max-usd", 0), "max_usd='0'"),
        ((*RUN, 5, "--max-usd", -1), "max_usd='-1'"),
        ((*RUN, 5, "--set", "poll_s=true"), "poll_s='true': must be a whole number"),
        ((*RUN, 5, "--set", "poll_s=nan"), "poll_s='nan': must be a whole number from 1 to 900"),
        ((*RUN, 5, "--fault-seed", -3), "fault_seed=-3: must be a whole number of 0 or more"),
        (("study", "--items", "10,x"), "whole number"),
        (("study", "--items", "1,000"), "items='1,000': may be one size or several"),
        (("study", "--items", "10,,20"), "items=''"),
        (("study", "--seed", "x"), "seed='x'"),
        (("sweep", "smoke", "--processes", 0), "processes=0: must be a whole number of 1 or more"),
        (("tune", "--design", "sqs", "--items", "x"), "items='x'"),
        (("tune", "--design", "sqs", "--items", 0), "items=0"),
        (("tune", "--design", "sqs", "--within", 0), "within='0': must be a number above 0"),
        (("tune", "--design", "sqs", "--within", "nan"), "within='nan'"),
        (("tune", "--design", "sqs", "--budget", "inf"), "budget='inf'"),
        (("tune", "--design", "sqs", "--budget", -1), "budget='-1'"),
        (("tune", "--design", "sqs", "--max-ratio", "nan"), "max_ratio='nan'"),
        (("tune", "--design", "sqs", "--max-ratio", 0), "max_ratio='0'"),
        (("tune", "--design", "sqs", "--value-max", "1e9"), "value_max=1000000000"),
        (("tune", "--design", "sqs", "--item-concurrency", 0), "item_concurrency=0"),
        (("doctor", "--target", "moon"), "target='moon' is not known"),
        (("doctor", "--preset", "best"), "preset='best' is not known"),
    ],
)
def test_bad_input_is_one_line_with_exit_code_2(command, tmp_path, arguments, why):
    code, out, err = command(*arguments, "--results", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert why in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("estimate", "--items", 5, "--replications", 0), "replications=0"),
        (("estimate", "--items", 5, "--seed", -1), "seed=-1"),
        (("estimate", "--items", "1,00"), "items='1,00'"),
        (("estimate", "--items", 0), "items=0: must be 1 to 100,000,000"),
        (("swarm", "--runs", 0), "runs=0: must be a whole number of 1 or more"),
        (("swarm", "--runs", -5), "runs=-5"),
        (("swarm", "--first-seed", -1), "first_seed=-1"),
        (("swarm", "--processes", 0), "processes=0"),
        (("deploy", "--cron-items", "ten"), "cron_items='ten'"),
    ],
)
def test_numbers_out_of_range_are_refused_by_every_command(command, arguments, why):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ")
    assert why in err


@pytest.mark.parametrize("items", ["1e3", "1_000", "1,000", "1k", "1000.0", "+1000"])
def test_a_number_of_items_may_be_written_in_any_plain_way(command, tmp_path, items):
    code, out, _ = command(*RUN, items, "--target", "model", "--results", tmp_path)
    assert (code, read_run(Path(out.strip())).items) == (0, 1000)


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
