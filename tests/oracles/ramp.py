"""When the pollers of an event source grow, told plainly."""

from collections.abc import Callable

from workbench.engine.kernel import Kernel
from workbench.targets.model.sqs.settings import Pollers


class Ramp:
    """Grows by steps from a time on, or from the first batch that is done before it."""

    def __init__(self, kernel: Kernel, pollers: Pollers, grow: Callable[[], bool]) -> None:
        self.kernel, self.pollers = kernel, pollers
        self.grow = grow  # one step; whether there are more
        self.begins_s = 0.0

    def begin(self, time_s: float) -> None:
        """It grows from a time on; what was planned before is void."""
        self.begins_s = time_s
        self.kernel.at(time_s + self.pollers.first_step_s, lambda: self.step(time_s))

    def batch_done(self) -> None:
        """The first batch of a mapping that was idle: now it grows."""
        if self.kernel.now < self.begins_s:
            self.begin(self.kernel.now)

    def step(self, begun_s: float) -> None:
        """One step; in the first minute the next comes later, if the mapping was idle."""
        if begun_s == self.begins_s and self.grow():
            first = self.kernel.now < begun_s + 60
            wait_s = self.pollers.first_step_s if first else self.pollers.step_s
            self.kernel.after(wait_s, lambda: self.step(begun_s))
