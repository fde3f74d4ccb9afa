"""The states that need nothing from outside: Pass, Succeed, Fail, Wait and Choice."""

from typing import Any

from workbench.targets.local.stepfunctions.choice import choose
from workbench.targets.local.stepfunctions.failures import StateFailed
from workbench.targets.local.stepfunctions.walk import Answer, Runner, Stop, Visit
from workbench.targets.local.stepfunctions.world import Deadline


def run_pass(visit: Visit, data: Any, answer: Answer) -> None:
    """Its result, or its input."""
    answer(visit.state.get("Result", data), None)


def run_succeed(visit: Visit, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """Ends the walk well."""
    answer(data, None)


def run_fail(visit: Visit, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """Ends the walk in the error that it names."""
    state = visit.state
    answer(None, StateFailed(state.get("Error", ""), state.get("Cause", "")))


def run_wait(visit: Visit, data: Any, answer: Answer) -> Stop:
    """Goes on after some seconds."""
    seconds = visit.state["Seconds"]
    return Deadline(visit.world.kernel, seconds, lambda: answer(data, None)).call_off


def run_choice(visit: Visit, data: Any, answer: Answer) -> None:
    """Goes on where the first rule that holds says."""
    visit.next_name = choose(visit.state, data, visit.context)
    answer(data, None)


STEPS: dict[str, Runner] = {
    "Pass": run_pass,
    "Succeed": run_succeed,
    "Fail": run_fail,
    "Wait": run_wait,
    "Choice": run_choice,
}
