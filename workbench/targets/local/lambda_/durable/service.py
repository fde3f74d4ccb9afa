"""Durable executions: started, checkpointed by their handlers, moved on by time and by others.

The handler is an ordinary function that is invoked again and again (`invocations`). It tells by
checkpoints what it does and what it waits for; what is over while it is at work, its next
checkpoint answers. Lambda developer guide, "Lambda durable functions"; limits and rates are in its
quotas. Callbacks are not covered.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from json import dumps
from typing import Any
from uuid import UUID

from workbench.targets.local.lambda_.durable.chained import ChainedInvokes, OnEnd
from workbench.targets.local.lambda_.durable.charges import Charges
from workbench.targets.local.lambda_.durable.execution import Error, Execution, Started
from workbench.targets.local.lambda_.durable.history import event_of, words_of
from workbench.targets.local.lambda_.durable.invocations import Invocations, error_from
from workbench.targets.local.lambda_.durable.operations import (
    TERMINAL,
    Operation,
    Update,
    changed,
    check,
    due_s,
    refuse,
    target_of,
)
from workbench.targets.local.lambda_.functions import THROTTLED, Done, FunctionSpec, InvokeResult
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.runtime.service import Refused, TokenBucket
from workbench.targets.local.world.context import RunContext

STARTS_PER_S = 300  # of an account and region (gettingstarted-limits, 2026)
SAME_NAME = "DurableExecutionAlreadyStartedException"
DeadLetter = Callable[[str, Any], None]  # the ARN of a queue or a topic, the event


class DurableExecutions:
    """All durable executions of a run."""

    def __init__(
        self, context: RunContext, service: LambdaService, dead_letter: DeadLetter
    ) -> None:
        self._dead_letter = dead_letter
        self._kernel = context.kernel
        self._service = service
        per_invoke = context.profile.value("durable_operations_per_invoke")
        self._charges = Charges(context.meter, per_invoke)
        self._invocations = Invocations(context, service, self._charges, self._end)
        self._chained = ChainedInvokes(context, service, self.start)
        self._ids = context.dice("durable executions")
        self._starts = TokenBucket(STARTS_PER_S, STARTS_PER_S)
        self.executions: dict[str, Execution] = {}  # by ARN
        self._named: dict[tuple[str, str], Execution] = {}
        self.running = 0

    @property
    def functions(self) -> Mapping[str, Any]:
        """Lambda's functions, by name."""
        return self._service.functions

    def invoke(
        self, function: str, payload: Any, done: Done, dispatch_s: float, name: str = ""
    ) -> None:
        """Invoke for somebody who waits for no result: if it is durable, start an execution.

        It is not tried again if it fails; its event goes to the function's dead letters (guide,
        "Best practices for Lambda durable functions").
        """
        if self._service.functions[function].spec.durable is None:
            self._service.invoke(function, payload, done, dispatch_s)
            return

        def begin() -> None:
            throttled = not self._starts.take(1, self._kernel.now)
            if not throttled:
                with suppress(Refused):  # a name taken: Lambda has said so to who has called
                    self.start(function, payload, name, partial(self._lost, payload))
            done(InvokeResult(THROTTLED if throttled else None, "", None, self._kernel.now))

        self._kernel.after(dispatch_s, begin)

    def start(
        self, function: str, payload: Any, name: str = "", on_end: OnEnd | None = None
    ) -> Execution:
        """Start an execution, or find the one of that name (guide, "Idempotency").

        `Refused` if the name has another payload.
        """
        given = dumps(payload)
        known = self._named.get((function, name))
        if known is not None:
            if known.started.input != given:
                raise Refused(SAME_NAME, f"{name} was started with another payload")
            return known
        spec = self._service.functions[function].spec
        unique = str(UUID(int=self._ids.getrandbits(128), version=4))
        arn = f"{spec.invoked_arn}/durable-execution/{name or unique}/{unique}"
        now_s = self._kernel.now
        started = Started(arn, name or unique, function, given, *spec.durable, now_s)
        execution = Execution(started, on_end)
        self.executions[arn] = self._named[function, started.name] = execution
        self.running += 1
        execution.note("ExecutionStarted", execution.operations[unique], now_s)
        self._charges.start(execution, spec)
        self._kernel.after(started.timeout_s, partial(self._time_out, execution))
        self._invocations.call_for(execution)
        return execution

    def _lost(self, payload: Any, execution: Execution) -> None:
        """Keep the event of an execution that did not succeed."""
        dead_letters = self._spec(execution).dead_letters
        if dead_letters and execution.status != "SUCCEEDED":
            self._dead_letter(dead_letters, payload)

    def checkpoint(self, execution: Execution, token: str, updates: list[Update]) -> dict[str, Any]:
        """Take updates of the handler, and answer with what it has not heard of.

        The same call again, as an SDK makes it that had no answer, is answered alike: botocore
        gives a call and its retries one ClientToken.
        """
        if execution.last is not None and execution.last[:2] == (token, updates):
            return execution.last[2]
        if not execution.running or token != execution.token:
            raise refuse("Invalid checkpoint token")
        check(updates, execution.operations)
        self._charges.updates(execution, self._spec(execution), updates)
        for update in updates:
            self._apply(execution, update)
        execution.next_token()
        answer: dict[str, Any] = {"Operations": execution.unseen()}
        if execution.running:
            answer["CheckpointToken"] = execution.token
        execution.last = (token, updates, answer)
        return answer

    def stop(self, execution: Execution, error: Error) -> None:
        """End an execution from outside; one that has ended stays as it is."""
        if execution.running:
            self._end(execution, "STOPPED", None, error)

    def settle(self) -> None:
        """Bill what those keep that have not ended."""
        for one in self.executions.values():
            if one.running:
                lived_s = self._kernel.now - one.started.at_s
                self._charges.kept(one, self._spec(one), lived_s)

    def _spec(self, execution: Execution) -> FunctionSpec:
        return self._service.functions[execution.started.function].spec

    def _apply(self, execution: Execution, update: Update) -> None:
        """Carry out one valid update."""
        if update["Type"] == "EXECUTION":
            status = "SUCCEEDED" if update["Action"] == "SUCCEED" else "FAILED"
            self._end(execution, status, update.get("Payload"), update.get("Error"))
            return
        now_s = self._kernel.now
        operation = changed(update, execution.operations.get(update["Id"]), now_s)
        execution.put(operation)
        invoked = update["Type"] == "CHAINED_INVOKE"
        called = {"FunctionName": target_of(update)} if invoked else {}
        execution.note(event_of(operation), operation | called, now_s)
        at_s = due_s(operation)
        if at_s is not None:
            self._kernel.at(max(at_s, now_s), partial(self._due, execution, operation["Id"]))
        if invoked:
            self._chained.begin(update, partial(self._answered, execution, operation["Id"]))

    def _due(self, execution: Execution, operation_id: str) -> None:
        """The time of a wait or of a retry has come."""
        operation = execution.operations[operation_id]
        at_s = due_s(operation)
        if at_s is None or at_s > self._kernel.now:
            return
        if operation["Type"] == "WAIT":
            self._move_on(execution, operation, "SUCCEEDED")
            return
        details = dict(operation["StepDetails"])
        del details["NextAttemptTimestamp"]
        self._move_on(execution, operation | {"StepDetails": details}, "READY")

    def _answered(
        self,
        execution: Execution,
        operation_id: str,
        status: str,
        result: str | None,
        error: Error | None,
    ) -> None:
        """A chained invoke is over; what it answers is written."""
        if not execution.running:
            return
        details = {"Result": result} if error is None else {"Error": error}
        try:
            self._charges.answer(execution, self._spec(execution), result or dumps(error))
        except Refused as refused:
            self._end(execution, "FAILED", None, error_from(refused))
            return
        operation = execution.operations[operation_id]
        self._move_on(execution, operation | {"ChainedInvokeDetails": details}, status)

    def _move_on(self, execution: Execution, operation: Operation, status: str) -> None:
        """An operation has another state without the handler, which hears of it."""
        if not execution.running:
            return
        moved = execution.move_on(operation, status, self._kernel.now)
        if status in TERMINAL:
            execution.note(event_of(moved), moved, self._kernel.now)
        self._invocations.call_for(execution)

    def _time_out(self, execution: Execution) -> None:
        if execution.running:
            words = f"Execution timed out after {execution.started.timeout_s:g} seconds."
            self._end(execution, "TIMED_OUT", None, {"ErrorMessage": words})

    def _end(
        self, execution: Execution, status: str, result: str | None, error: Error | None
    ) -> None:
        self.running -= 1
        execution.end(status, result, error, self._kernel.now)
        self._charges.end(execution, self._spec(execution))
        ended = {"Result": result, "Error": error}
        execution.note(f"Execution{words_of(status)}", ended, self._kernel.now)
        if execution.on_end is not None:
            execution.on_end(execution)
