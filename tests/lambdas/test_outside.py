"""The door out: results in order, everything joined."""

import threading
import time

import pytest

from lambdas import outside


def test_gather_keeps_the_order_whatever_ends_first():
    def slow_first(n):
        time.sleep(0.02 / (n + 1))
        return n * n

    assert outside.gather(slow_first, range(6), 6) == [0, 1, 4, 9, 16, 25]
    assert outside.gather(slow_first, range(3), 1) == [0, 1, 4]


def test_gather_never_runs_more_at_once_than_it_may():
    running, peak, lock = [], [], threading.Lock()

    def watch(n):
        with lock:
            running.append(n)
            peak.append(len(running))
        time.sleep(0.005)
        with lock:
            running.remove(n)

    outside.gather(watch, range(20), 4)
    assert max(peak) == 4


def test_an_error_is_raised_only_when_every_thread_has_ended():
    ended, all_begun = [], threading.Barrier(4)

    def work(n):
        all_begun.wait(timeout=10)
        if n == 0:
            raise ValueError("the first")
        time.sleep(0.02)
        ended.append(n)

    with pytest.raises(ValueError, match="the first"):
        outside.gather(work, range(4), 4)
    assert sorted(ended) == [1, 2, 3]


def test_sleeping_less_than_nothing_is_an_error():
    with pytest.raises(ValueError, match="non-negative"):
        outside.sleep(-0.001)
