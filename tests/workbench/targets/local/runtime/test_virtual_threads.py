"""Threads of handlers: the standard library's own classes, in virtual time."""

import pytest

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.tasks import Life, start
from workbench.targets.local.runtime.virtual_modules import library

MODULES = library()
threading, queue = MODULES["threading"], MODULES["queue"]
futures, time = MODULES["concurrent.futures"], MODULES["time"]


@pytest.fixture
def play():
    """Run a body as a handler's main strand: what it returned, and what it noted when."""

    def go(body, until_s=float("inf")):
        kernel = Kernel()
        life, seen = Life(kernel), []
        start(life, lambda: body(lambda what: seen.append((kernel.now, what))))
        kernel.run(until_s)
        go.life = life
        return seen

    return go


def test_a_pool_works_as_many_at_a_time_as_it_has_workers(play):
    def body(note):
        with futures.ThreadPoolExecutor(2) as pool:
            waits = [pool.submit(lambda s: time.sleep(s) or s, seconds) for seconds in (3, 1, 4)]
            for one in futures.as_completed(waits):
                note(one.result())
        note("over")

    assert play(body) == [(1, 1), (3, 3), (5, 4), (5, "over")]


def test_an_error_in_a_pool_is_raised_where_its_result_is_asked_for(play):
    def body(note):
        with futures.ThreadPoolExecutor(2) as pool:
            failed = pool.submit(lambda: time.sleep(2) or {}["key"])
            with pytest.raises(KeyError):
                failed.result()
            done, left = futures.wait([pool.submit(time.sleep, 9)], timeout=1)
            note((len(done), len(left)))

    assert play(body) == [(3, (0, 1))]


def test_waits_with_a_limit_end_at_it_and_others_when_their_time_comes(play):
    def body(note):
        event = threading.Event()
        note(event.wait(2))
        threading.Timer(4, event.set).start()
        note(event.wait(10))
        lock = threading.Lock()
        lock.acquire()
        note(lock.acquire(timeout=1))
        note(lock.acquire(blocking=False))

    assert play(body) == [(2, False), (6, True), (7, False), (7, False)]


def test_a_lock_goes_to_who_waits_longest_and_not_to_who_gave_up(play):
    def body(note):
        lock = threading.Lock()

        def take(name, most_s):
            if lock.acquire(timeout=most_s):
                note(name)
                time.sleep(1)
                lock.release()

        lock.acquire()
        threads = [
            threading.Thread(target=take, args=one) for one in (("a", 1), ("b", 9), ("c", 9))
        ]
        for one in threads:
            one.start()
        time.sleep(2)
        lock.release()
        for one in threads:
            one.join()
        note([one.is_alive() for one in threads])

    assert play(body) == [(2, "b"), (3, "c"), (4, [False, False, False])]


def test_queues_barriers_and_values_of_a_thread(play):
    def body(note):
        numbers, gate, own = queue.Queue(1), threading.Barrier(2), threading.local()
        own.x = 1

        def produce():
            own.x = 2
            for number in range(3):
                numbers.put(number)
            time.sleep(5)
            gate.wait()

        threading.Thread(target=produce).start()
        for _ in range(3):
            time.sleep(1)
            note(numbers.get())
        with pytest.raises(queue.Empty):
            numbers.get(timeout=1)
        gate.wait()
        note(own.x)

    assert play(body) == [(1, 0), (2, 1), (3, 2), (7, 1)]


def test_threads_die_with_their_invocation(play):
    def body(note):
        threading.Thread(target=lambda: time.sleep(1) or note("first")).start()
        threading.Thread(target=lambda: time.sleep(9) or note("second")).start()
        time.sleep(3)

    assert play(body, until_s=5) == [(1, "first")]
    play.life.kill()
    seen = []
    play.life.kernel.run()
    assert seen == []


def test_an_error_that_a_thread_does_not_catch_is_written_to_the_log(play, capsys):
    def body(note):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        note(thread.is_alive())

    assert play(body) == [(0, False)]
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_no_thread_starts_while_no_invocation_runs():
    with pytest.raises(RuntimeError, match="only while an invocation runs"):
        threading.Thread(target=print).start()
