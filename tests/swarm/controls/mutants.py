"""Mutants of the handlers: a rule of the protocol taken out while a block runs.

A mutant is a function written as it would stand in `lambdas`: it names the modules that it imports,
and calls what it replaces `original`. Every function of a deployed stack has its own copies of the
modules; the mutant is bound to each of them, under all names that the original was imported by.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from inspect import unwrap
from types import FunctionType, ModuleType
from unittest.mock import patch

import lambdas
from workbench.designs import make_design
from workbench.swarm.cases import FaultCase, Start
from workbench.swarm.checks import violations
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.harness import FaultHarness
from workbench.targets.local.world.stack import Stack
from workbench.targets.local.world.synth import redeploy

PACKAGE = "lambdas"
SEEDS = 200  # as many as CI runs of each design

# The handlers make their clients on import; those of the controls' own copies are never called.
with patch("boto3.client"):
    for _module in pkgutil.walk_packages(lambdas.__path__, "lambdas."):
        importlib.import_module(_module.name)


def original(*arguments, **named):
    """In a mutant: the function that it replaces."""


class Copy:
    """One function's copy of a module: its names are attributes, and may be set."""

    def __init__(self, names):
        self.__dict__ = names


def modules_of(handler):
    """The names of every module of ours that a handler can reach, by the module's name.

    A durable one is inside its SDK's.
    """
    found, waiting = {}, [unwrap(handler).__globals__]
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


def copies(deployment):
    """The copies of our modules that each function of a deployed stack has, by its role."""
    return [(spec.role, modules_of(handler)) for spec, handler in deployment.functions.items()]


def bound(mutant, replaced, modules):
    """The mutant with the modules that it names taken from one function's copies."""
    names = {
        name: Copy(modules.get(value.__name__, {})) if _ours(value) else value
        for name, value in mutant.__globals__.items()
    }
    made = FunctionType(
        mutant.__code__, names | {"original": replaced}, mutant.__name__, mutant.__defaults__
    )
    made.__kwdefaults__ = mutant.__kwdefaults__
    return made


def _ours(value):
    return isinstance(value, ModuleType) and value.__name__.startswith(PACKAGE)


@contextmanager
def replaced(deployment, target: Callable, mutant: Callable, roles=()) -> Iterator[None]:
    """A function of the handlers is a mutant of it inside the block, in every copy."""
    undo, swapped = [], {}
    for role, modules in copies(deployment):
        home = modules.get(target.__module__)
        if home is None or (roles and role not in roles):
            continue
        sound = home[target.__name__]
        made = bound(mutant, sound, modules)
        for names in modules.values():
            for known, value in list(names.items()):
                if value is sound:
                    undo.append((names, known, sound))
                    names[known] = made
        for spec, handler in deployment.functions.items():
            if handler is sound:
                deployment.functions[spec] = made
                swapped[made] = sound
    assert undo, f"{target.__module__}.{target.__name__} is nowhere"
    try:
        yield
    finally:
        for names, known, sound in undo:
            names[known] = sound
        for spec, handler in deployment.functions.items():
            deployment.functions[spec] = swapped.get(handler, handler)


@contextmanager
def reset(deployment, module: ModuleType, name: str, value) -> Iterator[None]:
    """A constant of the handlers has another value inside the block, in every copy."""
    with ExitStack() as stack:
        for _, modules in copies(deployment):
            if module.__name__ in modules:
                assert name in modules[module.__name__]
                stack.enter_context(patch.dict(modules[module.__name__], {name: value}))
        yield


@dataclass(frozen=True)
class Control:
    """A mutant, the cases that show it, and the checks of which one must see it."""

    name: str
    design: str
    changes: dict[Callable, Callable] = field(default_factory=dict)  # mutants by what they replace
    constants: dict[tuple, str] = field(default_factory=dict)  # by module and name
    roles: tuple[str, ...] = ()  # of the functions that change; empty: all
    template: Callable | None = None  # alters the template
    checks: tuple[str, ...] = ()
    items: int = 20
    knobs: dict = field(default_factory=dict)
    carried: dict = field(default_factory=dict)  # over the knobs that the batch carries
    rates: dict = field(default_factory=dict)
    more: Callable | None = None  # further starts, from the first one
    cancel_s: float | None = None
    limits: dict = field(default_factory=dict)

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
            limits=self.limits,
        )


class MutantHarness(FaultHarness):
    """A harness in which a control's mutant runs, or the sound handlers."""

    def __init__(self, design_name: str) -> None:
        super().__init__(design_name)
        self.sound = self.deployment.stack.template
        self.alter = None

    def tune(self, case: FaultCase) -> None:
        super().tune(case)
        if self.alter is not None:
            template = self.deployment.stack.template
            self.alter(template)
            redeploy(self.deployment, template)

    @contextmanager
    def broken(self, control: Control) -> Iterator[None]:
        """The control's rule is taken out inside the block."""
        with ExitStack() as stack:
            for target, mutant in control.changes.items():
                stack.enter_context(replaced(self.deployment, target, mutant, control.roles))
            for (module, name), value in control.constants.items():
                stack.enter_context(reset(self.deployment, module, name, value))
            self.alter = control.template
            stack.callback(self.mend)
            yield

    def mend(self) -> None:
        """Back to the sound template."""
        self.alter = None
        self.deployment.stack = Stack(self.sound, self.deployment.stack.physical_ids)

    def caught_at(self, control: Control) -> int | None:
        """The first seed under which one of the control's checks sees the mutant."""
        for seed in range(SEEDS):
            with self.broken(control):
                found = violations(self.run(control.case(seed)))
            if found.keys() & set(control.checks):
                return seed
        return None

    def assert_caught(self, control: Control) -> None:
        """A check sees the mutant, and the sound handlers pass under the same seed."""
        seed = self.caught_at(control)
        assert seed is not None
        assert violations(self.run(control.case(seed))) == {}, "the sound handlers pass"
