"""The truth about items: each execution, seen where the work is done and not where it is told."""

from collections import Counter
from collections.abc import Callable

from workbench.engine.kernel import Kernel


class ItemLog:
    """Counts executions by item. An item is done by its first execution that ends well."""

    def __init__(self, kernel: Kernel, seen: Callable[[int], None]) -> None:
        self._kernel = kernel
        self._seen = seen  # told the number of items done or only failed, after each change
        self._live: Counter[str] = Counter()
        self.done_s: dict[str, float] = {}  # first time that the item was done
        self.failed_s: dict[str, float] = {}  # last time that it failed, of items never done
        self.repeated = 0  # executions that did what was done already
        self.overlaps = 0  # executions begun while another of the same item was going on

    def begun(self, item_id: str) -> None:
        """An execution begins."""
        self.overlaps += item_id in self._live
        self._live[item_id] += 1

    def done(self, item_id: str) -> None:
        """An execution ended well."""
        if item_id in self.done_s:
            self.repeated += 1
            return
        self.done_s[item_id] = self._kernel.now
        self.failed_s.pop(item_id, None)
        self._seen(self.over)

    def failed(self, item_id: str) -> None:
        """An execution raised."""
        if item_id not in self.done_s:
            self.failed_s[item_id] = self._kernel.now
            self._seen(self.over)

    def ended(self, item_id: str) -> None:
        """An execution is over: done, failed, or killed."""
        self._live[item_id] -= 1
        if not self._live[item_id]:
            del self._live[item_id]

    @property
    def over(self) -> int:
        """Items done, or tried and not done."""
        return len(self.done_s) + len(self.failed_s)

    def last_s(self, ids: set[str]) -> float | None:
        """When the last of these items was done, or failed for the last time."""
        over = {**self.failed_s, **self.done_s}
        return max((at for item, at in over.items() if item in ids), default=None)
