"""The handlers of a deployed stack, and the functions of `lambdas.outside` as they find them here.

Each function imports the code for itself, out of the very folder that is deployed as a zip, with
its own environment variables, and keeps its own copies of the modules, as a process of its own
would. At import they may read their environment and make clients. They serve run after run, so they
ask the current run and hold on to none.
"""

import importlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from workbench.engine.kernel import Kernel
from workbench.errors import NotDeployed
from workbench.targets.local.runtime import tasks
from workbench.targets.local.runtime.clients import Caller, ProxyClient
from workbench.targets.local.runtime.tasks import current
from workbench.targets.local.runtime.virtual_modules import Finder, library, modules_of
from workbench.targets.local.world.context import EPOCH_S, RunContext


class ItemLog:
    """Counts executions by item. An item is done by its first execution that ends well."""

    def __init__(self, kernel: Kernel, seen: Callable[[int], None]) -> None:
        self._kernel = kernel
        self._seen = seen  # called with the number of items done or only failed, after each change
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
        self.chance = Random(0)  # what handlers draw from by themselves

    def set(self, context: RunContext, caller: Caller, item_log: ItemLog) -> None:
        """Let a run answer from now on."""
        self.context, self.caller, self.item_log = context, caller, item_log
        self.cpu_ms_per_item = context.profile.value("cpu_ms_per_item")
        self.chance = context.dice("random of handlers")

    def epoch_s(self) -> float:
        """The virtual time in seconds since 1970; before the first run it is its start."""
        return EPOCH_S if self.context is None else self.context.epoch_s()


class SimulatedOutside:
    """Replaces the functions of one imported copy of `lambdas.outside`."""

    def __init__(self, current_run: CurrentRun) -> None:
        self._current_run = current_run
        self._tries = TRIES

    def replace(self, outside: Any) -> None:
        """Put this in the place of a module's five functions."""
        config = getattr(outside, "CONFIG", None)
        self._tries = _tries(getattr(config, "retries", None) or {})
        for name in ("client", "now", "sleep", "compute", "gather"):
            setattr(outside, name, getattr(self, name))

    def client(self, service: str) -> ProxyClient:
        """A client whose calls take virtual time."""
        return ProxyClient(partial(self._current_run.client, service), self._calls, self._tries)

    def now(self) -> float:
        """The virtual time in seconds since 1970."""
        return self._current_run.epoch_s()

    def dice(self) -> Random:
        """The random numbers of this run."""
        return self._current_run.chance

    def sleep(self, seconds: float) -> None:
        """Wait in virtual time; as `time.sleep` refuses less than nothing."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        task, context = current(), self._current_run.context
        if context.faults.sleeping(task.life.function, task.life.request_id, seconds):
            task.wait_until(context.kernel.now + seconds / 2)
            task.life.die()
        task.wait_until(context.kernel.now + seconds)

    def compute(self, cpu_ms: float) -> None:
        """Use CPU time, taken at once with what an item takes by itself: strands queue once."""
        current().owed_cpu_ms += cpu_ms

    def gather(
        self, function: Callable[[Any], Any], values: Iterable[Any], at_once: int
    ) -> list[Any]:
        """Several values at a time, each in a strand of its own."""
        return tasks.gather(function, values, at_once)

    def watched(self, work: Callable[[Any, bool], None]) -> Callable[[Any, bool], None]:
        """`lambdas.work.work` with its CPU charged and the truth about it written down."""

        def watched_work(item: Any, failing: bool) -> None:
            task, run = current(), self._current_run
            item_log = run.item_log
            cpu_ms, task.owed_cpu_ms = run.cpu_ms_per_item + task.owed_cpu_ms, 0.0
            task.wait_until(task.life.use_cpu(cpu_ms))
            item_log.begun(item.id)
            task.working = True
            try:
                work(item, failing)
                item_log.done(item.id)
            except Exception:
                item_log.failed(item.id)
                raise
            finally:
                task.working = False
                item_log.ended(item.id)

        return watched_work

    def _calls(self) -> Caller:
        return self._current_run.caller


def _tries(retries: dict[str, Any]) -> int:
    """How often a call is tried in all, by a client's configuration."""
    if "total_max_attempts" in retries:
        return retries["total_max_attempts"]
    return retries["max_attempts"] + 1 if "max_attempts" in retries else TRIES


PACKAGE = "lambdas"
DURABLE_SDK = "aws_durable_execution_sdk_python"  # which Lambda's runtime has beside boto3
OWN = (PACKAGE, DURABLE_SDK)  # what each function imports for itself

Handler = Callable[[Any, Any], Any]
# What AWS's runtime has and this environment lacks.
INSTALL = ". Install it here too: `make env`, or the second line of environment.yml with conda."


def load(
    folder: Path, handler: str, environment: Mapping[str, str], current_run: CurrentRun
) -> Handler:
    """The handler called `lambdas.sqs.processor.handler`, say, of the code in a folder.

    Its time, its sleep, its clients and its concurrency are the current run's, and its item log
    sees each item that it works.
    """
    module_name, _, function = handler.rpartition(".")
    simulated = SimulatedOutside(current_run)
    with _fresh(folder, environment, Finder(OWN, modules_of(simulated))):
        try:
            simulated.replace(importlib.import_module(f"{PACKAGE}.outside"))
            if find_spec(f"{PACKAGE}.work"):
                work = importlib.import_module(f"{PACKAGE}.work")
                work.work = simulated.watched(work.work)
            return getattr(importlib.import_module(module_name), function)
        except (ImportError, AttributeError) as error:
            foreign = getattr(error, "name", None) and not error.name.startswith(PACKAGE)
            hint = INSTALL if foreign and isinstance(error, ModuleNotFoundError) else ""
            raise NotDeployed(f"the deployed code has no {handler}: {error}{hint}") from error
        except SyntaxError as error:
            raise NotDeployed(f"the deployed code cannot be read: {error}") from error


def load_create(folder: Path) -> Callable[..., Iterator[Any]]:
    """`create` of the code in a folder: the items of a range of a batch."""
    with _fresh(folder, {}, Finder(OWN, library())):
        return importlib.import_module(f"{PACKAGE}.items").create


@contextmanager
def _fresh(folder: Path, environment: Mapping[str, str], finder: Finder) -> Iterator[None]:
    """Inside the block nothing of what a function has for itself is imported yet."""
    kept = _take_out()
    variables = dict(os.environ)
    writes = sys.dont_write_bytecode
    os.environ.update(environment)
    sys.path.insert(0, str(folder))
    sys.meta_path.insert(0, finder)
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        sys.meta_path.remove(finder)
        sys.path.remove(str(folder))
        os.environ.clear()
        os.environ.update(variables)
        _take_out()
        sys.modules.update(kept)


def _take_out() -> dict[str, Any]:
    """Take the modules that a function has for itself out of the table of imported ones."""
    names = [name for name in sys.modules if name.partition(".")[0] in OWN]
    return {name: sys.modules.pop(name) for name in names}
