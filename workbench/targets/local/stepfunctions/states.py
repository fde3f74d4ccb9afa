"""The states but the distributed map: Task (Lambda, SNS), Choice, inline Map, Succeed and Fail."""

import json
from typing import Any

from botocore.exceptions import ClientError

from workbench.targets.local.lambda_.functions import InvokeResult
from workbench.targets.local.stepfunctions.block_run import Answer, BlockRun, Runner, StateRun, Stop
from workbench.targets.local.stepfunctions.data import (
    RUNTIME,
    TIMEOUT,
    StateFailed,
    as_json,
    check_size,
    fill,
    read,
)
from workbench.targets.local.stepfunctions.services import Services, Timer


def run_inline_map(run: StateRun, data: Any, answer: Answer) -> Stop:
    """Run the block for each item of the list at ItemsPath."""
    inline = InlineMap(run, data, answer)
    inline.begin()
    return inline.stop


class InlineMap:
    """At most MaxConcurrency iterations at a time; the first failure ends all."""

    def __init__(self, run: StateRun, data: Any, answer: Answer) -> None:
        self._run = run
        self._data = data
        self._answer = answer
        self._items = read(run.state["ItemsPath"], data, run.context)
        if not isinstance(self._items, list):
            raise StateFailed(RUNTIME, f"the items of {run.name} are no array")
        at_most = int(run.services.profile.value("sfn_inline_map_max"))
        self._limit = min(run.state["MaxConcurrency"] or at_most, at_most)
        self._results: list[Any] = [None] * len(self._items)
        self._started = 0
        self._running: dict[int, BlockRun] = {}

    def begin(self) -> None:
        """Start the first iterations, after one gap for all; no items, no iterations."""
        if not self._items:
            self._answer([], None)
            return
        block = self._run.state["ItemProcessor"]
        gap_s = self._run.block_run.mode.transition_s(
            block["States"][block["StartAt"]]["Type"], self._items[0]
        )
        for _ in range(min(self._limit, len(self._items))):
            self._start(self._started, gap_s)

    def stop(self) -> None:
        """Stop every iteration."""
        running, self._running = self._running, {}
        for block_run in running.values():
            block_run.stop()

    def _start(self, index: int, gap_s: float | None = None) -> None:
        self._started += 1
        context = {**self._run.context, "Map": {"Item": {"Value": self._items[index]}}}
        try:
            item = fill(self._run.state["ItemSelector"], self._data, context)
            check_size(item, f"an item of {self._run.name}")
        except StateFailed as failure:
            self.stop()
            self._answer(None, failure)
            return
        self._running[index] = BlockRun(
            self._run.services,
            self._run.state["ItemProcessor"],
            context,
            self._run.block_run.mode,
            lambda output, failure: self._ended(index, output, failure),
        )
        self._running[index].begin(item, gap_s)

    def _ended(self, index: int, output: Any, failure: StateFailed | None) -> None:
        self._running.pop(index)
        if failure is not None:
            self.stop()
            self._answer(None, failure)
            return
        self._results[index] = output
        if self._started < len(self._items):
            self._start(self._started)
        elif not self._running:
            self._answer(self._results, None)


INVOKE = "arn:aws:states:::lambda:invoke"
PUBLISH = "arn:aws:states:::sns:publish"


def run_task(run: StateRun, data: Any, answer: Answer) -> Stop | None:
    """Call the resource; answer with its result, or with States.Timeout if it takes too long.

    A call that was given up goes on: Step Functions cannot end a Lambda invocation.
    """
    timer = None
    if "TimeoutSeconds" in run.state:
        limit_s = run.state["TimeoutSeconds"]
        late = StateFailed(TIMEOUT, f"{run.name} took longer than {limit_s} s")
        timer = Timer(run.services.kernel, limit_s, lambda: answer(None, late))

    def finished(result: Any, failure: StateFailed | None = None) -> None:
        if timer is not None:
            timer.cancel()
        answer(result, failure)

    call = _publish if run.state["Resource"] == PUBLISH else _invoke
    call(run.services, data, finished)
    return None if timer is None else timer.cancel


def _invoke(services: Services, parameters: dict[str, Any], finished: Answer) -> None:
    """Invoke a function. The event is a copy, which the handler may change."""

    def ended(result: InvokeResult) -> None:
        if result.error is not None:
            finished(None, StateFailed(result.error, result.cause))
            return
        response = {
            "ExecutedVersion": "$LATEST",
            "Payload": result.payload,
            "SdkHttpMetadata": {"HttpStatusCode": 200},
            "StatusCode": 200,
        }
        finished(response, None)

    event = json.loads(as_json(parameters["Payload"]))
    services.invoke(parameters["FunctionName"], event, ended)


def _publish(services: Services, parameters: dict[str, Any], finished: Answer) -> None:
    """Publish; a message that is no string is sent as JSON."""
    message = parameters["Message"]
    arguments = {**parameters, "Message": message if isinstance(message, str) else as_json(message)}

    def send() -> None:
        fault = services.faults.publish()
        if fault is not None:
            finished(None, StateFailed(f"SNS.{fault}", "injected by the fault plan"))
            return
        try:
            sent = services.clients("sns").publish(**arguments)
        except ClientError as error:
            refusal = error.response["Error"]
            finished(None, StateFailed(f"SNS.{refusal['Code']}", refusal["Message"]))
            return
        services.bill.published(len(arguments["Message"].encode()))
        finished({"MessageId": sent["MessageId"]}, None)

    services.kernel.after(services.draw_s("sns_publish"), send)


def run_choice(run: StateRun, data: Any, answer: Answer) -> None:
    """Go to the state of the first rule that holds, else to the default."""
    run.next_name = run.state["Default"]
    for rule in run.state["Choices"]:
        value = read(rule["Variable"], data, run.context)
        if isinstance(value, bool) and value == rule["BooleanEquals"]:
            run.next_name = rule["Next"]
            break
    answer(data, None)


def run_succeed(run: StateRun, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """End the block successfully."""
    answer(data, None)


def run_fail(run: StateRun, data: Any, answer: Answer) -> None:  # noqa: ARG001
    """End the block with the error that the state names."""
    answer(None, StateFailed(run.state["Error"], run.state["Cause"]))


RUNNERS: dict[str, Runner] = {
    "Task": run_task,
    "Choice": run_choice,
    "Succeed": run_succeed,
    "Fail": run_fail,
}
