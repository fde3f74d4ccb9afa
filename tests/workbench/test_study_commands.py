"""`workbench sweep` and `workbench tune` as a user meets them."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench.cli.app import app
from workbench.cli.study import find
from workbench.cli.tune import RatioPassed
from workbench.errors import BadInput, Incomplete

TINY = "seeds: [1]\ngrids: [{designs: [sqs, sfn], items: [100]}]"


def invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_sweep_prints_the_table_last_and_says_what_it_did(tmp_path):
    (tmp_path / "tiny.yaml").write_text(TINY)
    done = invoke("sweep", tmp_path / "tiny.yaml", "--results", tmp_path)
    assert done.exit_code == 0
    table = done.stdout.splitlines()[-1]
    assert len(pd.read_parquet(table)) == 2
    assert "tiny: 2 runs, 0 were there already" in done.stderr
    again = invoke("sweep", tmp_path / "tiny.yaml", "--results", tmp_path)
    assert "tiny: 0 runs, 2 were there already" in again.stderr


def test_sweep_names_what_it_skipped(tmp_path):
    text = "seeds: [1]\ngrids: [{designs: [sqs], items: [9], skip_infeasible: true, \
sqs: {items_per_message: [1, 9999]}}]"
    (tmp_path / "some.yaml").write_text(text)
    done = invoke("sweep", tmp_path / "some.yaml", "--results", tmp_path)
    assert "1 combinations cannot work and were skipped" in done.stderr
    assert "items_per_message=9999" in done.stderr


def test_a_study_without_a_file_is_refused_with_those_there_are():
    with pytest.raises(BadInput, match=r"no study 'moon'.*smoke, story, stress"):
        find("moon")


def test_no_processes_are_refused(tmp_path):
    done = invoke("sweep", "smoke", "--processes", "0", "--results", tmp_path)
    assert isinstance(done.exception, BadInput)
    assert Incomplete.exit_code == RatioPassed.exit_code == 1


TUNE = ("tune", "--design", "sfn", "--items", 2_000, "--no-confirm", "--set", "memory_mb=128")


def test_tune_prints_floor_tuned_and_ratio_on_its_last_line():
    done = invoke(*TUNE)
    assert done.exit_code == 0
    words = done.stdout.splitlines()[-1].split()
    assert words[0::2] == ["floor", "tuned", "ratio"]
    floor, tuned, ratio = (float(word.strip("$")) for word in words[1::2])
    assert floor == pytest.approx(0.8333, abs=1e-4)
    assert tuned / floor == pytest.approx(ratio, rel=1e-3)
    assert "What each knob bought" in done.stdout
    assert "child_type=STANDARD" in done.stdout


def test_tune_fails_when_the_ratio_is_passed():
    done = invoke(*TUNE, "--max-ratio", "1.0")
    assert isinstance(done.exception, RatioPassed)
    assert done.stdout.splitlines()[-1].startswith("floor")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--set", "memory"), "is not name=value"),
        (("--set", "value_max=3"), "--value-max"),
        (("--within", "0.01"), "Give it as long"),
    ],
)
def test_tune_refuses_what_cannot_be(words, says):
    done = invoke(*TUNE, *words)
    assert isinstance(done.exception, BadInput)
    assert says in str(done.exception)
