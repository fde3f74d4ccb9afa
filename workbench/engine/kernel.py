"""The virtual clock, a heap of callbacks in order of time, and the streams of chance.

Callbacks of the same instant run in the order in which they were asked for. The clock moves only
when a callback is popped, so a simulated hour costs what its events cost. Each concern
draws from its own stream, grown from one seed and a name: one more draw in one place leaves the
numbers of every other place as they were.
"""

from collections.abc import Callable
from hashlib import blake2b
from heapq import heappop, heappush
from random import Random

Callback = Callable[[], None]


class Kernel:
    """Runs callbacks in virtual time. `now` is in seconds since the start."""

    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Callback]] = []
        self._serial = 0

    def at(self, time_s: float, callback: Callback) -> None:
        """Call back at a time; one that has passed is an error of ours."""
        assert time_s >= self.now, f"an event at {time_s} s is before now, {self.now} s"
        self._serial += 1
        heappush(self._heap, (time_s, self._serial, callback))

    def after(self, delay_s: float, callback: Callback) -> None:
        """Call back once a delay has passed."""
        self.at(self.now + delay_s, callback)

    def run(self, until_s: float = float("inf"), stop: Callable[[], bool] | None = None) -> None:
        """Run until nothing is left, the time is up, or `stop()` is true after a callback."""
        while self._heap and self._heap[0][0] <= until_s:
            self.now, _, callback = heappop(self._heap)
            callback()
            if stop is not None and stop():
                return


def seed_for(seed: int, name: str) -> int:
    """The 64-bit seed of the stream called `name` under `seed`."""
    digest = blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def stream(seed: int, name: str) -> Random:
    """The random stream called `name` under `seed`."""
    return Random(seed_for(seed, name))
