"""A walk through a block of states, one visit after the other.

The machine itself, an iteration of an inline map and a child of a distributed map are all walks;
they differ in their `Manner`. A visit filters its input, runs the state (again, while a retrier
says so), filters its result, and hands the walk on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.targets.local.stepfunctions import payload
from workbench.targets.local.stepfunctions.failures import StateFailed, catcher_for, retry_wait_s
from workbench.targets.local.stepfunctions.paths import read, write
from workbench.targets.local.stepfunctions.templates import fill
from workbench.targets.local.stepfunctions.world import Deadline, World

Answer = Callable[[Any, StateFailed | None], None]  # the result, or how it failed
Stop = Callable[[], None]
# Runs a state with its effective input; gives what stops it while it waits.
Runner = Callable[["Visit", Any, Answer], Stop | None]

_RESULTS = ("Pass", "Task", "Map")  # the types whose result is placed by ResultPath


@dataclass(frozen=True)
class Manner:
    """How a walk goes: which code runs each type of state, and what entering a state means."""

    runners: dict[str, Runner]
    gap_s: Callable[[str], float]  # from a state's end to the start of the next, by its type
    entered: Callable[[str], None]  # told of each state entered, retries too: they cost
    trace: Callable[[str, str], None]  # state, event


class Walk:
    """A walk through `block` (StartAt, States); `done` gets its output or its failure, once."""

    def __init__(
        self,
        world: World,
        block: dict[str, Any],
        context: dict[str, Any],
        manner: Manner,
        done: Answer,
    ) -> None:
        self.world = world
        self.block = block
        self.context = context
        self.manner = manner
        self._done = done
        self._visit: Visit | None = None
        self._ended = False

    def begin(self, data: Any, delay_s: float | None = None) -> None:
        """Enter the first state, as after another one unless there is a delay of its own."""
        self.go(self.block["StartAt"], data, delay_s)

    def go(self, name: str, data: Any, delay_s: float | None = None) -> None:
        """Enter a state after the gap before it."""
        self._visit = None
        if delay_s is None:
            delay_s = self.manner.gap_s(self.block["States"][name]["Type"])
        self.world.kernel.after(delay_s, lambda: self._enter(name, data))

    def end(self, output: Any, failure: StateFailed | None) -> None:
        """The walk is over."""
        if not self._ended:
            self._ended, self._visit = True, None
            self._done(output, failure)

    def stop(self) -> None:
        """Give up without a word; what the walk called outside goes on."""
        self._ended = True
        visit, self._visit = self._visit, None
        if visit is not None:
            visit.stop()

    def _enter(self, name: str, data: Any) -> None:
        if not self._ended:
            self._visit = Visit(self, name, data)
            self._visit.attempt()


class Visit:
    """One visit to a state, with all its tries."""

    def __init__(self, walk: Walk, name: str, data: Any) -> None:
        self.walk = walk
        self.world = walk.world
        self.name = name
        self.state: dict[str, Any] = walk.block["States"][name]
        self.data = data
        self.next_name: str | None = self.state.get("Next")
        self._tries = 0
        self._retries_used: dict[int, int] = {}
        self._stop: Stop | None = None
        self._serial = 0  # of the try that may answer
        self._entered_at = self.world.stamp(self.world.kernel.now)

    @property
    def context(self) -> dict[str, Any]:
        """The context object, as `$$` reads it."""
        state = {"Name": self.name, "EnteredTime": self._entered_at, "RetryCount": self._tries}
        return {**self.walk.context, "State": state}

    def attempt(self) -> None:
        """Run the state once."""
        self.walk.manner.entered(self.name)
        self.walk.manner.trace(self.name, "retried" if self._tries else "entered")
        self._serial += 1
        serial = self._serial

        def answer(result: Any, failure: StateFailed | None = None) -> None:
            if serial == self._serial:  # a late answer to a try that was given up says nothing
                self._serial += 1
                self._answered(result, failure)

        try:
            effective = self._effective_input()
            stop = self.walk.manner.runners[self.state["Type"]](self, effective, answer)
        except StateFailed as failure:
            answer(None, failure)
            return
        if serial == self._serial:
            self._stop = stop

    def stop(self) -> None:
        """No answer is wanted any more."""
        self._serial += 1
        if self._stop is not None:
            self._stop()

    def _effective_input(self) -> Any:
        context = self.context
        chosen = read(self.state.get("InputPath", "$"), self.data, context)
        if "Parameters" in self.state:
            chosen = fill(self.state["Parameters"], chosen, context)
            payload.hold(chosen, f"the input of {self.name}")
        return chosen

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
        self.walk.manner.trace(self.name, "exited")
        if self.next_name is None:
            self.walk.end(output, None)
        else:
            self.walk.go(self.next_name, output)

    def _output(self, result: Any) -> Any:
        context, output = self.context, result
        if self.state["Type"] in _RESULTS:
            if result is not self.data:
                payload.hold(result, f"the result of {self.name}")
            if "ResultSelector" in self.state:
                result = fill(self.state["ResultSelector"], result, context)
            output = write(self.state.get("ResultPath", "$"), self.data, result)
        output = read(self.state.get("OutputPath", "$"), output, context)
        if output is not self.data:
            payload.hold(output, f"the output of {self.name}")
        return output

    def _failed(self, failure: StateFailed) -> None:
        self.walk.manner.trace(self.name, f"failed: {failure.error}")
        wait_s = retry_wait_s(
            self.state.get("Retry", []), self._retries_used, failure.error, self.world.jitter_dice
        )
        if wait_s is not None:
            self._tries += 1
            self._stop = Deadline(self.world.kernel, wait_s, self.attempt).call_off
            return
        catcher = catcher_for(self.state.get("Catch", []), failure.error)
        if catcher is None:
            self.walk.end(None, failure)
            return
        try:
            caught = {"Error": failure.error, "Cause": failure.cause}
            output = write(catcher.get("ResultPath", "$"), self.data, caught)
            payload.hold(output, f"the output of {self.name}")
        except StateFailed as second:
            self.walk.end(None, second)
            return
        self.walk.go(catcher["Next"], output)
