"""Work on local processes: as it ends or in order, errors as they were, nothing left behind."""

import multiprocessing
import os
import time

import pytest

from workbench.border import whole_number
from workbench.engine.parallel import in_order, in_parallel
from workbench.errors import BadKnob


def test_results_come_as_they_end_or_in_the_order_of_their_tasks():
    assert list(in_order(divmod, [(9, 4), (8, 4), (7, 4)], 2)) == [(2, 1), (2, 0), (1, 3)]
    assert sorted(in_parallel(divmod, [(9, 4), (8, 4)], 2)) == [(2, 0), (2, 1)]
    assert list(in_parallel(divmod, [], 2)) == []


def test_one_process_is_this_one_and_two_are_others():
    assert list(in_parallel(os.getpid, [()] * 2, 1)) == [os.getpid()] * 2
    assert os.getpid() not in set(in_parallel(os.getpid, [()] * 2, 2))


def test_a_refusal_comes_back_as_it_was_and_no_process_is_left():
    before = set(multiprocessing.active_children())
    with pytest.raises(BadKnob, match=r"^items='many': must be a whole number"):
        list(in_parallel(whole_number, [("items", "many"), ("items", "3")], 2))
    results = in_parallel(time.sleep, [(0,), (60,), (60,)], 2)
    next(results)
    results.close()
    deadline = time.monotonic() + 30
    while set(multiprocessing.active_children()) - before:
        assert time.monotonic() < deadline, "they go on"
        time.sleep(0.01)
