"""Notes what happens in a faulty run, outside of the handlers and beside the meter.

It stands where items are worked, where handlers are called, where calls reach a service, where
batches of messages are handed over, and where notifications come in. What it notes is compared with
what the design and the meter say.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from workbench.runs.notices import read_notice
from workbench.swarm.noted import (
    Called,
    Delivered,
    Execution,
    Invoked,
    Noted,
    Notified,
    Polled,
    Refused,
    asked_in,
)
from workbench.targets.local.cloudwatch.telemetry import EMBEDDED
from workbench.targets.local.lambda_.functions import THROTTLED, Done, FunctionSpec, InvokeResult
from workbench.targets.local.lambda_.mapping import failures, read_mappings
from workbench.targets.local.runtime.tasks import current
from workbench.targets.local.sqs.calls import Notifications
from workbench.targets.local.world.world import World

REPORTED = '{"design":'  # the beginning of the line that says what went wrong with a message
SERVICES = ("s3", "cloudwatch")  # of moto; the local target's own note their calls


class Recorder:
    """Notes one run; to be put up before the run begins."""

    def __init__(self, world: World) -> None:
        self.noted = Noted()
        self._world = world
        self._kernel = world.context.kernel
        self._live: dict[str, Invoked] = {}
        self._watch_items()
        self._watch_handlers()
        self._watch_logs()
        self._watch_invocations()
        self._watch_notifications()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Calls are noted inside the block."""
        cloud = self._world.deployment.cloud
        clients = [cloud.client(name) for name in SERVICES]
        for client in clients:
            client.meta.events.register("before-parameter-build", self._before)
            client.meta.events.register("after-call", self._after)
        cloud.on_call = self._note
        try:
            yield
        finally:
            cloud.on_call = None
            for client in clients:
                client.meta.events.unregister("before-parameter-build", self._before)
                client.meta.events.unregister("after-call", self._after)

    def _before(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["noted"] = dict(params)

    def _after(self, parsed: dict[str, Any], model: Any, context: Any, **_: Any) -> None:
        code = parsed.get("Error", {}).get("Code", "")
        service = model.service_model.service_name
        self._note(service, model.name, context["noted"], parsed, code)

    def _note(
        self, service: str, operation: str, request: dict[str, Any], response: Any, code: str
    ) -> None:
        task = current()
        role, request_id = (task.life.function, task.life.request_id) if task else ("", "")
        self.noted.calls.append(
            Called(self._kernel.now, role, request_id, service, operation, request, response, code)
        )

    def _watch_handlers(self) -> None:
        for function in self._world.service.functions.values():
            function.handler = partial(self._handle, function.spec, function.handler)

    def _handle(
        self, spec: FunctionSpec, handler: Callable[..., Any], event: Any, context: Any
    ) -> Any:
        asked, execution = asked_in(event)
        one = Invoked(spec.role, context.aws_request_id, asked, self._kernel.now)
        one.execution = execution
        one.limit_s = one.begun_s + spec.timeout_s
        self.noted.invoked.append(one)
        self._live[one.request_id] = one
        try:
            one.answer = handler(event, context)
            one.end = "answered"
            if execution and one.answer["Status"] == "FAILED":  # how a durable handler raises
                one.end = "raised"
                one.errors.append(str(one.answer["Error"]))
        except Exception as error:
            one.end = "raised"
            one.errors.append(repr(error))
            raise
        finally:
            one.ended_s = self._kernel.now
        return one.answer

    def _watch_logs(self) -> None:
        logs = self._world.logs
        write = logs.write

        def noting(function: str, line: str) -> None:
            write(function, line)
            if line.startswith(EMBEDDED):
                printed = json.loads(line)
                self._live[printed["request_id"]].telemetry.append(printed)
            elif line.startswith(REPORTED):
                error = json.loads(line).get("error")
                self._live[current().life.request_id].errors.append(error)

        logs.write = noting

    def _watch_invocations(self) -> None:
        """What every invocation came to; each batch of messages once, and what is deleted after."""
        service, stack = self._world.service, self._world.deployment.stack
        invoke = service.invoke
        queues = {one.function: one.queue for one in read_mappings(stack, {})}
        received: dict[int, Any] = {}  # held, so that no two lists have one identity

        def noting(name: str, payload: Any, done: Done, dispatch_s: float) -> None:
            function = name.rsplit(":", 1)[-1]
            role = service.functions[function].spec.role
            records = payload.get("Records") if isinstance(payload, dict) else None
            if records is not None and id(records) not in received:  # throttled, it comes again
                received[id(records)] = records, self._received(queues[function], records)

            def answered(result: InvokeResult) -> None:
                if result.error is not None:
                    cause = json.loads(result.cause) if result.error != THROTTLED else {}
                    request_id = cause.get("requestId", "")
                    asked = asked_in(payload)
                    refused = Refused(role, asked[0], result.error, request_id, asked[1])
                    at_s = {"begun_s": result.started_s, "ended_s": self._kernel.now}
                    self.noted.refused.append(replace(refused, **at_s))
                if records is not None:
                    self._given_back(result, *received[id(records)])
                done(result)

            invoke(name, payload, answered, dispatch_s)

        service.invoke = noting

    def _received(self, queue: str, records: list[dict[str, Any]]) -> list[Delivered]:
        """Note the messages of a batch."""
        self.noted.polled.append(Polled(queue, len(records), 0))
        made = [
            Delivered(queue, one["messageId"], one["receiptHandle"], one["body"], self._kernel.now)
            for one in records
        ]
        self.noted.delivered += made
        return made

    def _given_back(
        self, result: InvokeResult, records: list[dict[str, Any]], delivered: list[Delivered]
    ) -> None:
        """Note what became of each message of a batch."""
        failed = failures(result.payload, records)
        for one in delivered:
            one.ended_s = self._kernel.now
            one.end = "returned" if one.message_id in failed else "done"
            one.end = "failed" if result.error is not None else one.end
        if result.error is None:
            done_with = sum(one.end == "done" for one in delivered)
            self.noted.polled.append(Polled(delivered[0].queue, 0, done_with))

    def _watch_items(self) -> None:
        """Each try of an item, with its invocation."""
        log, tries = self._world.item_log, {}

        def noting(name: str, go_on: Callable[[str], None]) -> Callable[[str], None]:
            def note(item_id: str) -> None:
                key = id(current()), item_id
                if name == "begun":
                    one = Execution(item_id, current().life.request_id, self._kernel.now)
                    tries[key] = one
                    self.noted.executions.append(one)
                elif name == "ended":
                    tries.pop(key).ended_s = self._kernel.now
                else:
                    tries[key].outcome = name
                go_on(item_id)

            return note

        for name in ("begun", "done", "failed", "ended"):
            setattr(log, name, noting(name, getattr(log, name)))

    def _watch_notifications(self) -> None:
        """The notifications, and when they came."""

        def noting(go_on: Callable[[str], None]) -> Callable[[str], None]:
            def note(body: str) -> None:
                if (notice := read_notice(body)) is not None:
                    self.noted.notified.append(Notified(self._kernel.now, notice))
                go_on(body)

            return note

        for resource in self._world.deployment.stack.of_type("AWS::SQS::Queue"):
            watcher = self._world.deployment.cloud.queues[resource.physical_id].watcher
            if isinstance(watcher, Notifications):
                watcher.sent = noting(watcher.sent)
