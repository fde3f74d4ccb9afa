"""What all handlers here do with an event of a queue: each record by itself, some come back."""

import json
from collections.abc import Callable
from typing import Any

from lambdas import messages, telemetry


class Again(Exception):
    """Nothing is wrong: the message is to be seen again in that time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


def receive(
    event: dict[str, Any], function: str, queue: str, deal: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Deal with every message; what raises comes back alone, and a stranger takes none along."""
    failures = []
    for record in event["Records"]:
        wait_s = messages.retry_s(messages.receives(record))
        try:
            deal(json.loads(record["body"]))
            continue
        except Again as again:
            wait_s = again.seconds
        except Exception as error:
            telemetry.report("counters", function, record["body"][:100], error)
        messages.put_off(queue, record["receiptHandle"], wait_s)
        failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
