"""`kill -9` of a whole running sweep, again and again: each finished run or part stays, whole."""

import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.workbench.sweep.test_sweeping import SMALL_PARTS
from workbench.runs.parts import Folder
from workbench.runs.records import read_folder, run_folders
from workbench.runs.sets import read_runs

STUDY = """
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
grids:
  - {designs: [sqs, sfn], targets: [model], items: [100, 1000], knobs: {value_max: [100, 200, 300]}}
  - {designs: [sqs, sfn], targets: [local], items: [20], seeds: [1, 2]}
"""
RUNS = 2 * 10 * 2 * 3 + 2 * 2
KILLS = 4


def contents(results):
    """Every file of every finished run or part, with its bytes and the time it was written."""
    return {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for folder in places(results)
        for file in folder.iterdir()
    }


def places(results):
    """The folders of runs, and those of parts."""
    return run_folders(results) + [results / "parts" / one for one in Folder(results).names()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261123])
def test_a_sweep_that_is_killed_at_random_moments_loses_and_repeats_nothing(tmp_path, seed):
    (tmp_path / "mine.yaml").write_text(STUDY)
    results, dice = tmp_path / "results", random.Random(seed)
    (tmp_path / "script.py").write_text(SMALL_PARTS)
    command = [sys.executable, tmp_path / "script.py", tmp_path / "mine.yaml", results]
    kept = {}
    for _ in range(KILLS):
        goal = len(places(results)) + dice.randint(1, 4)
        with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as swept:
            while len(places(results)) < goal and swept.poll() is None:
                time.sleep(0.01)
            time.sleep(dice.uniform(0.0, 0.1))
            assert swept.poll() is None, "it was to be killed while it ran"
            os.killpg(swept.pid, signal.SIGKILL)
        found = contents(results)
        assert kept.items() <= found.items()
        kept = found
        for folder in run_folders(results):
            assert read_folder(folder).run.status == "complete"
    subprocess.run(command, check=True, capture_output=True)
    assert kept.items() <= contents(results).items()
    runs = [run.run_id for run in read_runs(results)]
    assert (len(runs), len(run_folders(results))) == (RUNS, 4)
    assert [*(results / "runs").glob(".*"), *(results / "parts").glob(".*")] == []
    table = pd.read_parquet(results / "studies" / "mine.parquet")
    assert sorted(table["run_id"]) == runs
    parts = [
        pq.read_table(path, columns=["run_id"]) for path in results.glob("parts/*/runs.parquet")
    ]
    assert sum(len(part) for part in parts) == RUNS - 4  # none twice
