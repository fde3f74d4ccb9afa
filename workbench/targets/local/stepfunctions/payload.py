"""Data between states: how they are written, and the size that AWS allows."""

import json
from typing import Any

from workbench.targets.local.stepfunctions.failures import DATA_LIMIT, StateFailed

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
PAYLOAD_MAX_BYTES = 262_144
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def as_json(value: Any) -> str:
    """JSON without blanks, as Step Functions measures it."""
    return _ENCODER.encode(value)


def size_bytes(value: Any) -> int:
    """How large a value is, as UTF-8."""
    return len(as_json(value).encode())


def hold(value: Any, what: str) -> None:
    """Fail a state whose data pass 256 KiB."""
    size = size_bytes(value)
    if size > PAYLOAD_MAX_BYTES:
        raise StateFailed(
            DATA_LIMIT, f"{what} has {size} bytes; a state may pass on {PAYLOAD_MAX_BYTES}"
        )
