"""One invocation of a function: its environment's CPU, its log, its end."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.engine.kernel import Kernel
from workbench.targets.local.runtime.tasks import Life


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
        begins_s = max(self.kernel.now, environment.cpu_free_s)
        environment.cpu_free_s = begins_s + cpu_ms * environment.slowness / 1000
        return environment.cpu_free_s

    def printed(self, text: str) -> None:
        """Text of the handler's standard output; whole lines go to the log."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self.log(line)
