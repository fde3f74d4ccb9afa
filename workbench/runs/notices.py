"""What a message on a stack's topic says of a batch: a notice, or a trigger that came back."""

import json
from typing import Any

GIVEN_UP = "Lambda gave up on its trigger: the execution failed, timed out or was stopped"


def read_notice(body: str, why: str = "") -> dict[str, Any] | None:
    """The fields of a notice; None for anything else, such as an alarm.

    A dead letter is the event as it was sent, without a status (Lambda guide, Adding a dead-letter
    queue): it reads as a notice that the batch failed, with `why` if Lambda says it.
    """
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    if "status" in content:
        return content if isinstance(content.get("batch_id"), str) else None
    if not {"items", "knobs"} <= content.keys():
        return None
    batch = content.get("batch_id") or _slot(content.get("time"))
    return {
        "batch_id": batch,
        "status": "failed",
        "items": content["items"],
        "reason": why or GIVEN_UP,
    }


def _slot(time: Any) -> str:
    """The batch id of a scheduled time, which is no token of anybody's (docs/architecture.md)."""
    return "cron-" + str(time)[:16].replace("-", "").replace(":", "")
