"""A run of a block of states, one state after the other.

The machine itself, an iteration of an inline map and a child of a distributed map each run a
block; they differ in their `RunMode`. A `StateRun` fills in the state's parameters, runs it (again,
while a retrier says so), selects its output, and passes that on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.targets.local.stepfunctions.data import (
    StateFailed,
    catcher_for,
    check_size,
    fill,
    read,
    retry_wait_s,
    with_error,
)
from workbench.targets.local.stepfunctions.services import Services, Timer

Answer = Callable[[Any, StateFailed | None], None]  # the result, or how it failed
Stop = Callable[[], None]
# Runs a state with its effective input; returns what stops it while it waits.
Runner = Callable[["StateRun", Any, Answer], Stop | None]


@dataclass(frozen=True)
class RunMode:
    """How a block runs: the code of each type of state, and the effects of entering a state."""

    runners: dict[str, Runner]
    # From a state's end to the next one's start, by its type and input.
    transition_s: Callable[[str, Any], float]
    entered: Callable[[str], None]  # called for each state entered, retries too: they cost
    trace: Callable[[str, str], None]  # state, event


class BlockRun:
    """A run of `block` (StartAt, States); `done` gets its output or its failure, once."""

    def __init__(
        self,
        services: Services,
        block: dict[str, Any],
        context: dict[str, Any],
        mode: RunMode,
        done: Answer,
    ) -> None:
        self.services = services
        self.block = block
        self.context = context
        self.mode = mode
        self._done = done
        self._state_run: StateRun | None = None
        self._ended = False

    def begin(self, data: Any, delay_s: float | None = None) -> None:
        """Enter the first state, after a transition unless a delay is given."""
        self.go(self.block["StartAt"], data, delay_s)

    def go(self, name: str, data: Any, delay_s: float | None = None) -> None:
        """Enter a state after the transition to it."""
        self._state_run = None
        if delay_s is None:
            delay_s = self.mode.transition_s(self.block["States"][name]["Type"], data)
        self.services.kernel.after(delay_s, lambda: self._enter(name, data))

    def end(self, output: Any, failure: StateFailed | None) -> None:
        """The block has ended."""
        if not self._ended:
            self._ended, self._state_run = True, None
            self._done(output, failure)

    def stop(self) -> None:
        """End without calling `done`; an invocation that has begun goes on."""
        self._ended = True
        state_run, self._state_run = self._state_run, None
        if state_run is not None:
            state_run.stop()

    def _enter(self, name: str, data: Any) -> None:
        if not self._ended:
            self._state_run = StateRun(self, name, data)
            self._state_run.attempt()


class StateRun:
    """One run of a state, with all its tries."""

    def __init__(self, block_run: BlockRun, name: str, data: Any) -> None:
        self.block_run = block_run
        self.services = block_run.services
        self.name = name
        self.state: dict[str, Any] = block_run.block["States"][name]
        self.data = data
        self.next_name: str | None = self.state.get("Next")
        self._retries_used: dict[int, int] = {}
        self._event = "entered"
        self._stop: Stop | None = None
        self._serial = 0  # of the try that may answer
        entered_at = self.services.timestamp(self.services.kernel.now)
        self.context = {**block_run.context, "State": {"EnteredTime": entered_at}}

    def attempt(self) -> None:
        """Run the state once."""
        mode = self.block_run.mode
        mode.entered(self.name)
        mode.trace(self.name, self._event)
        self._serial += 1
        serial = self._serial

        def answer(result: Any, failure: StateFailed | None = None) -> None:
            if serial == self._serial:  # the late answer to a try that was given up is dropped
                self._serial += 1
                self._answered(result, failure)

        try:
            stop = mode.runners[self.state["Type"]](self, self._effective_input(), answer)
        except StateFailed as failure:
            answer(None, failure)
            return
        if serial == self._serial:
            self._stop = stop

    def stop(self) -> None:
        """Drop any answer."""
        self._serial += 1
        if self._stop is not None:
            self._stop()

    def _effective_input(self) -> Any:
        if "Parameters" not in self.state:
            return self.data
        filled = fill(self.state["Parameters"], self.data, self.context)
        check_size(filled, f"the input of {self.name}")
        return filled

    def _answered(self, result: Any, failure: StateFailed | None) -> None:
        self._stop = None
        if failure is None:
            try:
                output = self._output(result)
            except StateFailed as late:
                failure = late
        if failure is not None:
            self._failed(failure)
            return
        self.block_run.mode.trace(self.name, "exited")
        if self.next_name is None:
            self.block_run.end(output, None)
        else:
            self.block_run.go(self.next_name, output)

    def _output(self, result: Any) -> Any:
        """The result within the limit, what OutputPath selects, or the input (ResultPath null)."""
        if result is not self.data:
            check_size(result, f"the result of {self.name}")
        if "ResultPath" in self.state:
            return self.data
        return read(self.state.get("OutputPath", "$"), result, self.context)

    def _failed(self, failure: StateFailed) -> None:
        self.block_run.mode.trace(self.name, f"failed: {failure.error}")
        wait_s = retry_wait_s(
            self.state.get("Retry", []),
            self._retries_used,
            failure.error,
            self.services.jitter_dice,
        )
        if wait_s is not None:
            self._event = "retried"
            self._stop = Timer(self.services.kernel, wait_s, self.attempt).cancel
            return
        catcher = catcher_for(self.state.get("Catch", []), failure.error)
        if catcher is None:
            self.block_run.end(None, failure)
            return
        try:
            output = with_error(catcher["ResultPath"], self.data, failure)
            check_size(output, f"the output of {self.name}")
        except StateFailed as second:
            self.block_run.end(None, second)
            return
        self.block_run.go(catcher["Next"], output)
