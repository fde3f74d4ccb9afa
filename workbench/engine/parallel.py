"""Work on several processes: of this machine, which end with this one however it ends, or a Dask
cluster's.

The one place where work is handed out. It takes pure functions of their arguments: what a lost
worker had is done again, and no worker shares this one's working folder or files.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import parent_process
from typing import TypeVar

from workbench.errors import BadInput, shown

Result = TypeVar("Result")
LOCAL = "local"  # a Dask cluster of our own on this machine, in place of an address


def in_parallel(
    work: Callable[..., Result],
    tasks: Sequence[tuple],
    processes: int | None = None,
    cluster: str = "",
    named: Callable[..., str] = lambda *task: shown(task),
) -> Iterator[Result]:
    """The result of `work(*task)` for each task, as they end.

    On fresh processes (a fork would copy the threads and locks of this one), one a core by default;
    with one, in this process. On a `cluster`, a scheduler's address or `local`, by its workers:
    BadInput if it cannot be used, Incomplete if a task is lost, which `named` then tells.
    """
    for _, result in _numbered(work, tasks, processes, cluster, named):
        yield result


def in_order(
    work: Callable[..., Result],
    tasks: Sequence[tuple],
    processes: int | None = None,
    cluster: str = "",
) -> Iterator[Result]:
    """The same in the order of the tasks, each as soon as those before it have ended."""
    early: dict[int, Result] = {}
    due = 0
    for number, result in _numbered(work, tasks, processes, cluster, lambda *task: shown(task)):
        early[number] = result
        while due in early:
            yield early.pop(due)
            due += 1


def _numbered(
    work: Callable[..., Result],
    tasks: Sequence[tuple],
    processes: int | None,
    cluster: str,
    named: Callable[..., str],
) -> Iterator[tuple[int, Result]]:
    """The results as they end, each with the number of its task."""
    if not tasks:
        return
    count = processes or os.cpu_count() or 1
    if count == 1 and not cluster:
        yield from ((number, work(*task)) for number, task in enumerate(tasks))
        return
    if cluster:
        names = [named(*task) for task in tasks]
        opened = _cluster(cluster, processes, names)
    else:
        opened = _processes(min(count, len(tasks)))
    with opened as pool:
        numbers = {pool.submit(work, *task): number for number, task in enumerate(tasks)}
        for future in as_completed(numbers):
            yield numbers.pop(future), future.result()  # not kept: there may be many


def _cluster(
    cluster: str, processes: int | None, names: list[str]
) -> AbstractContextManager[Executor]:
    """The workers of a Dask cluster."""
    if processes is not None and cluster != LOCAL:
        raise BadInput(
            f"processes={processes}: the cluster at {cluster} has workers of its own. Leave "
            "--processes out, or the cluster."
        )
    try:
        from workbench.engine.cluster import on_cluster
    except ModuleNotFoundError as error:
        raise BadInput(
            f"--cluster needs Dask, and {error.name} is not installed: "
            "`pip install -e .[cluster]`, or `make env`."
        ) from None
    return on_cluster(cluster, processes or os.cpu_count() or 1, names)


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
    """Fresh processes of this machine."""
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _follow_parent)
    with pool:
        try:
            yield pool
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
