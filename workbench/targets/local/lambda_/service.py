"""The Lambda service: cold starts, limits, timeouts, and what an invocation costs.

An invocation takes the environment that became idle last; else a new one is started, if the
account's concurrency and the function's scaling rate let it; else it is throttled. An environment's
init is billed with its first invocation (Lambda pricing, since August 2025).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from json import dumps, loads
from typing import Any
from uuid import UUID

from workbench.targets.local.cloudwatch.metrics import Timeline
from workbench.targets.local.lambda_.functions import (
    KILLED,
    THROTTLED,
    TIMED_OUT,
    Done,
    Environment,
    Function,
    Invocation,
    InvokeResult,
)
from workbench.targets.local.lambda_.reports import Reports, context_of, error_text
from workbench.targets.local.runtime.tasks import Killed, current, start
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.stack import function_name

EXITED = "Runtime.ExitError"


@dataclass
class Run:
    """One invocation on its way: where it runs, what it was given, whom it answers."""

    function: Function
    environment: Environment
    event: str
    done: Done
    init_s: float = 0.0
    cold: bool = False
    invocation: Invocation | None = None
    over: bool = False


class LambdaService:
    """All functions of a run."""

    def __init__(
        self,
        context: RunContext,
        functions: Iterable[Function],
        reports: Reports,
        timeline: Timeline,
    ) -> None:
        self._context = context
        self._reports = reports
        self._timeline = timeline
        self.functions = {one.spec.name: one for one in functions}
        self.running = 0  # admitted and not yet answered
        self._init = context.latency("lambda_init")
        self._placing = context.latency("lambda_placing")
        self._ids = context.dice("request ids")
        value = context.profile.value
        self._account_max = int(value("lambda_account_concurrency"))
        self._idle_max_s = value("lambda_idle_s")
        self._cpu_ms = value("cpu_ms_per_invocation")

    def call(self, name: str, payload: Any, done: Done) -> None:
        """Invoke and wait for the answer, as Step Functions does; name or ARN.

        The way there and back is in the profile's gaps between states, which were measured from the
        end of one handler to the start of the next.
        """
        self.invoke(name, payload, done, 0.0)

    def invoke(self, name: str, payload: Any, done: Done, dispatch_s: float) -> None:
        """Invoke after so long on the way; `done` is called when it has ended, or was throttled."""
        function = self.functions[function_name(name)]
        self._context.kernel.after(dispatch_s, partial(self._admit, function, dumps(payload), done))

    def stop(self) -> None:
        """End every handler; nobody is answered."""
        for function in self.functions.values():
            for invocation in list(function.live):
                invocation.ended = True
                invocation.kill()

    def _admit(self, function: Function, event: str, done: Done) -> None:
        """Find an environment, or throttle."""
        kernel = self._context.kernel
        taken = None
        busy = self._context.faults.throttling(function.spec.role)
        if self.running < self._account_max and not function.full and not busy:
            taken = function.take(kernel.now, self._idle_max_s)
        if taken is None:
            self._reports.throttled(function)
            self._timeline.add("throttles", 1)
            done(InvokeResult(THROTTLED, "Rate Exceeded.", None, kernel.now))
            return
        environment, cold = taken
        self._count(function, 1)
        run = Run(function, environment, event, done, self._init() if cold else 0.0, cold)
        placing_s = self._placing() if cold else 0.0  # before the init, and not billed
        kernel.after(placing_s + run.init_s, partial(self._begin, run))

    def _begin(self, run: Run) -> None:
        """The environment is there: start the handler and its timeout."""
        context, spec = self._context, run.function.spec
        request_id = str(UUID(int=self._ids.getrandbits(128), version=4))
        log = partial(self._reports.logs.write, spec.role)
        run.invocation = Invocation(context.kernel, spec.role, request_id, run.environment, log)
        run.function.live[run.invocation] = None
        fault = context.faults.starting(spec.role, run.cold)
        if fault.init_fails and run.cold:
            self._end(run, KILLED, "the environment could not be started")
            return
        context.kernel.after(spec.timeout_s, partial(self._time_out, run))
        start(run.invocation, partial(self._handle, run, fault.hang_s))

    def _handle(self, run: Run, hang_s: float) -> None:
        """The handler's main strand."""
        invocation, spec, task = run.invocation, run.function.spec, current()
        context = context_of(spec, invocation)
        try:
            task.wait_until(max(invocation.use_cpu(self._cpu_ms), invocation.started_s + hang_s))
            answer = dumps(run.function.handler(loads(run.event), context))
        except Killed:
            self._end(run, KILLED, "the environment died")
            raise
        except SystemExit as error:
            self._end(run, EXITED, f"the handler exited with {error.code}")
        except Exception as error:
            invocation.log(error_text(error, self._reports.code_root))
            self._end(run, type(error).__name__, str(error))
        else:
            self._end(run, answer=answer)

    def _time_out(self, run: Run) -> None:
        """Lambda stops a handler that takes too long."""
        if not run.over:
            limit_s = run.function.spec.timeout_s
            message = f"{run.invocation.request_id} Task timed out after {limit_s:.2f} seconds"
            run.invocation.log(message)
            self._end(run, TIMED_OUT, message)
            run.invocation.kill()

    def _end(
        self, run: Run, error: str | None = None, message: str = "", answer: str = "null"
    ) -> None:
        """The first end of an invocation counts; the rest follows in the hub."""
        if run.over or run.invocation.ended:
            return
        run.over = True
        cause, request_id = "", run.invocation.request_id
        if error is not None:
            failure = {"errorMessage": message, "errorType": error, "requestId": request_id}
            cause = dumps(failure)
        result = InvokeResult(
            error, cause, loads(answer), run.invocation.started_s, run.invocation.request_id
        )
        self._context.kernel.after(0.0, partial(self._finish, run, result))

    def _finish(self, run: Run, result: InvokeResult) -> None:
        """Bill, keep the environment if it lives, and answer."""
        function, now = run.function, self._context.kernel.now
        run.function.live.pop(run.invocation, None)
        run.invocation.kill()  # threads that it left go no further
        if result.error not in (KILLED, TIMED_OUT, EXITED):
            function.keep(run.environment, now)
        self._count(function, -1)
        init_ms = run.init_s * 1000 if run.cold else None
        self._reports.ended(function, run.invocation, init_ms, result.error)
        run.event = ""  # the timeout still holds on to this run
        run.done(result)

    def _count(self, function: Function, change: int) -> None:
        """An invocation was admitted, or has ended."""
        self.running += change
        function.running += change
        function.peak = max(function.peak, function.running)
        name = {"FunctionName": function.spec.name}
        self._context.metrics.add("AWS/Lambda", "ConcurrentExecutions", name, function.running)
        if function.spec.label == "work":
            self._timeline.note("concurrency", function.running)
