"""Work on several processes that end with this one, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import parent_process
from typing import TypeVar

Result = TypeVar("Result")


def in_parallel(
    work: Callable[..., Result], tasks: Sequence[tuple], processes: int | None = None
) -> Iterator[Result]:
    """The result of `work(*task)` for each task, as they end.

    On fresh processes (a fork would copy the threads and locks of this one), one a core by default.
    """
    before = set(multiprocessing.active_children())
    count = min(processes or os.cpu_count() or 1, len(tasks))
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _follow_parent)
    with pool:
        try:
            futures = [pool.submit(work, *task) for task in tasks]
            for future in as_completed(futures):
                yield future.result()
        except BaseException:  # Ctrl-C: what runs now is dropped
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
            raise


def _follow_parent() -> None:
    """End with the parent, however it dies, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent leaves its workers waiting for work for ever; so they watch it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
