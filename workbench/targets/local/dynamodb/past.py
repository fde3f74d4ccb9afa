"""What the records of a table were a moment ago, for eventually consistent reads that are stale."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

Record = Mapping[str, Any]


class Past:
    """The changes of a table in the last seconds, each with the record that it replaced."""

    def __init__(self, now_s: Callable[[], float], kept_s: float) -> None:
        self._now_s = now_s
        self._kept_s = kept_s
        self._changes: deque[tuple[float, tuple[str, str], Record | None]] = deque()

    def note(self, pk: str, sk: str, before: Record | None) -> None:
        """A record is about to change; None if there is none yet."""
        now_s = self._now_s()
        while self._changes and self._changes[0][0] < now_s - self._kept_s:
            self._changes.popleft()
        self._changes.append((now_s, (pk, sk), before))

    def since(self, age_s: float) -> dict[tuple[str, str], Record | None]:
        """By key, what was there that long ago, of the records that have changed since."""
        then_s, found = self._now_s() - age_s, {}
        for at_s, key, before in reversed(self._changes):
            if at_s <= then_s:
                break
            found[key] = before
        return found
