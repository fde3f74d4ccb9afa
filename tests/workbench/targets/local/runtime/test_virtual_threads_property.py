"""Threads in virtual time against real ones: the same results wherever these are determined.

What takes time is checked against arithmetic: a worker of a pool takes the next job when it is
free, a wait ends at the event or at its limit, whichever comes first.
"""

import concurrent.futures
import heapq
import queue
import threading
import time
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.tasks import Life, start
from workbench.targets.local.runtime.virtual_modules import library

COPIES = library()
VIRTUAL = SimpleNamespace(
    threading=COPIES["threading"],
    queue=COPIES["queue"],
    futures=COPIES["concurrent.futures"],
    time=COPIES["time"],
    empty=COPIES["queue"].Empty,
    unit_s=3600.0,  # hours, so that a real wait would not go unseen
)
REAL = SimpleNamespace(
    threading=threading,
    queue=queue,
    futures=concurrent.futures,
    time=time,
    empty=queue.Empty,
    unit_s=1e-5,
)
durations = st.lists(st.integers(0, 9), min_size=1, max_size=12)
workers = st.integers(1, 4)


def virtually(body):
    """What a body returns that runs as a handler's main strand, and when its time was over."""
    kernel, found = Kernel(), []
    start(Life(kernel), lambda: found.append(body(VIRTUAL)))
    kernel.run()
    return found[0], kernel.now


def agrees(body):
    """The result, which is the same with real threads, and the same again, at the same time."""
    first = virtually(body)
    assert virtually(body) == first
    assert body(REAL) == first[0]
    return first[0]


@given(durations, workers)
def test_a_pool_gives_its_results_in_order_and_its_errors_where_they_are_asked_for(jobs, size):
    def body(on):
        def job(number):
            on.time.sleep(jobs[number] * on.unit_s)
            return number / (jobs[number] % 3)  # some divide by nothing

        with on.futures.ThreadPoolExecutor(size) as pool:
            asked = [pool.submit(job, number) for number in range(len(jobs))]
            done, left = on.futures.wait(asked)
            return [repr(one.exception() or one.result()) for one in asked], len(done), len(left)

    results, done, left = agrees(body)
    assert (len(results), done, left) == (len(jobs), len(jobs), 0)


@given(durations, workers)
def test_a_worker_takes_the_next_job_when_it_is_free(jobs, size):
    def body(on):
        ends = {}

        def job(number):
            on.time.sleep(jobs[number])
            ends[number] = on.time.monotonic()

        with on.futures.ThreadPoolExecutor(size) as pool:
            list(pool.map(job, range(len(jobs))))
        return ends

    free, expected = [0] * size, {}
    for number, seconds in enumerate(jobs):
        expected[number] = heapq.heappop(free) + seconds
        heapq.heappush(free, expected[number])
    ends, over_s = virtually(body)
    assert (ends, over_s) == (expected, max(expected.values()))
    assert list(ends.values()) == sorted(ends.values())


@given(durations, workers, st.sampled_from(["Lock", "RLock", "Condition", "Semaphore"]))
def test_what_a_lock_guards_is_never_shared(jobs, size, kind):
    def body(on):
        lock, inside, most, total = getattr(on.threading, kind)(), 0, 0, 0

        def job(seconds):
            nonlocal inside, most, total
            with lock:
                inside += 1
                most = max(most, inside)
                before = total
                on.time.sleep(seconds * on.unit_s)
                total = before + seconds
                inside -= 1

        threads = [on.threading.Thread(target=job, args=(seconds,)) for seconds in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return most, total

    assert agrees(body) == (1, sum(jobs))


@given(durations, workers, st.integers(0, 3))
def test_a_queue_hands_over_each_thing_once_and_in_order(things, size, room):
    def body(on):
        channel, taken = on.queue.Queue(room), []

        def take():
            mine = []
            while (one := channel.get()) is not None:
                on.time.sleep(one[1] * on.unit_s)
                mine.append(one)
                channel.task_done()
            taken.append(mine)

        takers = [on.threading.Thread(target=take) for _ in range(size)]
        for taker in takers:
            taker.start()
        for numbered in enumerate(things):
            channel.put(numbered)
        channel.join()
        for _ in takers:
            channel.put(None)
        for taker in takers:
            taker.join()
        assert all(mine == sorted(mine) for mine in taken)
        return sorted(one for mine in taken for one in mine)

    assert agrees(body) == list(enumerate(things))


@given(durations, st.sampled_from(["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"]))
def test_each_kind_of_queue_has_its_order(things, kind):
    def body(on):
        held = getattr(on.queue, kind)()
        for one in things:
            held.put(one)
        return [held.get() for _ in things], held.empty(), held.qsize()

    order = {"LifoQueue": things[::-1], "PriorityQueue": sorted(things)}.get(kind, things)
    assert agrees(body) == (order, True, 0)


@given(
    st.sampled_from(["event", "queue", "future", "lock", "condition", "join"]),
    st.integers(1, 20).map(lambda n: 2 * n),
    st.integers(0, 20).map(lambda n: 2 * n + 1),
)
@settings(deadline=None)
def test_a_wait_ends_when_its_time_comes_or_at_its_limit(kind, comes_s, limit_s):
    def body(on):
        waited, tell = WAITS[kind](on)

        def later():
            on.time.sleep(comes_s)
            tell()

        on.threading.Thread(target=later).start()
        began_s, came = on.time.monotonic(), waited(limit_s)
        return came, on.time.monotonic() - began_s

    (came, waited_s), _ = virtually(body)
    assert (came, waited_s) == (comes_s < limit_s, min(comes_s, limit_s))


def _on_event(on):
    event = on.threading.Event()
    return event.wait, event.set


def _on_queue(on):
    channel = on.queue.Queue()

    def wait(limit_s):
        try:
            return channel.get(timeout=limit_s)
        except on.empty:
            return False

    return wait, lambda: channel.put(True)


def _on_future(on):
    future = on.futures.Future()

    def wait(limit_s):
        try:
            return future.result(limit_s)
        except TimeoutError:
            return False

    return wait, lambda: future.set_result(True)


def _on_lock(on):
    lock = on.threading.Lock()
    lock.acquire()
    return lambda limit_s: lock.acquire(timeout=limit_s), lock.release


def _on_condition(on):
    condition = on.threading.Condition()

    def wait(limit_s):
        with condition:
            return condition.wait(limit_s)

    def tell():
        with condition:
            condition.notify()

    return wait, tell


def _on_join(on):
    event = on.threading.Event()
    thread = on.threading.Thread(target=event.wait)
    thread.start()

    def wait(limit_s):
        thread.join(limit_s)
        return not thread.is_alive()

    return wait, event.set


WAITS = {
    "event": _on_event,
    "queue": _on_queue,
    "future": _on_future,
    "lock": _on_lock,
    "condition": _on_condition,
    "join": _on_join,
}
