"""Broken variants of the handlers: a rule of the protocol taken out while a block runs.

Every function of a deployed stack has its own copies of the `lambdas` modules. A variant puts
another function in the place of one, in all copies and under all names it was imported by.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FunctionType, ModuleType

from workbench.designs import DESIGNS, make_design
from workbench.swarm.cases import FaultCase, Start
from workbench.swarm.checks import breaches
from workbench.swarm.fault_plan import FaultRates
from workbench.swarm.harness import Arena
from workbench.targets.local.world.stack import Stack

PACKAGE = "lambdas"


class Copy:
    """One function's copy of the modules: `copy.leases.take` is `lambdas.leases.take`."""

    def __init__(self, modules):
        self.modules = modules

    def __getattr__(self, name):
        found = home_of(self.modules, name)
        if found is None:
            raise AttributeError(name)
        return Names(found)


def home_of(modules, name):
    """The names of the module called so, of all designs or of one."""
    packages = (PACKAGE, *(f"{PACKAGE}.{design}" for design in DESIGNS))
    return next((modules[f"{one}.{name}"] for one in packages if f"{one}.{name}" in modules), None)


class Names:
    """The names of a module, by attribute."""

    def __init__(self, names):
        self.names = names

    def __getattr__(self, name):
        return self.names[name]


def copies(deployment):
    """The copies of all functions of a deployed stack."""
    return [Copy(modules_of(handler)) for handler in deployment.functions.values()]


def modules_of(handler):
    """The names of every module of ours that a handler can reach, by the module's name."""
    found, waiting = {}, [handler.__globals__]
    while waiting:
        names = waiting.pop()
        if names["__name__"] in found:
            continue
        found[names["__name__"]] = names
        for value in names.values():
            if isinstance(value, ModuleType) and value.__name__.startswith(PACKAGE):
                waiting.append(vars(value))
            elif isinstance(value, FunctionType) and str(value.__module__).startswith(PACKAGE):
                waiting.append(value.__globals__)
    return found


@contextmanager
def replaced(deployment, path: str, make: Callable) -> Iterator[None]:
    """`path` (leases.take, say) is `make(original, copy)` inside the block, in every copy."""
    module, _, name = path.rpartition(".")
    undo, swapped = [], {}
    for copy in copies(deployment):
        home = home_of(copy.modules, module)
        if home is None:
            continue
        original = home[name]
        made = make(original, copy)
        for names in copy.modules.values():
            for known, value in list(names.items()):
                if value is original and (names is home or callable(original)):
                    undo.append((names, known, original))
                    names[known] = made
        for spec, handler in deployment.functions.items():
            if handler is original:
                deployment.functions[spec] = made
                swapped[made] = original
    assert undo, f"{path} is nowhere"
    try:
        yield
    finally:
        for names, known, original in undo:
            names[known] = original
        for spec, handler in deployment.functions.items():
            deployment.functions[spec] = swapped.get(handler, handler)


@dataclass(frozen=True)
class Control:
    """A variant, the cases that show it, and the judges of which one must see it."""

    name: str
    design: str
    changes: dict[str, Callable] = field(default_factory=dict)  # by path
    template: Callable | None = None  # alters the template
    judges: tuple[str, ...] = ()
    items: int = 20
    knobs: dict = field(default_factory=dict)
    carried: dict = field(default_factory=dict)  # over the knobs that the batch carries
    rates: dict = field(default_factory=dict)
    more: Callable | None = None  # further starts, from the first one
    cancel_s: float | None = None
    part_bytes: int | None = None

    def case(self, seed: int) -> FaultCase:
        """The case of a seed."""
        design = make_design(self.design, settings=self.knobs)
        carried = design.batch_knobs() | self.carried
        first = Start(0.0, "user", f"c{seed}", self.items, seed, carried)
        return FaultCase(
            seed=seed,
            design=design,
            starts=(first, *(self.more(first) if self.more else ())),
            rates=FaultRates(**{"quiet_s": 600.0} | self.rates),
            cron_items=self.items,
            cancel_s=self.cancel_s,
            part_bytes=self.part_bytes,
        )


class Ring(Arena):
    """An arena in which a control's variant runs, or the sound handlers."""

    def __init__(self, design_name: str) -> None:
        super().__init__(design_name)
        self.sound = self.deployment.stack.template
        self.alter = None

    def tune(self, case: FaultCase) -> None:
        super().tune(case)
        if self.alter is not None:
            stack = self.deployment.stack
            self.alter(stack.template)
            self.deployment.stack = Stack(stack.template, stack.physical_ids)

    @contextmanager
    def broken(self, control: Control) -> Iterator[None]:
        """The control's rule is taken out inside the block."""
        with ExitStack() as stack:
            for path, make in control.changes.items():
                stack.enter_context(replaced(self.deployment, path, make))
            self.alter = control.template
            stack.callback(self.mend)
            yield

    def mend(self) -> None:
        """Back to the sound template."""
        self.alter = None
        self.deployment.stack = Stack(self.sound, self.deployment.stack.physical_ids)


SEEDS = 200  # as many as CI runs of each design


def caught_at(ring: Ring, control: Control) -> int | None:
    """The first seed under which one of the control's judges sees the variant."""
    for seed in range(SEEDS):
        with ring.broken(control):
            found = breaches(ring.run(control.case(seed)))
        if found.keys() & set(control.judges):
            return seed
    return None
