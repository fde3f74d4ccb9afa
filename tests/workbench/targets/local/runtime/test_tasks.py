"""Strands of a handler under the virtual clock."""

import pytest

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.tasks import Killed, Life, current, gather, start


@pytest.fixture
def kernel():
    return Kernel()


def sleeper(kernel, log):
    def sleep(seconds):
        current().wait_until(kernel.now + seconds)
        log.append((kernel.now, seconds))
        return seconds * 10

    return sleep


def test_strands_take_turns_as_their_time_comes(kernel):
    log = []
    sleep = sleeper(kernel, log)
    start(Life(kernel), lambda: [sleep(2), sleep(2)])
    start(Life(kernel), lambda: sleep(3))
    kernel.run()
    assert log == [(2, 2), (3, 3), (4, 2)]


def test_gather_works_so_many_at_a_time_and_keeps_the_order_of_results(kernel):
    log, results = [], []
    start(Life(kernel), lambda: results.extend(gather(sleeper(kernel, log), [3, 1, 1], 2)))
    kernel.run()
    assert (log, results) == ([(1, 1), (2, 1), (3, 3)], [30, 10, 10])


def test_gather_one_at_a_time_stops_at_the_first_error(kernel):
    seen = []

    def fail(value):
        seen.append(value)
        raise ValueError(value)

    with pytest.raises(ValueError, match="1"):
        gather(fail, [1, 2], 1)
    assert seen == [1]


def test_gather_of_several_ends_them_all_before_it_raises_the_first_error(kernel):
    log, caught = [], []

    def work(value):
        current().wait_until(kernel.now + value)
        log.append(value)
        raise ValueError(value)

    def body():
        try:
            gather(work, [5, 1], 2)
        except ValueError as error:
            caught.append((str(error), kernel.now))

    start(Life(kernel), body)
    kernel.run()
    assert (log, caught) == ([1, 5], [("5", 5)])


def test_gathers_nest(kernel):
    results = []
    sleep = sleeper(kernel, [])
    body = lambda: results.extend(gather(lambda n: sum(gather(sleep, [n, n], 2)), [1, 2], 2))  # noqa: E731
    start(Life(kernel), body)
    kernel.run()
    assert (results, kernel.now) == ([20, 40], 2)


def test_a_killed_handler_cannot_swallow_its_death(kernel):
    log = []

    def body():
        for _ in range(3):
            try:
                current().wait_until(kernel.now + 10)
            except Killed:
                log.append("killed")
        log.append("returned")

    life = Life(kernel)
    start(life, body)
    kernel.at(5, life.kill)
    kernel.run()
    assert (log, kernel.now) == (["killed", "killed", "killed", "returned"], 10)


def test_killing_ends_every_strand_begun_or_not(kernel):
    log = []

    def work(value):
        try:
            current().wait_until(kernel.now + value)
        finally:
            log.append(value)

    life = Life(kernel)
    start(life, lambda: gather(work, [10, 20], 2))
    life.kill()  # before the strands of `gather` have begun
    kernel.run()
    assert log == []

    other = Life(kernel)
    start(other, lambda: gather(work, [10, 20], 2))
    kernel.after(5, other.kill)
    kernel.run()
    assert log == [10, 20]


def test_a_strand_that_dies_takes_the_others_along_at_the_same_instant(kernel):
    log = []

    def work(value):
        try:
            current().wait_until(kernel.now + value)
            current().life.die()
        finally:
            log.append((value, kernel.now))

    start(Life(kernel), lambda: gather(work, [1, 20], 2))
    kernel.run()
    assert log == [(1, 1), (20, 1)]


def test_ctrl_c_inside_a_handler_reaches_whoever_runs_the_kernel(kernel):
    def body():
        current().wait_until(1)
        raise KeyboardInterrupt

    start(Life(kernel), body)
    with pytest.raises(KeyboardInterrupt):
        kernel.run()
