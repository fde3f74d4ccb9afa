"""`kill -9` of a whole running sweep, again and again: each finished run is whole and stays."""

import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from workbench.runs.records import read_folder, run_folders

STUDY = """
seeds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
grids:
  - {designs: [sqs, sfn], targets: [model], items: [100, 1000], knobs: {value_max: [100, 200, 300]}}
  - {designs: [sqs, sfn], targets: [local], items: [20], seeds: [1, 2]}
"""
RUNS = 2 * 10 * 2 * 3 + 2 * 2
KILLS = 4


def contents(results):
    """Every file of every finished run, with its bytes and the time it was written."""
    return {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for folder in run_folders(results)
        for file in folder.iterdir()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20261123])
def test_a_sweep_that_is_killed_at_random_moments_loses_and_repeats_nothing(tmp_path, seed):
    (tmp_path / "mine.yaml").write_text(STUDY)
    results, dice = tmp_path / "results", random.Random(seed)
    command = [sys.executable, "-m", "workbench", "sweep", str(tmp_path / "mine.yaml")]
    command += ["--results", str(results), "--processes", "2"]
    kept = {}
    for _ in range(KILLS):
        goal = len(run_folders(results)) + dice.randint(1, 20)
        with subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL) as swept:
            while len(run_folders(results)) < goal and swept.poll() is None:
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
    assert len(run_folders(results)) == RUNS
    assert list((results / "runs").glob(".*")) == []
    table = pd.read_parquet(results / "studies" / "mine.parquet")
    assert sorted(table["run_id"]) == [folder.name for folder in run_folders(results)]
