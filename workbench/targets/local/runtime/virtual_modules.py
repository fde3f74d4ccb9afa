"""What handlers import here in place of modules that would wait, or go out, for real.

`threading`, `queue` and `concurrent.futures` are copies of the standard library's, built on
`virtual_threads`; `time` and `datetime` read the virtual clock, `random` draws from the run's seed;
`boto3` makes clients whose calls take virtual time and are metered. What would block the whole
simulation, or reach the network without being on any bill, is refused by name. Only the modules
of the deployed package and of AWS's durable SDK are given these: each gets an `__import__` of its
own, and no other module of the process sees a change.
"""

import builtins
import datetime
import random
import time
from collections.abc import Callable, Collection, Mapping
from functools import cache, partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec, resolve_name
from types import ModuleType
from typing import Any

from workbench.targets.local.runtime import virtual_threads
from workbench.targets.local.runtime.tasks import current

COPIED = (  # in the order in which they need each other
    "threading",
    "queue",
    "concurrent.futures._base",
    "concurrent.futures.thread",
    "concurrent.futures",
)
COVERED = "threading queue concurrent.futures time datetime random boto3".split()
REFUSED = (
    "socket ssl select selectors asyncio multiprocessing subprocess http.client urllib.request "
    "concurrent.futures.process urllib3 requests httpx aiohttp"
).split()
Modules = dict[str, ModuleType]


def virtual_import(modules: Mapping[str, ModuleType]) -> Callable[..., Any]:
    """An `__import__` that gives these modules in place of the real ones, and refuses `REFUSED`."""

    def imported(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        full = name
        if level:
            full = resolve_name("." * level + name, globals["__package__"])
        names = [full, *(f"{full}.{one}" for one in fromlist or ())]
        if refused := next((one for one in REFUSED if one in names), None):
            raise ImportError(
                f"{refused} is imported by the deployed code: on the local target it would wait "
                f"in real time and be on no bill. Covered are {', '.join(COVERED)}."
            )
        if full not in modules:
            return builtins.__import__(name, globals, locals, fromlist, level)
        return modules[full] if fromlist or level else modules[full.partition(".")[0]]

    return imported


def give(module: ModuleType, modules: Mapping[str, ModuleType]) -> None:
    """Let a module that is about to run import these."""
    own = vars(builtins) | {"__import__": virtual_import(modules)}
    module.__dict__["__builtins__"] = own


@cache
def library() -> Modules:
    """The standard library's modules of threads, copied once a process, on virtual threads."""
    made: Modules = {
        "_thread": virtual_threads.thread_module(),
        "_queue": ModuleType("_queue"),  # empty: the queue in Python is taken
        "time": clock(_monotonic_s, _monotonic_s, _sleep),
        "concurrent": ModuleType("concurrent"),
        "concurrent.futures": ModuleType("concurrent.futures"),  # until its parts are there
    }
    for name in COPIED:
        module = module_from_spec(find_spec(name))
        give(module, made)
        module.__spec__.loader.exec_module(module)
        made[name] = module
        parent, _, part = name.rpartition(".")
        if parent:
            setattr(made[parent], part, module)
    return made


def clock(
    now_s: Callable[[], float], monotonic_s: Callable[[], float], sleep: Callable[[float], None]
) -> ModuleType:
    """A `time` of these; what formats or takes apart a time stays as it is."""
    module = _copy(time)
    module.__dict__.update(sleep=sleep, time=now_s, time_ns=partial(_ns, now_s))
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        module.__dict__.update({name: monotonic_s, f"{name}_ns": partial(_ns, monotonic_s)})
    return module


class _AnyDate(type):
    """Dates that others made are dates here too."""

    def __instancecheck__(cls, one: Any) -> bool:
        known = vars(cls).get("known")
        return isinstance(one, known) if known else super().__instancecheck__(one)


def calendar(now_s: Callable[[], float]) -> ModuleType:
    """A `datetime` by that clock, which gives seconds since 1970; its zone is UTC."""
    module = _copy(datetime)

    class VirtualDateTime(datetime.datetime, metaclass=_AnyDate):
        known = datetime.datetime

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            moment = cls.fromtimestamp(now_s(), tz or datetime.UTC)
            return moment if tz else moment.replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> datetime.datetime:
            return cls.now()

        @classmethod
        def today(cls) -> datetime.datetime:
            return cls.now()

    class VirtualDate(datetime.date, metaclass=_AnyDate):
        known = datetime.date

        @classmethod
        def today(cls) -> datetime.date:
            return cls.fromordinal(VirtualDateTime.now().toordinal())

    for made in (VirtualDateTime, VirtualDate):
        made.__name__ = made.__qualname__ = made.known.__name__
        setattr(module, made.__name__, made)
    return module


def chance(dice: Callable[[], random.Random]) -> ModuleType:
    """A `random` whose functions draw from the dice of the run that goes on."""
    module = _copy(random)
    for name, value in vars(random).items():
        if isinstance(getattr(value, "__self__", None), random.Random):
            module.__dict__[name] = partial(_draw, dice, name)
    return module


def _draw(dice: Callable[[], random.Random], name: str, *given: Any, **named: Any) -> Any:
    return getattr(dice(), name)(*given, **named)


def aws(client: Callable[[str], Any]) -> ModuleType:
    """A `boto3` that makes clients, and says so where anything else of it is asked for."""
    module = ModuleType("boto3", "boto3's clients on the local target.")

    def make(service_name: str, *_: Any, **__: Any) -> Any:
        """A client; its region, account and configuration are the simulated ones."""
        return client(service_name)

    def lacking(name: str) -> Any:
        raise AttributeError(f"boto3.{name} is not covered on the local target: use boto3.client")

    module.client, module.__getattr__ = make, lacking
    return module


def modules_of(outside: Any) -> Modules:
    """What the modules of one function import: `outside` has its clients, its clock, its sleep."""
    own = {
        "time": clock(outside.now, outside.now, outside.sleep),
        "datetime": calendar(outside.now),
        "random": chance(outside.dice),
        "boto3": aws(outside.client),
    }
    return library() | own


def _copy(real: ModuleType) -> ModuleType:
    """A module with the names of a real one, to be given others."""
    module = ModuleType(real.__name__, real.__doc__)
    module.__dict__.update(
        {name: value for name, value in vars(real).items() if not name.startswith("__")}
    )
    return module


class Finder(MetaPathFinder):
    """Finds the modules of some packages, and gives them others to import."""

    def __init__(self, packages: Collection[str], modules: Modules) -> None:
        self._packages = packages
        self._modules = modules

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """As Python finds it on its path."""
        if name.partition(".")[0] not in self._packages:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and found.loader is not None:
            found.loader = GivingLoader(found.loader, self._modules)
        return found


class GivingLoader(Loader):
    """Runs a module once it has what it imports."""

    def __init__(self, loader: Any, modules: Modules) -> None:
        self._loader = loader
        self._modules = modules

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the real loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the real loader does."""
        give(module, self._modules)
        self._loader.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _ns(seconds: Callable[[], float]) -> int:
    return round(seconds() * 1e9)


def _monotonic_s() -> float:
    task = current()
    return 0.0 if task is None else task.life.kernel.now


def _sleep(seconds: float) -> None:
    task = current()
    if task is not None:
        task.wait_until(task.life.kernel.now + seconds)
