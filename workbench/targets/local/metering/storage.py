"""Bytes kept over time: what storage is billed by."""

from decimal import Decimal

from workbench.platform.services import STORAGE_OVERHEAD_BYTES
from workbench.platform.units import GB

MONTH_S = 730 * 3600  # AWS's month in prices per GB-month


class Storage:
    """The bytes of a table, added up over virtual time."""

    def __init__(self) -> None:
        self._bytes = 0
        self._byte_s = 0.0
        self._at_s = 0.0

    def changed(self, before_bytes: int, after_bytes: int, now_s: float) -> None:
        """An item was written, changed or deleted; 0 bytes is no item."""
        self._byte_s += self._bytes * (now_s - self._at_s)
        self._at_s = now_s
        self._bytes += _stored(after_bytes) - _stored(before_bytes)

    def gb_months(self, now_s: float) -> Decimal:
        """What was kept until now."""
        return gb_months(self._byte_s + self._bytes * (now_s - self._at_s))


def gb_months(byte_s: float) -> Decimal:
    """GB-months of bytes times seconds."""
    return Decimal(round(byte_s)) / GB / MONTH_S


def _stored(size_bytes: int) -> int:
    return size_bytes + STORAGE_OVERHEAD_BYTES if size_bytes else 0
