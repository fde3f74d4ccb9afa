"""A function of a deployed stack, its environments and invocations, within one run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.designs import DESIGNS, Parts
from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.outside import Handler
from workbench.targets.local.runtime.service import TokenBucket
from workbench.targets.local.runtime.tasks import Life
from workbench.targets.local.world.stack import FIRST_VERSION, Resource, Stack, arn

THROTTLED = "Lambda.TooManyRequestsException"
TIMED_OUT = "Sandbox.Timedout"
KILLED = "Lambda.Unknown"  # the environment died: Lambda itself does not know why


@dataclass(frozen=True)
class InvokeResult:
    """How an invocation ended. `error` is None, or its name as Step Functions matches it."""

    error: str | None
    cause: str
    payload: Any  # what the handler returned, as JSON read back; None after an error
    started_s: float  # virtual seconds at which the handler started
    request_id: str = field(default="", compare=False)  # none if it was throttled


Done = Callable[[InvokeResult], None]
Invoke = Callable[[str, Any, Done], None]  # function name or ARN, payload, call back when it ends


@dataclass
class Environment:
    """An execution environment: one CPU, used by one invocation after another."""

    number: int
    slowness: float  # how much longer CPU work takes than at a full virtual CPU
    idle_since_s: float = 0.0
    cpu_free_s: float = 0.0


class Invocation(Life):
    """A handler at work."""

    def __init__(
        self,
        kernel: Kernel,
        function: str,
        request_id: str,
        environment: Environment,
        log: Callable[[str], None],
    ) -> None:
        super().__init__(kernel)
        self.function = function
        self.request_id = request_id
        self.environment = environment
        self.log = log
        self.started_s = kernel.now
        self.ended = False
        self._line = ""

    def use_cpu(self, cpu_ms: float) -> float:
        """Ask for CPU time, given at a full virtual CPU; when it will be over, in seconds.

        An environment has one CPU: strands of a handler wait for each other's use of it.
        """
        environment = self.environment
        now, free_s = self.kernel.now, environment.cpu_free_s
        begins_s = now if now > free_s else free_s
        environment.cpu_free_s = begins_s + cpu_ms * environment.slowness / 1000
        return environment.cpu_free_s

    def printed(self, text: str) -> None:
        """Text of the handler's standard output; whole lines go to the log."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self.log(line)


LATEST = "$LATEST"
DEFAULT_MEMORY_MB = 128
DEFAULT_TIMEOUT_S = 3
DEFAULT_RETENTION_DAYS = 14


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
    durable: tuple[float, int] | None = None  # an execution's timeout in seconds, retention in days
    version: str = LATEST
    dead_letters: str = ""  # the ARN of what gets the events that failed

    @property
    def arn(self) -> str:
        """The function's ARN."""
        return arn("lambda", f"function:{self.name}")

    @property
    def invoked_arn(self) -> str:
        """The ARN that it is invoked by; of a durable one that of its version."""
        return f"{self.arn}:{self.version}" if self.durable else self.arn

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


def parts_of_stack(stack: Stack) -> Parts:
    """The parts of the design whose stack this is."""
    functions = stack.of_type("AWS::Lambda::Function")
    return parts_of(functions[0].properties["Handler"]) if functions else Parts(functions=())


def read_functions(stack: Stack) -> Iterator[FunctionSpec]:
    """The functions of a stack, from its template: moto drops their architecture."""
    published = {one.properties["FunctionName"] for one in stack.of_type("AWS::Lambda::Version")}
    for resource in stack.of_type("AWS::Lambda::Function"):
        yield _read(resource, FIRST_VERSION if resource.physical_id in published else LATEST)


def _read(resource: Resource, version: str) -> FunctionSpec:
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
        durable=_durable(wanted.get("DurableConfig")),
        version=version,
        dead_letters=wanted.get("DeadLetterConfig", {}).get("TargetArn", ""),
    )


def _durable(config: dict[str, Any] | None) -> tuple[float, int] | None:
    """Execution timeout and retention of a durable function (DurableConfig, API reference)."""
    if config is None:
        return None
    retention_days = int(config.get("RetentionPeriodInDays", DEFAULT_RETENTION_DAYS))
    return float(config["ExecutionTimeout"]), retention_days
