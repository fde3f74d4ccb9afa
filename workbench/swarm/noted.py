"""What is noted while a faulty run goes on: tries, invocations, calls, messages, notifications.

Times are virtual seconds since the start.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass
class Execution:
    """One try of an item, seen where the work is done. `outcome` is done, failed or killed."""

    item: str
    request_id: str
    begun_s: float
    ended_s: float = float("inf")
    outcome: str = "killed"


@dataclass
class Invoked:
    """One invocation of a handler. `end` is answered, raised or died."""

    role: str
    request_id: str
    event: Any
    begun_s: float
    ended_s: float = float("inf")
    end: str = "died"
    answer: Any = None
    telemetry: list[Record] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)  # that it raised, or reported of a message
    limit_s: float = float("inf")  # when Lambda would stop it
    execution: str = ""  # the ARN of the durable execution that it goes on with

    @property
    def given_back(self) -> list[str]:
        """The ids of the messages that it answered with, to come again."""
        answer = self.answer if isinstance(self.answer, dict) else {}
        failures = answer.get("batchItemFailures", ())
        return [one["itemIdentifier"] for one in failures]


@dataclass(frozen=True)
class Called:
    """A call that reached a service. `role` is empty where a service of AWS's own made it."""

    t_s: float
    role: str
    request_id: str
    service: str
    operation: str
    request: dict[str, Any]
    response: dict[str, Any]
    error: str


@dataclass(frozen=True)
class Notified:
    """One notification, as it came."""

    t_s: float
    message: Record


@dataclass(frozen=True)
class Polled:
    """Messages that an event source handed to a function, and those that it deleted after it."""

    queue: str
    messages: int
    deleted: int


@dataclass
class Delivered:
    """A message that an event source handed to a function. `end` is done, returned or failed."""

    queue: str
    message_id: str
    receipt: str
    body: str
    at_s: float
    ended_s: float = float("inf")
    end: str = ""

    @property
    def receives(self) -> int:
        """How often it was received, this time included: its handle ends in that."""
        return int(self.receipt.rsplit("/", 1)[1])


@dataclass(frozen=True)
class Refused:
    """An invocation that ended in an error, which may have come before the handler began.

    One that was throttled has no request id.
    """

    role: str
    event: Any
    error: str
    request_id: str = ""
    execution: str = ""  # the ARN of the durable execution that it would have gone on with
    begun_s: float = 0.0
    ended_s: float = 0.0


@dataclass(frozen=True)
class Listed:
    """An item that was listed as failed: when, and whether a whole range was."""

    t_s: float
    reason: str
    in_range: bool = False


@dataclass
class Noted:
    """What is noted while a run goes on."""

    executions: list[Execution] = field(default_factory=list)
    invoked: list[Invoked] = field(default_factory=list)
    calls: list[Called] = field(default_factory=list)
    notified: list[Notified] = field(default_factory=list)
    polled: list[Polled] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def asked_in(event: Any) -> tuple[Any, str]:
    """What an event asks for, and of a durable function the ARN of its execution."""
    if not isinstance(event, dict) or "DurableExecutionArn" not in event:
        return event, ""
    first = event["InitialExecutionState"]["Operations"][0]
    return json.loads(first["ExecutionDetails"]["InputPayload"]), event["DurableExecutionArn"]


def items_in(body: str) -> list[str]:
    """The items of a message."""
    message = json.loads(body)
    return [pair[0] for pair in message.get("items", ())] if isinstance(message, dict) else []


def payloads_in(event: Any) -> Iterator[tuple[str, str | None]]:
    """What each item of a processor's event carries: of its messages, or of a map's child."""
    for record in event.get("Records", ()):
        message = json.loads(record["body"])
        for item, _, *rest in message.get("items", ()) if isinstance(message, dict) else ():
            yield item, *(rest or [None])
    for item in event.get("Items", ()):
        yield item["id"], item.get("payload")


def written_by(call: Called) -> list[Record]:
    """The records, or their keys, that a call has written one by one or as a batch."""
    found = [call.request[name] for name in ("Item", "Key") if name in call.request]
    if call.operation == "BatchWriteItem":
        for table, entries in call.request["RequestItems"].items():
            left = call.response.get("UnprocessedItems", {}).get(table, [])
            found += [
                one["PutRequest"]["Item"]
                for one in entries
                if one not in left and "PutRequest" in one
            ]
    return found if call.service == "dynamodb" and call.operation != "GetItem" else []


def leases(call: Called) -> bool:
    """Whether a call takes a lease, or would have if its condition had held."""
    return ":until" in call.request.get("ExpressionAttributeValues", {})


def batch_of(call: Called) -> str:
    """The batch of the record that a call on the table is about; its key says it second."""
    return call.request["Key"]["pk"]["S"].split("#")[1]


def cancels(call: Called) -> bool:
    """Whether a call cancels a batch: it does unless its condition was refused."""
    values = call.request.get("ExpressionAttributeValues", {}).values()
    return call.operation == "UpdateItem" and {"S": "CANCELLED"} in values and not call.error


def plain(record: dict[str, dict[str, Any]]) -> Record:
    """A record of the table as Python's own values."""
    return {name: _plain(value) for name, value in record.items()}


def _plain(value: Any) -> Any:
    """An attribute's value as Python's own."""
    kind, content = next(iter(value.items()))
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else float(content)
    if kind == "L":
        return [_plain(one) for one in content]
    return content
