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
VISIBILITY_MAX_S = 42_300  # 12 hours from the receive, less the longest function
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
    queue_url: str,
    deal: Callable[[Message], None],
    at_once: int = 1,
) -> dict[str, Any]:
    """Deal with every message, so many at a time; what raises comes back alone, after a while.

    `names` are those of the design and the function. A message that was received before says so
    (`again`).
    """

    def one(record: dict[str, Any]) -> bool:
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        wait_s = backoff_s(receives)
        try:
            message = json.loads(record["body"])
            deal(message | {"again": True} if receives > 1 else message)
            return True
        except Later as later:
            wait_s = later.seconds
        except Exception as error:
            telemetry.report(*names, record["body"][:100], error)
        try:
            delay_message(queue_url, record["receiptHandle"], wait_s)
        except Exception as error:  # it may be seen again already: no reason to lose the others
            telemetry.report(*names, record["body"][:100], error)
        return False

    records = event["Records"]
    over = outside.gather(one, records, at_once)
    back = [record["messageId"] for record, done in zip(records, over, strict=True) if not done]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in back]}


def send(queue_url: str, message: Message, delay_s: float = 0) -> None:
    """Send one message, at most 15 minutes late."""
    delay_s = max(0, min(int(delay_s), DELAY_MAX_S))
    sqs.send_message(QueueUrl=queue_url, MessageBody=text_of(message), DelaySeconds=delay_s)


def send_all(queue_url: str, messages: Iterable[Message], size: int) -> None:
    """Send messages, up to `size` (1 to 10) and 1 MiB in a call."""
    if size == 1:
        for message in messages:
            send(queue_url, message)
        return
    for texts in _calls(map(text_of, messages), min(size, SEND_BATCH_MAX)):
        entries = [
            {"Id": str(i), "MessageBody": text, "DelaySeconds": 0} for i, text in enumerate(texts)
        ]
        _send_entries(queue_url, entries)


def delay_message(queue_url: str, receipt: str, seconds: float) -> None:
    """Let a message that will be reported failed be seen again in that time, a second at least."""
    seconds = max(1, min(ceil(seconds), VISIBILITY_MAX_S))
    sqs.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=seconds
    )


def backoff_s(tries: int) -> float:
    """How long to wait after that many tries: 10 s, 20 s, 40 s, … at most 15 minutes."""
    return min(10 * 2 ** (tries - 1), DELAY_MAX_S)


def text_of(message: Message) -> str:
    """A message as ASCII text: one character is one byte."""
    return json.dumps(message, separators=(",", ":"))


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
