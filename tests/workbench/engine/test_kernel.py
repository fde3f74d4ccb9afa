"""The kernel: order by time, then by who asked first; the clock only jumps."""

import pytest

from workbench.engine.kernel import Kernel, seed_for, stream


@pytest.fixture
def log():
    return []


def test_callbacks_run_in_order_of_time_and_then_of_asking(log):
    kernel = Kernel()
    for name, time_s in [("c", 2.0), ("a", 1.0), ("d", 2.0), ("b", 1.0)]:
        kernel.at(time_s, lambda name=name: log.append((kernel.now, name)))
    kernel.run()
    assert log == [(1.0, "a"), (1.0, "b"), (2.0, "c"), (2.0, "d")]


def test_a_callback_may_ask_for_more_even_at_once(log):
    kernel = Kernel()

    def first():
        log.append(("first", kernel.now))
        kernel.after(0, lambda: log.append(("now", kernel.now)))
        kernel.after(3600, lambda: log.append(("later", kernel.now)))

    kernel.at(5, first)
    kernel.run()
    assert log == [("first", 5), ("now", 5), ("later", 3605)]


def test_the_past_is_an_error_of_ours():
    kernel = Kernel()
    kernel.at(5, lambda: kernel.at(4, lambda: None))
    with pytest.raises(AssertionError, match="an event at 4 s is before now, 5 s"):
        kernel.run()


def test_a_run_ends_at_its_limit_or_when_told_and_can_go_on(log):
    kernel = Kernel()
    for time_s in (1, 2, 3, 4):
        kernel.at(time_s, lambda time_s=time_s: log.append(time_s))
    kernel.run(until_s=2)
    assert log == [1, 2]
    kernel.run(stop=lambda: log[-1] == 3)
    assert log == [1, 2, 3]
    kernel.run()
    assert log == [1, 2, 3, 4]


def test_a_stream_is_the_same_every_time_and_differs_by_name_and_seed():
    draws = [stream(7, "latency").random() for _ in range(2)]
    assert draws[0] == draws[1]
    assert len({seed_for(seed, name) for seed in range(20) for name in ("a", "b")}) == 40


def test_one_more_draw_in_one_stream_leaves_the_others_as_they_were():
    first, second = stream(7, "a"), stream(7, "b")
    expected = [stream(7, "b").random()]
    first.random()
    assert [second.random()] == expected
