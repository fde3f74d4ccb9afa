"""The four functions of `lambdas.outside`, as a handler finds them on the local target.

Modules are imported once for each function of a deployed stack and serve run after run, so they
ask the current run and hold on to none.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime import tasks
from workbench.targets.local.runtime.clients import Caller, ProxyClient
from workbench.targets.local.runtime.tasks import current
from workbench.targets.local.world.context import EPOCH_S, RunContext


class ItemLog:
    """Counts executions by item. An item is done by its first execution that ends well."""

    def __init__(self, kernel: Kernel, seen: Callable[[int], None]) -> None:
        self._kernel = kernel
        self._seen = seen  # told the number of items done or only failed, after each change
        self._live: Counter[str] = Counter()
        self.done_s: dict[str, float] = {}  # first time that the item was done
        self.failed_s: dict[str, float] = {}  # last time that it failed, of items never done
        self.repeated = 0  # executions that did what was done already
        self.overlaps = 0  # executions begun while another of the same item was going on

    def begun(self, item_id: str) -> None:
        """An execution begins."""
        self.overlaps += item_id in self._live
        self._live[item_id] += 1

    def done(self, item_id: str) -> None:
        """An execution ended well."""
        if item_id in self.done_s:
            self.repeated += 1
            return
        self.done_s[item_id] = self._kernel.now
        self.failed_s.pop(item_id, None)
        self._seen(self.over)

    def failed(self, item_id: str) -> None:
        """An execution raised."""
        if item_id not in self.done_s:
            self.failed_s[item_id] = self._kernel.now
            self._seen(self.over)

    def ended(self, item_id: str) -> None:
        """An execution is over: done, failed, or killed."""
        self._live[item_id] -= 1
        if not self._live[item_id]:
            del self._live[item_id]

    @property
    def over(self) -> int:
        """Items done, or tried and not done."""
        return len(self.done_s) + len(self.failed_s)

    def last_s(self, ids: set[str]) -> float | None:
        """When the last of these items was done, or failed for the last time."""
        over = {**self.failed_s, **self.done_s}
        return max((at for item, at in over.items() if item in ids), default=None)


TRIES = 3  # botocore's standard mode, unless the client asks for another number


class CurrentRun:
    """The run that answers now: its context, its calls, its item log."""

    def __init__(self) -> None:
        self.client: Callable[[str], Any] | None = None  # boto3's, on moto
        self.context: RunContext | None = None
        self.caller: Caller | None = None
        self.item_log: ItemLog | None = None
        self.cpu_ms_per_item = 0.0

    def set(self, context: RunContext, caller: Caller, item_log: ItemLog) -> None:
        """Let a run answer from now on."""
        self.context, self.caller, self.item_log = context, caller, item_log
        self.cpu_ms_per_item = context.profile.value("cpu_ms_per_item")

    def epoch_s(self) -> float:
        """The virtual time in seconds since 1970; before the first run it is its start."""
        return EPOCH_S if self.context is None else self.context.epoch_s()


class SimulatedOutside:
    """Replaces the functions of one imported copy of `lambdas.outside`."""

    def __init__(self, current_run: CurrentRun) -> None:
        self._current_run = current_run

    def replace(self, outside: Any) -> None:
        """Put this in the place of a module's four functions."""
        config = getattr(outside, "CONFIG", None)
        self._tries = _tries(getattr(config, "retries", None) or {})
        for name in ("client", "now", "sleep", "gather"):
            setattr(outside, name, getattr(self, name))

    def client(self, service: str) -> ProxyClient:
        """A client whose calls take virtual time."""
        return ProxyClient(partial(self._current_run.client, service), self._calls, self._tries)

    def now(self) -> float:
        """The virtual time in seconds since 1970."""
        return self._current_run.epoch_s()

    def sleep(self, seconds: float) -> None:
        """Wait in virtual time; as `time.sleep` refuses less than nothing."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        task, context = current(), self._current_run.context
        if context.faults.sleeping(task.life.function, task.life.request_id, seconds):
            task.wait_until(context.kernel.now + seconds / 2)
            task.life.die()
        task.wait_until(context.kernel.now + seconds)

    def gather(
        self, function: Callable[[Any], Any], values: Iterable[Any], at_once: int
    ) -> list[Any]:
        """Several values at a time, each in a strand of its own."""
        return tasks.gather(function, values, at_once)

    def watched(self, process: Callable[[Any], None]) -> Callable[[Any], None]:
        """`lambdas.work.process` with its CPU charged and the truth about it written down."""

        def watched_process(item: Any) -> None:
            task, run = current(), self._current_run
            item_log = run.item_log
            task.wait_until(task.life.use_cpu(run.cpu_ms_per_item))
            item_log.begun(item.id)
            task.working = True
            try:
                process(item)
                item_log.done(item.id)
            except Exception:
                item_log.failed(item.id)
                raise
            finally:
                task.working = False
                item_log.ended(item.id)

        return watched_process

    def _calls(self) -> Caller:
        return self._current_run.caller


def _tries(retries: dict[str, Any]) -> int:
    """How often a call is tried in all, by a client's configuration."""
    if "total_max_attempts" in retries:
        return retries["total_max_attempts"]
    return retries["max_attempts"] + 1 if "max_attempts" in retries else TRIES
