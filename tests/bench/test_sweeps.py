"""The studies that the bench sweeps are as large as they are said to be."""

import pytest

from bench.sweeps import RUNS, TOGETHER, _study
from workbench.sweep.jobs import RUNS_MAX, _size, plan_jobs


@pytest.mark.parametrize("runs", [TOGETHER, RUNS])
def test_a_study_has_just_so_many_runs_and_wants_no_yes(runs):
    [grid] = _study(runs).grids
    assert _size(grid) == runs <= RUNS_MAX


def test_no_two_runs_of_a_turn_are_the_same():
    jobs, skipped = plan_jobs(_study(TOGETHER))
    assert (len(jobs), skipped) == (TOGETHER, [])
