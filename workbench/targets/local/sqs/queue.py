"""An SQS queue in virtual time, so that a backlog costs nothing.

Messages wait in a heap until they are due (delayed, or invisible after a receive), then in line; a
call touches only the messages that it is about. A queue reports to a watcher what happens, and
lets a fault plan copy or delay what is sent.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from workbench.targets.local.metering import text_bytes
from workbench.targets.local.runtime.service import Refused

VISIBILITY_MAX_MS = 43_200_000  # SQS API: twelve hours from the receive
TOLERANCE_MS = 0.01  # what a time may lose on its way from seconds to milliseconds since 1970


INVALID_RECEIPT = "ReceiptHandleIsInvalid"


@dataclass
class Message:
    """A message; times are milliseconds since 1970."""

    id: str
    body: str
    sent_ms: int
    delayed_until_ms: float
    serial: int = 0  # within its queue
    is_first: bool = True  # it was never in line yet
    visible_at_ms: float = 0.0
    received_ms: float = 0.0
    first_received_ms: int | None = None
    receive_count: int = 0
    receipt_handle: str = ""


@dataclass
class QueueSettings:
    """What the template says of a queue, with SQS's defaults."""

    visibility_timeout_s: int = 30
    delay_s: int = 0
    retention_s: int = 345_600
    max_receives: int | None = None
    dead_letters: str = ""  # a queue's name


class QueueObserver:
    """Is called with what happens to a queue's messages. Times are milliseconds since 1970."""

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


SILENT = QueueObserver()


class VirtualQueue:
    """A queue whose calls cost as much as the messages they touch."""

    def __init__(
        self,
        name: str,
        settings: QueueSettings,
        now_ms: Callable[[], float],
        dead_letters: "Callable[[str], VirtualQueue]",
    ) -> None:
        self.name = name
        self.settings = settings
        self.watcher: QueueObserver = SILENT
        self._now_ms = now_ms
        self._dead_letters = dead_letters
        self.clear()

    @property
    def held(self) -> int:
        """All messages: in line, delayed, in flight."""
        return len(self._all)

    @property
    def visible(self) -> int:
        """How many messages can be received now."""
        self._settle()
        return len(self._ready)

    @property
    def delayed(self) -> int:
        """How many messages were never visible yet."""
        self._settle()
        return self._delayed

    @property
    def in_flight(self) -> int:
        """How many messages were received and are hidden."""
        self._settle()
        return len(self._all) - len(self._ready) - self._delayed

    def send(self, message_id: str, body: str, delay_s: int | None = None) -> None:
        """Take a message in; without a delay of its own it has the queue's."""
        self.watcher.sent(body)
        now_ms = self._now_ms()
        delay_s = self.settings.delay_s if delay_s is None else delay_s
        due_ms = now_ms + delay_s * 1000
        for extra_s in self.watcher.copies(body):
            message = Message(message_id, body, int(now_ms), due_ms)
            self._enter(message, due_ms + extra_s * 1000)
        self.watcher.counted("sent", 1)

    def receive(self, count: int, visibility_s: float) -> list[Message]:
        """Up to `count` messages that are due, hidden for that long.

        One that was received too often goes to the dead letters, one past its retention is deleted.
        """
        self._settle()
        now_ms = self._now_ms()
        received: list[Message] = []
        while self._ready and len(received) < count:
            _, message = self._ready.popitem(last=False)
            if now_ms - message.sent_ms >= self.settings.retention_s * 1000:
                self._forget(message)
                self._handles.pop(message.receipt_handle, None)
                continue
            limit = self.settings.max_receives
            if limit and message.receive_count >= limit:
                self._forget(message)
                self._dead_letters(self.settings.dead_letters)._enter(replace(message), now_ms)
                continue
            self._hand_out(message, now_ms, self.watcher.hidden_s(visibility_s))
            received.append(message)
        self.watcher.counted("received", len(received))
        self.watcher.counted("visible", len(self._ready))
        return received

    def delete_message(self, receipt_handle: str) -> None:
        """Delete by any receipt the message had; one that is deleted already is no error."""
        message = self._handles.get(receipt_handle)
        if message is None:
            raise Refused(INVALID_RECEIPT, "The input receipt handle is invalid.")
        if self._forget(message):
            message.body = ""  # the receipt is kept, so that a second delete is no error
            self.watcher.counted("deleted", 1)

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Hide a received message for that long from now; 0 shows it at once."""
        message = self._handles.get(receipt_handle)
        if message is None:
            raise Refused(INVALID_RECEIPT, "The input receipt handle is invalid.")
        self._settle()
        if message.serial not in self._all or message.serial in self._ready:
            raise Refused(
                "AWS.SimpleQueueService.MessageNotInflight",
                "The message referred to is not in flight.",
            )
        due_ms = self._now_ms() + seconds * 1000
        if due_ms - message.received_ms > VISIBILITY_MAX_MS:
            raise Refused(
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
            if message is not None and message.visible_at_ms == due_ms:
                return due_ms
            heappop(self._heap)
        return None

    def next_bytes(self) -> int | None:
        """The size of the message that is next in line; None if none can be received."""
        self._settle()
        message = next(iter(self._ready.values()), None)
        return None if message is None else text_bytes(message.body)

    def clear(self) -> None:
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
        message.is_first = True
        self._all[message.serial] = message
        self._delayed += 1
        self._hide(message, due_ms)

    def _hide(self, message: Message, due_ms: float) -> None:
        """Keep a message back until it is due."""
        message.visible_at_ms = due_ms
        self._order += 1
        heappush(self._heap, (due_ms, self._order, message.serial))
        self.watcher.due(due_ms)

    def _settle(self) -> None:
        """Put the messages that are due in line."""
        now_ms = self._now_ms() + TOLERANCE_MS
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, _, serial = heappop(self._heap)
            message = self._all.get(serial)
            if message is None or message.visible_at_ms != due_ms or serial in self._ready:
                continue  # deleted, or put off since
            if message.is_first:
                message.is_first = False
                self._delayed -= 1
            self._ready[serial] = message

    def _hand_out(self, message: Message, now_ms: float, visibility_s: float) -> None:
        """What a receive changes in a message."""
        message.receive_count += 1
        if message.first_received_ms is None:
            message.first_received_ms = int(now_ms)
        message.received_ms = now_ms
        message.receipt_handle = f"{message.id}/{message.serial}/{message.receive_count}"
        self._handles[message.receipt_handle] = message
        self._hide(message, now_ms + visibility_s * 1000)

    def _forget(self, message: Message) -> bool:
        """Drop a message; False if it was dropped before."""
        self._ready.pop(message.serial, None)
        if self._all.pop(message.serial, None) is None:
            return False
        if message.is_first:
            self._delayed -= 1
        return True
