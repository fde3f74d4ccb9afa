"""An SQS event source mapping: receives batches, invokes the function, deletes what succeeded.

It wakes only when a message can be received, a batch has ended, or one more batch is allowed. What
its pollers would do meanwhile, long polls that find nothing, is added up and not acted out.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.platform.services import (
    LAMBDA,
    LONG_POLL_S,
    MESSAGES_PER_CALL,
    PAYLOAD_MAX_BYTES,
    POLLER_HOURS,
    SQS,
    SQS_RECORD_BYTES,
)
from workbench.platform.units import poller_hours, sqs_requests
from workbench.targets.local.lambda_.functions import THROTTLED, InvokeResult
from workbench.targets.local.lambda_.mapping import MappingSpec, failures, record_of
from workbench.targets.local.lambda_.scaling import Growth, PollerScaling
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.runtime.service import Refused
from workbench.targets.local.sqs.queue import VirtualQueue
from workbench.targets.local.world.context import EPOCH_S, RunContext
from workbench.targets.local.world.stack import arn

NEVER = float("inf")


@dataclass
class Batch:
    """Messages on their way to the function; its poller is busy until all is said, and a turn."""

    records: list[dict[str, Any]] = field(default_factory=list)
    size_bytes: int = 0
    hidden_until_s: float = NEVER


class EventSource:
    """One mapping in one run."""

    def __init__(
        self, context: RunContext, service: LambdaService, spec: MappingSpec, queue: VirtualQueue
    ) -> None:
        self._context = context
        self._service = service
        self._spec = spec
        self._queue = queue
        self._scaling = PollerScaling(Growth.of(spec, context.profile), LONG_POLL_S)
        self._dispatch = context.latency("esm_dispatch", spec.queue)
        self._retry = context.latency("esm_throttle_retry", spec.queue)
        self._turn_s = context.profile.value("esm_turn_ms") / 1000
        self._in_flight_max = int(context.profile.value("sqs_in_flight_max"))
        self._polls_per_s = context.profile.value("poller_polls_per_s")
        self._bytes_per_s = context.profile.value("poller_bytes_per_s")
        self._polls_s = 0.0  # until then provisioned pollers have no poll left
        self._wakes_s = NEVER
        self._forming: Batch | None = None
        self._running = 0
        self._idle_poller_s = 0.0
        self._accounted_s = 0.0
        self.empty_polls = 0

    def due(self, at_ms: float) -> None:
        """A message of the queue can be received from then on."""
        self._wake(at_ms / 1000 - EPOCH_S)

    def settle(self) -> None:
        """Bill what the pollers did until now: the run is over."""
        self._count_idle()
        if self._spec.pollers:
            hours = poller_hours(self._scaling.poller_s(self._context.kernel.now))
            meter, label = self._context.meter, self._spec.label
            meter.add(LAMBDA, POLLER_HOURS, "EPU-Hours", label, hours, self._spec.function)

    def _count_idle(self) -> None:
        """Bill the polls that found nothing until now."""
        now = self._context.kernel.now
        idle = max(0, self._scaling.idle_pollers - self._running)
        self._idle_poller_s += idle * (now - self._accounted_s)
        self._accounted_s = now
        empty = int(self._idle_poller_s / LONG_POLL_S)
        if empty > self.empty_polls:
            self._bill(empty - self.empty_polls)
            name = {"QueueName": self._queue.name}
            more = empty - self.empty_polls
            self._context.metrics.add("AWS/SQS", "NumberOfEmptyReceives", name, more)
            self.empty_polls = empty

    def _wake(self, at_s: float) -> None:
        """Look at the queue at that time, if not before."""
        at_s = max(at_s, self._context.kernel.now)
        if at_s < self._wakes_s:
            self._wakes_s = at_s
            self._context.kernel.at(at_s, partial(self._woken, at_s))

    def _woken(self, at_s: float) -> None:
        if at_s == self._wakes_s:  # else an earlier wake has taken its place
            self._wakes_s = NEVER
            self._pump()

    def _pump(self) -> None:
        """Start as many batches as there are messages for and as are allowed."""
        now = self._context.kernel.now
        if self._visible():
            self._scaling.messages_came(now)
        if self._forming is not None:
            self._fill(self._forming)
        while self._visible() and self._free(now):
            self._change_running(1)
            batch = Batch()
            if self._spec.window_s:
                self._forming = batch
                kernel = self._context.kernel
                kernel.after(self._spec.window_s, partial(self._window_over, batch))
            self._fill(batch)
        backlog = bool(self._visible()) and self._forming is None
        self._scaling.backlog(backlog, now)
        if backlog:
            step_s = self._scaling.next_step_s(now)
            if step_s is not None:
                self._wake(step_s)
        elif not self._running:
            self._scaling.nothing_left(now)
        due_ms = self._queue.next_due_ms()
        if due_ms is not None:
            self.due(due_ms)

    def _visible(self) -> int:
        return self._queue.visible

    def _free(self, now_s: float) -> bool:
        """Whether one more batch may be begun."""
        in_flight = self._queue.in_flight
        return (
            self._forming is None
            and self._running < self._scaling.allowed(now_s)
            and in_flight < self._in_flight_max
            and self._has_poll(now_s)
        )

    def _has_poll(self, now_s: float) -> bool:
        """Whether a provisioned poller may poll again now; if none may, wake when one does."""
        if now_s + 1e-9 < self._polls_s:
            self._wake(self._polls_s)
            return False
        return True

    def _polled(self, polls: int, size_bytes: int) -> None:
        """Provisioned pollers have made so many polls: they make no more than some a second."""
        if self._spec.pollers:
            busy_s = max(polls / self._polls_per_s, size_bytes / self._bytes_per_s)
            now = self._context.kernel.now
            self._polls_s = max(now, self._polls_s) + busy_s / self._scaling.pollers(now)

    def _fill(self, batch: Batch) -> None:
        """Receive what is visible, up to the batch's limits; send the batch off if that is all."""
        full, sizes = self._receive(batch)
        for at in range(0, len(sizes), MESSAGES_PER_CALL):
            self._bill(sqs_requests(sum(sizes[at : at + MESSAGES_PER_CALL])))
        self._polled(-(-len(sizes) // MESSAGES_PER_CALL), sum(sizes))
        if full or not self._spec.window_s:
            self._send_off(batch)

    def _receive(self, batch: Batch) -> tuple[bool, list[int]]:
        """Whether the batch is full now, and the sizes of the messages received for it."""
        sizes: list[int] = []
        while len(batch.records) < self._spec.batch_size:
            size = self._queue.next_bytes()
            if size is None:
                return False, sizes
            if batch.records and batch.size_bytes + size + SQS_RECORD_BYTES > PAYLOAD_MAX_BYTES:
                return True, sizes
            for message in self._queue.receive(1, self._queue.settings.visibility_timeout_s):
                hidden_s = self._context.kernel.now + self._queue.settings.visibility_timeout_s
                batch.hidden_until_s = min(batch.hidden_until_s, hidden_s)
                batch.records.append(record_of(message, arn("sqs", self._queue.name)))
                batch.size_bytes += size + SQS_RECORD_BYTES
                sizes.append(size)
        return True, sizes

    def _window_over(self, batch: Batch) -> None:
        if batch is self._forming:
            self._send_off(batch)
            self._pump()

    def _send_off(self, batch: Batch) -> None:
        """Invoke the function; a batch whose messages all went to the dead letters is none."""
        if batch is self._forming:
            self._forming = None
        if not batch.records:
            self._change_running(-1)
            return
        self._invoke(batch)

    def _invoke(self, batch: Batch) -> None:
        event = {"Records": batch.records}
        done = partial(self._answered, batch)
        self._service.invoke(self._spec.function, event, done, self._dispatch())

    def _answered(self, batch: Batch, result: InvokeResult) -> None:
        """Delete what succeeded. A throttled batch is tried again until its messages are due."""
        kernel = self._context.kernel
        if result.error == THROTTLED:
            self._scaling.back_off(kernel.now)
            retry_s = self._retry()
            if kernel.now + retry_s < batch.hidden_until_s:
                kernel.after(retry_s, partial(self._invoke, batch))
                return
        elif result.error is None:
            self._delete(batch, result.payload)
        elif not self._spec.partial_failures:
            self._scaling.back_off(kernel.now)
        self._scaling.batch_done(kernel.now)
        kernel.after(self._turn_s, self._turned)

    def _turned(self) -> None:
        """The poller of a batch that is over may receive another."""
        self._change_running(-1)
        self._pump()

    def _delete(self, batch: Batch, answer: Any) -> None:
        """Delete the messages that the answer does not name as failed."""
        failed = failures(answer, batch.records) if self._spec.partial_failures else set()
        done = [one for one in batch.records if one["messageId"] not in failed]
        for record in done:
            if self._context.faults.deleting(self._queue.name):
                continue  # it comes back, one receive older
            try:
                self._queue.delete_message(record["receiptHandle"])
            except Refused:
                continue  # its dead letter lives on
        self._bill(-(-len(done) // MESSAGES_PER_CALL))

    def _change_running(self, change: int) -> None:
        self._count_idle()
        self._running += change

    def _bill(self, requests: int) -> None:
        if requests:
            meter, label = self._context.meter, self._spec.label
            meter.add(SQS, "Requests-Tier1", "Requests", label, requests, self._spec.queue)
