"""Threads for handlers: Python's `_thread` on strands of an invocation and the virtual clock.

The standard library's `threading`, `queue` and `concurrent.futures` are built on this module alone;
`virtual_modules` gives handlers copies of them that are built on this one. A thread is a strand of
its invocation: it dies with it, and where the handler returns while a thread of it still goes on,
the thread goes no further (Lambda freezes it; here nothing thaws it).
"""

import _thread
import sys
from collections import deque
from collections.abc import Callable
from functools import partial
from traceback import format_exception
from types import ModuleType, TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from greenlet import getcurrent

from workbench.targets.local.runtime.tasks import Killed, Task, current


def _waiting() -> Task:
    task = current()
    if task is None:
        raise RuntimeError("a thread of a handler can start and wait only while an invocation runs")
    return task


class Waiter:
    """A strand that waits for a lock, until it gets it or its time is over."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.over = False
        self.has_it = False

    def end(self, has_it: bool) -> None:
        """Let the strand go on, once."""
        if not self.over:
            self.over, self.has_it = True, has_it
            self._task.unpark()


class Lock:
    """A lock as `_thread.allocate_lock` makes it; who waits longest gets it."""

    def __init__(self) -> None:
        self._held = False
        self._waiters: deque[Waiter] = deque()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, waiting for it in virtual time; False if it could not be had."""
        if not blocking and timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        if timeout < 0 and timeout != -1:
            raise ValueError("timeout value must be a non-negative number")
        if not self._held:
            self._held = True
            return True
        if not blocking:
            return False
        task = _waiting()
        waiter = Waiter(task)
        self._waiters.append(waiter)
        if timeout != -1:
            task.life.kernel.after(timeout, partial(waiter.end, False))
        task.park()
        if not waiter.has_it:
            self._waiters.remove(waiter)
        return waiter.has_it

    def release(self) -> None:
        """Hand the lock to who waits longest, or leave it free."""
        if not self._held:
            raise RuntimeError("release unlocked lock")
        for waiter in self._waiters:
            if not waiter.over:
                self._waiters.remove(waiter)
                waiter.end(True)
                return
        self._held = False

    def locked(self) -> bool:
        """Whether somebody has it."""
        return self._held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        """A forked process has none of the strands."""
        self.__init__()


class ThreadHandle:
    """What Python 3.13 and later know of a thread that can be joined."""

    def __init__(self) -> None:
        self.ident: int | None = None
        self._running = Lock()

    def begin(self, ident: int) -> None:
        """The thread has started."""
        self.ident = ident
        self._running.acquire()

    def is_done(self) -> bool:
        """Whether it has ended."""
        return self.ident is not None and not self._running.locked()

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended, or so long."""
        if self._running.acquire(True, -1 if timeout is None or timeout < 0 else timeout):
            self._running.release()

    def _set_done(self) -> None:
        if self._running.locked():
            self._running.release()


def start_new_thread(
    function: Callable[..., Any], args: tuple = (), kwargs: dict[str, Any] | None = None
) -> int:
    """Start a thread; its number. An error that it does not catch is written to stderr."""
    return _start(function, args, kwargs or {}, [])


def start_joinable_thread(
    function: Callable[[], Any],
    handle: ThreadHandle | None = None,
    daemon: bool = True,  # noqa: ARG001
) -> ThreadHandle:
    """The same with a handle to wait for it (Python 3.13 and later)."""
    handle = handle or ThreadHandle()
    _start(function, (), {}, [handle._set_done], handle.begin)
    return handle


def _start(
    function: Callable[..., Any],
    args: tuple,
    kwargs: dict[str, Any],
    ends: list[Callable[[], None]],
    begin: Callable[[int], None] | None = None,
) -> int:
    """A new strand of the invocation that runs now; `ends` are called when it is over."""

    def body() -> None:
        try:
            function(*args, **kwargs)
        except SystemExit:
            pass
        finally:
            for end in [*ends, *_sentinels.pop(get_ident(), [])]:
                end()

    strand = _waiting().branch(body)
    if begin:
        begin(id(strand))
    return id(strand)


_sentinels: dict[int, list[Callable[[], None]]] = {}  # by strand: what to release when it ends


def set_sentinel() -> Lock:
    """A lock that is released when the strand that asks for it ends (up to Python 3.12)."""
    lock = Lock()

    def end() -> None:
        if lock.locked():
            lock.release()

    _sentinels.setdefault(get_ident(), []).append(end)
    return lock


def get_ident() -> int:
    """The number of the strand that runs now; outside of an invocation, of the real thread."""
    task = current()
    return _thread.get_ident() if task is None else id(task)


class Local:
    """Attributes that each strand has its own of."""

    def __init__(self) -> None:
        object.__setattr__(self, "_of", WeakKeyDictionary())

    def __getattr__(self, name: str) -> Any:
        try:
            return self._own()[name]
        except KeyError:
            raise AttributeError(f"this thread has no {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self._own()[name] = value

    def __delattr__(self, name: str) -> None:
        if self._own().pop(name, self) is self:
            raise AttributeError(name)

    def _own(self) -> dict[str, Any]:
        return self._of.setdefault(getcurrent(), {})


def excepthook(args: Any) -> None:
    """An error that a thread did not catch goes to the log; that its invocation ended is none."""
    if args.exc_type is not Killed:
        print("".join(format_exception(args.exc_type, args.exc_value, args.exc_traceback)))


def thread_module() -> ModuleType:
    """`_thread` with its locks and threads replaced."""
    module = ModuleType("_thread", __doc__)
    module.__dict__.update(
        {name: value for name, value in vars(_thread).items() if not name.startswith("__")}
    )
    module.__dict__.update(
        allocate_lock=Lock,
        allocate=Lock,
        lock=Lock,
        LockType=Lock,
        RLock=None,  # the one in Python, on our locks
        start_new_thread=start_new_thread,
        start_new=start_new_thread,
        get_ident=get_ident,
        get_native_id=get_ident,
        _set_sentinel=set_sentinel,
        _excepthook=excepthook,
        _local=Local,
    )
    if sys.version_info >= (3, 13):
        module.__dict__.update(
            start_joinable_thread=start_joinable_thread,
            _ThreadHandle=ThreadHandle,
            _make_thread_handle=_handle_of,
        )
    return module


def _handle_of(ident: int) -> ThreadHandle:
    handle = ThreadHandle()
    handle.ident = ident
    return handle
