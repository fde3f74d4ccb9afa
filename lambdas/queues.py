"""SQS: sending many messages with retries, delaying one, and receiving an event's messages.

Messages are JSON. Per-entry failures of a batch send are tried again; what stays unsent is an
error, so that the message or segment that asked for it returns to its queue.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from math import ceil
from typing import Any

from lambdas import outside, telemetry

SEND_BATCH_MAX = 10
SEND_MAX_BYTES = 1_048_576  # of one call, all entries together
DELAY_MAX_S = 900
VISIBILITY_MAX_S = 43_200
TRIES = 8

sqs = outside.client("sqs")

Message = dict[str, Any]


class Unsent(Exception):
    """SQS kept refusing entries of a batch send."""


class Later(Exception):
    """Nothing is wrong: the message is to be seen again in that time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


def receive(
    event: dict[str, Any],
    names: tuple[str, str],
    deal: Callable[[Message], None],
    delay: Callable[[str, float], None] | None = None,
    read: Callable[[str], Message] = json.loads,
    undo: Callable[[Message], None] | None = None,
) -> dict[str, Any]:
    """Deal with every message; what raises comes back alone, and is undone before.

    `names` are those of the design and the function; `delay` gets the receipt of a message that
    failed, and the seconds.
    """
    failed = []
    for record in event["Records"]:
        message, wait_s = {}, backoff_s(receives(record))
        try:
            message = read(record["body"])
            deal(message)
            continue
        except Later as later:
            wait_s = later.seconds
        except Exception as error:
            known = isinstance(message, dict) and "batch" in message
            batch = message["batch"] if known else record["body"][:100]
            telemetry.report(*names, batch, error)
            if message and undo:
                undo(message)
        if delay:
            delay(record["receiptHandle"], wait_s)
        failed.append(record["messageId"])
    return returned(failed)


def returned(message_ids: list[str]) -> dict[str, Any]:
    """The answer to an event source: these messages come back."""
    return {"batchItemFailures": [{"itemIdentifier": one} for one in message_ids]}


def send(queue_url: str, message: Message, delay_s: float = 0) -> None:
    """Send one message, at most 15 minutes late."""
    sqs.send_message(QueueUrl=queue_url, MessageBody=_text(message), DelaySeconds=_delay(delay_s))


def send_all(queue_url: str, messages: Iterable[Message], size: int) -> None:
    """Send messages, up to `size` (1 to 10) and 1 MiB in a call."""
    if size == 1:
        for message in messages:
            send(queue_url, message)
        return
    for texts in _calls(map(_text, messages), min(size, SEND_BATCH_MAX)):
        entries = [
            {"Id": str(i), "MessageBody": text, "DelaySeconds": 0} for i, text in enumerate(texts)
        ]
        _send_entries(queue_url, entries)


def delay_message(queue_url: str, receipt: str, seconds: float) -> None:
    """Let a message that will be reported failed be seen again in that time."""
    seconds = max(0, min(ceil(seconds), VISIBILITY_MAX_S))
    sqs.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
    )


def receives(record: dict[str, Any]) -> int:
    """How often the message of an event's record has been received, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def backoff_s(tries: int) -> float:
    """How long to wait after that many tries: 10 s, 20 s, 40 s, … at most 15 minutes."""
    return min(10 * 2 ** (tries - 1), DELAY_MAX_S)


def _send_entries(queue_url: str, entries: list[dict[str, Any]]) -> None:
    """One SendMessageBatch, its failed entries tried again."""
    for attempt in range(TRIES):
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        failed = {entry["Id"] for entry in answer.get("Failed", [])}
        entries = [entry for entry in entries if entry["Id"] in failed]
        if not entries:
            return
        outside.sleep(0.05 * 2**attempt)
    raise Unsent(f"{len(entries)} messages to {queue_url.rsplit('/', 1)[-1]} could not be sent")


def _calls(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    """The texts of each call."""
    part: list[str] = []
    held_bytes = 0
    for text in texts:
        if part and (len(part) == size or held_bytes + len(text) > SEND_MAX_BYTES):
            yield part
            part, held_bytes = [], 0
        part.append(text)
        held_bytes += len(text)
    if part:
        yield part


def _text(message: Message) -> str:
    """A message as ASCII text: one character is one byte."""
    return json.dumps(message, separators=(",", ":"))


def _delay(seconds: float) -> int:
    return max(0, min(int(seconds), DELAY_MAX_S))
