"""Workers of a Dask cluster: each is asked what it is before it works, and again with each task.

Dask hands out the tasks and repeats those of lost workers; nothing here schedules. A cluster that
was there before stays as it is; one of our own ends with us. Needs the extra `cluster`.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from secrets import token_hex
from threading import Event, Thread
from typing import Any

from distributed import Client, KilledWorker, LocalCluster, get_worker
from distributed.cfexecutor import ClientExecutor
from distributed.comm import get_address_host_port
from distributed.versions import VersionMismatchWarning

from workbench.engine.parallel import LOCAL
from workbench.errors import BadInput, Incomplete
from workbench.project import fingerprint

SCHEDULER_MAX_S = 5.0  # until it answers
WORKERS_MAX_S = 30.0  # without one
LOOK_S = 2.0
LEAVE_INTERRUPTS = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"  # to us
SAME = ("python", "dask", "distributed")  # versions that have to be the same to talk at all
START = "`dask worker {} --nthreads 1 --nworkers 4`"

Answer = dict[str, str]


class _Pool(ClientExecutor):
    """Dask's executor, whose tasks have names of ours and check the worker that has them."""

    def __init__(self, client: Client, names: list[str]) -> None:
        super().__init__(client, pure=False)
        self._names, self._session, self._given = names, token_hex(4), 0
        self._ours = fingerprint()
        self.alone_s = 0.0  # without a worker

    def submit(self, work: Callable[..., Any], *task: Any) -> Any:
        """Hand in the next task."""
        key = f"{work.__name__}-{self._session}-{self._given}"
        self._given += 1
        return super().submit(checked, self._ours, work, *task, key=key)

    def name(self, key: str) -> str:
        """The name of a task of ours, by Dask's."""
        return self._names[int(key.rpartition("-")[2])]

    def watch(self, ended: Event) -> None:
        """Cancel all once there is no worker any more, and none comes: Dask would wait for ever."""
        while not ended.wait(LOOK_S) and self._client.status == "running":
            with suppress(OSError):  # without its scheduler all are cancelled anyway
                self.alone_s = 0.0 if self._client.nthreads() else self.alone_s + LOOK_S
            if self.alone_s >= WORKERS_MAX_S:
                self.shutdown(wait=False)
                return


@contextmanager
def on_cluster(address: str, processes: int, names: list[str]) -> Iterator[_Pool]:
    """An executor on the workers at an address, or on as many `processes` of a cluster of our own.

    BadInput if there is no scheduler or worker, or one of another version. The tasks' `names` are
    in the order in which they are handed in; Incomplete names one whose workers have died.
    """
    _quiet()
    with ExitStack() as stack:
        place = stack.enter_context(_own(processes)) if address == LOCAL else address
        client = stack.enter_context(_client(place, address))
        _refuse_others(client)
        pool, ended = _Pool(client, names), Event()
        Thread(target=pool.watch, args=(ended,), daemon=True).start()
        try:
            yield pool
        except KilledWorker as error:
            raise Incomplete(
                f"task {pool.name(error.task)}: {error.allowed_failures + 1} workers have died of "
                f"it, the last at {error.last_worker.address}. Look at its log, and whether it "
                "ran out of memory."
            ) from None
        except CancelledError:
            gone = "every worker" if pool.alone_s else "the scheduler"
            raise Incomplete(
                f"--cluster {address}: {gone} is gone. Look at its log, start it again, then run "
                "the same command again."
            ) from None
        finally:  # Ctrl-C: what is queued is cancelled
            ended.set()
            pool.shutdown(wait=False)


def checked(ours: Answer, work: Callable[..., Any], *task: Any) -> Any:
    """The work of a task, on a worker that may have come after all were asked."""
    worker = get_worker()
    _refuse(f"worker {worker.address}", fingerprint(), ours)
    _refuse_threads(worker.address, worker.state.nthreads, worker.scheduler.address)
    return work(*task)


def _quiet() -> None:
    """Dask's own log goes nowhere: what matters of it is said here."""
    for name in ("distributed", "distributed.client", "distributed.gc"):  # each has its level
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.simplefilter("ignore", VersionMismatchWarning)


def _own(processes: int) -> LocalCluster:
    """A cluster on this machine, as its processes without Dask would be."""
    return LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        processes=True,
        memory_limit=None,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
        preload=[LEAVE_INTERRUPTS],
    )


def _client(place: Any, address: str) -> Client:
    """A connection to a scheduler that has workers."""
    if place == address:
        _refuse_address(address)
    try:
        client = Client(place, timeout=SCHEDULER_MAX_S, set_as_default=False)
    except OSError as error:
        raise BadInput(
            f"--cluster {address}: no scheduler answers within {SCHEDULER_MAX_S:.0f} s "
            f"({_line(error)}). Start one with `dask scheduler`, or leave --cluster out."
        ) from None
    try:
        client.wait_for_workers(1, timeout=WORKERS_MAX_S)
    except TimeoutError:
        client.close()
        raise BadInput(
            f"--cluster {address}: its scheduler has no worker after {WORKERS_MAX_S:.0f} s. Start "
            f"some with {START.format(address)}."
        ) from None
    return client


def _refuse_address(address: str) -> None:
    """Refuse what names no host and port."""
    try:
        get_address_host_port(address)
    except ValueError as error:
        raise BadInput(
            f"--cluster {address}: {_line(error)}. Name a scheduler, as in tcp://127.0.0.1:8786, "
            "or local."
        ) from None


def _refuse_others(client: Client) -> None:
    """Refuse a scheduler or a worker that would not do exactly what we would."""
    scheduler = client.scheduler.address
    found = client.get_versions()
    ours = found["client"]["packages"]
    parties = {f"scheduler {scheduler}": found["scheduler"]}
    parties |= {f"worker {one}": answer for one, answer in found["workers"].items()}
    for who, answer in parties.items():
        _refuse(who, *({name: one[name] for name in SAME} for one in (answer["packages"], ours)))
    answers = {f"scheduler {scheduler}": client.run_on_scheduler(fingerprint)}
    some = client.run(fingerprint, on_error="return")
    answers |= {f"worker {one}": answer for one, answer in some.items()}
    for who, answer in answers.items():
        _refuse(who, answer, fingerprint())
    for worker, threads in client.nthreads().items():
        _refuse_threads(worker, threads, scheduler)


def _refuse(who: str, theirs: Answer | Exception, ours: Answer) -> None:
    """Refuse one whose answer is not ours."""
    if theirs == ours:
        return
    if isinstance(theirs, Exception):
        different = f"it cannot tell its version: {_line(theirs)}"
    else:
        different = ", ".join(
            f"{name} {theirs.get(name, 'unknown')} (here {ours[name]})"
            for name in ours
            if theirs.get(name) != ours[name]
        )
    raise BadInput(
        f"{who} is not of this version: {different}. Give its environment the same commit and "
        "packages, and start it again."
    )


def _refuse_threads(worker: str, threads: int, scheduler: str) -> None:
    """Refuse a worker that does several tasks at a time: moto and the handlers have one process."""
    if threads != 1:
        raise BadInput(
            f"worker {worker} has {threads} threads, and a task needs a process to itself. Start "
            f"it with {START.format(scheduler)}."
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
