"""A function of a deployed stack: what it is, its environments, and the counts of one run."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.designs import DESIGNS, Parts
from workbench.targets.local.lambda_.invocation import Environment, Invocation
from workbench.targets.local.runtime.handlers import Handler
from workbench.targets.local.runtime.token_bucket import TokenBucket
from workbench.targets.local.world.stack import Resource, Stack, arn

DEFAULT_MEMORY_MB = 128
DEFAULT_TIMEOUT_S = 3


@dataclass(frozen=True)
class FunctionSpec:
    """What the template says of a function."""

    name: str
    handler: str
    memory_mb: int
    timeout_s: float
    arm: bool
    reserved: int | None
    environment: tuple[tuple[str, str], ...]
    code: tuple[str, str]  # bucket and key of its zip

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return arn("lambda", f"function:{self.name}")

    @property
    def variables(self) -> dict[str, str]:
        """Its environment variables."""
        return dict(self.environment)

    @property
    def role(self) -> str:
        """The handler's module: processor, batcher, finalizer …"""
        return self.handler.split(".")[-2]

    @property
    def label(self) -> str:
        """What its cost is for."""
        return parts_of(self.handler).purpose_of(self.role)


class Function:
    """A function within one run."""

    def __init__(
        self, spec: FunctionSpec, handler: Handler, slowness: float, scale: TokenBucket
    ) -> None:
        self.spec = spec
        self.handler = handler
        self._slowness = slowness
        self._scale = scale
        self._idle: list[Environment] = []  # the one that became idle last is last
        self._started = 0
        self.live: dict[Invocation, None] = {}
        self.running = 0
        self.peak = 0
        self.invocations = 0
        self.cold_starts = 0
        self.throttles = 0

    def take(self, now_s: float, idle_max_s: float) -> tuple[Environment, bool] | None:
        """An environment and whether it is cold; None if no more may be started at this rate."""
        self._idle = [one for one in self._idle if now_s - one.idle_since_s <= idle_max_s]
        if self._idle:
            return self._idle.pop(), False
        if not self._scale.take(1, now_s):
            return None
        self._started += 1
        return Environment(self._started, self._slowness), True

    def keep(self, environment: Environment, now_s: float) -> None:
        """Keep an environment for the next invocation."""
        environment.idle_since_s = now_s
        self._idle.append(environment)

    @property
    def full(self) -> bool:
        """Whether its reserved concurrency is used up."""
        return self.spec.reserved is not None and self.running >= self.spec.reserved


def parts_of(handler: str) -> Parts:
    """The parts of the design that a handler belongs to, whose package has the design's name."""
    design = DESIGNS.get(handler.split(".")[1])
    return design.parts if design else Parts(functions=())


def read_functions(stack: Stack) -> Iterator[FunctionSpec]:
    """The functions of a stack, from its template: moto drops their architecture."""
    for resource in stack.of_type("AWS::Lambda::Function"):
        yield _read(resource)


def _read(resource: Resource) -> FunctionSpec:
    wanted = resource.properties
    reserved = wanted.get("ReservedConcurrentExecutions")
    return FunctionSpec(
        name=resource.physical_id,
        handler=wanted["Handler"],
        memory_mb=int(wanted.get("MemorySize", DEFAULT_MEMORY_MB)),
        timeout_s=float(wanted.get("Timeout", DEFAULT_TIMEOUT_S)),
        arm=wanted.get("Architectures") == ["arm64"],
        reserved=None if reserved is None else int(reserved),
        environment=tuple(wanted.get("Environment", {}).get("Variables", {}).items()),
        code=(wanted["Code"]["S3Bucket"], wanted["Code"]["S3Key"]),
    )
