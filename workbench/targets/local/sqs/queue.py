"""moto's queue with its messages kept by time, so that a backlog costs nothing.

moto looks at every message of a queue at each call and asks the wall clock. Here messages wait in a
heap until they are due (delayed, or invisible after a receive), then in line; a call touches only
the messages that it is about. The class takes the place of moto's while a cloud is open. Besides,
it tells a watcher what happens, and lets a fault plan copy or delay what is sent.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from heapq import heappop, heappush
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sqs import models
from moto.sqs.exceptions import ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import Message, Queue, SQSBackend

from workbench.targets.local.metering.sizes import text_bytes
from workbench.targets.local.world.patches import swapped

VISIBILITY_MAX_MS = 43_200_000  # SQS API: twelve hours from the receive
TOLERANCE_MS = 0.01  # what a time may lose on its way from seconds to milliseconds since 1970
UNDERSCORED = {
    name: camelcase_to_underscores(name)
    for name in (*Queue.BASE_ATTRIBUTES, *Queue.FIFO_ATTRIBUTES, *Queue.KMS_ATTRIBUTES)
}


class Watcher:
    """Told what happens to a queue's messages. Times are milliseconds since 1970."""

    def copies(self, body: str) -> Sequence[float]:  # noqa: ARG002
        """When each copy of a sent message comes, in seconds after its own delay."""
        return (0.0,)

    def hidden_s(self, visibility_s: float) -> float:
        """For how long a message that is received is hidden."""
        return visibility_s

    def sent(self, body: str) -> None:
        """A message was sent."""

    def due(self, at_ms: float) -> None:
        """A message can be received from then on."""

    def counted(self, what: str, messages: int) -> None:
        """Messages were `sent`, `received` or `deleted`, or `visible` has changed."""


SILENT = Watcher()


class VirtualQueue(Queue):
    """A queue whose calls cost as much as the messages they touch."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.watcher: Watcher = SILENT
        super().__init__(*arguments, **options)

    @property
    def _messages(self) -> list[Message]:
        """What moto asks for where speed does not matter."""
        return list(self._all.values())

    @_messages.setter
    def _messages(self, messages: list[Message]) -> None:
        assert not messages, "only moto's purge sets this"
        self._clear()

    @property
    def held(self) -> int:
        """All messages: in line, delayed, in flight."""
        return len(self._all)

    @property
    def messages(self) -> list[Message]:
        """The messages that can be received now."""
        self._settle()
        return list(self._ready.values())

    @property
    def approximate_number_of_messages(self) -> int:
        self._settle()
        return len(self._ready)

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        self._settle()
        return len(self._all) - len(self._ready) - self._delayed

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        self._settle()
        return self._delayed

    @property
    def attributes(self) -> dict[str, Any]:
        """As moto's, without working out the names each time."""
        names = [*self.BASE_ATTRIBUTES, *(self.FIFO_ATTRIBUTES if self.fifo_queue else ())]
        result = {name: getattr(self, UNDERSCORED[name]) for name in names}
        if self.redrive_policy:
            result["RedrivePolicy"] = models.json.dumps(self.redrive_policy)
        return {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in result.items()
        }

    def add_message(self, message: Message) -> None:
        """Take a message in; unlike moto's this invokes no event source."""
        self.watcher.sent(message.body)
        now_ms = models.unix_time_millis()
        for extra_s in self.watcher.copies(message.body):
            one = copy(message)
            self._enter(one, max(one.delayed_until, now_ms) + extra_s * 1000)
        self.watcher.counted("sent", 1)

    def receive(self, count: int, visibility_s: float) -> list[Message]:
        """Up to `count` messages that are due, hidden for that long.

        One that was received too often goes to the dead letters, one past its retention is gone.
        """
        self._settle()
        now_ms = models.unix_time_millis()
        received: list[Message] = []
        while self._ready and len(received) < count:
            _, message = self._ready.popitem(last=False)
            if now_ms - message.sent_timestamp >= self.message_retention_period * 1000:
                self._forget(message)
                self._handles.pop(message.receipt_handle, None)
                continue
            limit = self.redrive_policy and self.redrive_policy["maxReceiveCount"]
            if limit and message.approximate_receive_count >= limit:
                self._forget(message)
                self.dead_letter_queue._enter(copy(message), now_ms)
                continue
            self._hand_out(message, now_ms, self.watcher.hidden_s(visibility_s))
            received.append(message)
        self.watcher.counted("received", len(received))
        self.watcher.counted("visible", len(self._ready))
        return received

    def delete_message(self, receipt_handle: str) -> None:
        """Delete by any receipt the message had; one that is gone already is no error."""
        message = self._handles.get(receipt_handle)
        if message is None:
            raise ReceiptHandleIsInvalid
        if self._forget(message):
            message.body = ""  # the receipt is kept, so that a second delete is no error
            self.watcher.counted("deleted", 1)

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Hide a received message for that long from now; 0 shows it at once."""
        message = self._handles.get(receipt_handle)
        if message is None:
            raise ReceiptHandleIsInvalid
        self._settle()
        if message.serial not in self._all or message.serial in self._ready:
            raise SQSException(
                "AWS.SimpleQueueService.MessageNotInflight",
                "The message referred to is not in flight.",
            )
        due_ms = models.unix_time_millis() + seconds * 1000
        if due_ms - message.received_ms > VISIBILITY_MAX_MS:
            raise SQSException(
                "InvalidParameterValue",
                f"Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total "
                "VisibilityTimeout for the message is beyond the limit [43200 seconds]",
            )
        self._hide(message, due_ms)

    def next_due_ms(self) -> float | None:
        """When the next hidden message can be received; None if none is hidden."""
        self._settle()
        while self._heap:
            due_ms, _, serial = self._heap[0]
            message = self._all.get(serial)
            if message is not None and message.visible_at == due_ms:
                return due_ms
            heappop(self._heap)
        return None

    def next_bytes(self) -> int | None:
        """The size of the message that is next in line; None if none can be received."""
        self._settle()
        message = next(iter(self._ready.values()), None)
        return None if message is None else text_bytes(message.body)

    def _clear(self) -> None:
        """Forget every message and receipt."""
        self._all: dict[int, Message] = {}
        self._ready: OrderedDict[int, Message] = OrderedDict()
        self._heap: list[tuple[float, int, int]] = []  # due, order of asking, message
        self._handles: dict[str, Message] = {}
        self._delayed = 0
        self._order = 0
        self._serial = 0

    def _enter(self, message: Message, due_ms: float) -> None:
        """A message is new in this queue."""
        self._serial += 1
        message.serial = self._serial
        message.first = True
        self._all[message.serial] = message
        self._delayed += 1
        self._hide(message, due_ms)

    def _hide(self, message: Message, due_ms: float) -> None:
        """Keep a message back until it is due."""
        message.visible_at = due_ms
        self._order += 1
        heappush(self._heap, (due_ms, self._order, message.serial))
        self.watcher.due(due_ms)

    def _settle(self) -> None:
        """Put the messages that are due in line."""
        now_ms = models.unix_time_millis() + TOLERANCE_MS
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, _, serial = heappop(self._heap)
            message = self._all.get(serial)
            if message is None or message.visible_at != due_ms or serial in self._ready:
                continue  # deleted, or put off since
            if message.first:
                message.first = False
                self._delayed -= 1
            self._ready[serial] = message

    def _hand_out(self, message: Message, now_ms: float, visibility_s: float) -> None:
        """What a receive changes in a message."""
        message.approximate_receive_count += 1
        if message.approximate_first_receive_timestamp is None:
            message.approximate_first_receive_timestamp = int(now_ms)
        message.received_ms = now_ms
        message.receipt_handle = (
            f"{message.id}/{message.serial}/{message.approximate_receive_count}"
        )
        self._handles[message.receipt_handle] = message
        self._hide(message, now_ms + visibility_s * 1000)

    def _forget(self, message: Message) -> bool:
        """Drop a message; False if it was dropped before."""
        self._ready.pop(message.serial, None)
        if self._all.pop(message.serial, None) is None:
            return False
        if message.first:
            self._delayed -= 1
        return True


@contextmanager
def installed(now_s: Callable[[], float]) -> Iterator[None]:
    """moto makes queues of this kind, on this clock, inside the block."""
    with ExitStack() as patches:
        patches.enter_context(swapped(models, "Queue", VirtualQueue))
        patches.enter_context(swapped(models, "unix_time", now_s))
        patches.enter_context(swapped(models, "unix_time_millis", lambda: now_s() * 1000))
        patches.enter_context(swapped(SQSBackend, "receive_message", _receive_message))
        patches.enter_context(
            swapped(SQSBackend, "change_message_visibility", _change_message_visibility)
        )
        yield


def _receive_message(
    backend: SQSBackend,
    queue_name: str,
    count: int,
    wait_seconds_timeout: int,
    visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Message]:
    """ReceiveMessage without waiting: a clock that stands still would never end a wait."""
    del wait_seconds_timeout, message_attribute_names  # nobody here sends attributes
    return [copy(one) for one in backend.get_queue(queue_name).receive(count, visibility_timeout)]


def _change_message_visibility(
    backend: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int
) -> None:
    """ChangeMessageVisibility of a queue that knows its messages by receipt."""
    backend.get_queue(queue_name).change_visibility(receipt_handle, int(visibility_timeout))
