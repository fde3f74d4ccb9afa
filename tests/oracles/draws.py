"""The draws in plain Python, for the plain tellings: numbers as they are, nothing compiled."""

import numpy as np

from workbench.runs.batch import GOLDEN, draw
from workbench.targets.model.engine.draws import CELLS, LATENCIES, PER_HASH, Values
from workbench.workload.durations import Uniform

MASK = 2**64 - 1


def mixed(z: int) -> int:
    """The finalizer of SplitMix64."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Stream:
    """Latencies in seconds, each by its number in one stream and its place in that draw."""

    def __init__(self, key: np.uint64, table: np.ndarray) -> None:
        self.key, self.table = int(key), table

    def draw(self, number: int) -> int:
        """The 64 bits called `number`."""
        return mixed((self.key + (number + 1) * GOLDEN) & MASK)

    def latency(self, name: str, number: int, place: int = 0) -> float:
        """One latency of the profile."""
        cell = (self.draw(number) >> (10 * place)) % CELLS
        return float(self.table[LATENCIES.index(name)][cell])

    def latencies(self, name: str, first: int, count: int) -> float:
        """The sum of `count` latencies, six a draw."""
        total = 0.0
        for i in range(count):
            total += self.latency(name, first + i // PER_HASH, i % PER_HASH)
        return total


class Counted(Stream):
    """A stream whose draws are taken one after the other."""

    taken = 0

    def next(self, name: str, count: int = 1) -> float:
        """The sum of the next `count` latencies."""
        total = self.latencies(name, self.taken, count)
        self.taken += -(-count // PER_HASH)
        return total


class Items:
    """The values of a batch's items, drawn as `workbench.runs.batch` draws them."""

    def __init__(self, seed: int, values: Values) -> None:
        self.seed, self.poison, self.fixed_ms = seed, int(values.poison), values.fixed_ms
        self.span, self.points = int(values.span), values.points.tolist()
        self.fails = int(values.fails)

    def values(self, start: int, stop: int) -> list[float]:
        """The milliseconds of items start..stop-1, -1 where one is poisoned."""
        if self.fixed_ms >= 0:
            return [self.fixed_ms] * (stop - start)
        if self.span:
            return draw(self.seed, start, stop, Uniform(self.span - 1), self.poison)[1].tolist()
        return [self._between_points(i) for i in range(start, stop)]

    def tried(self, start: int, stop: int, tries: int) -> list[tuple[float, bool]]:
        """Of those of the items that come to this try: the milliseconds, and whether they fail."""
        found = []
        for item, value in enumerate(self.values(start, stop), start):
            failed = [self._fails(item, value, one) for one in range(1, tries + 1)]
            if all(failed[:-1]):
                found.append((max(value, 0), failed[-1]))
        return found

    def again_ms(self, start: int, stop: int, tries: int, at_once: int) -> int:
        """In how many milliseconds those that come to this try sleep, so many at a time."""
        slept = [int(ms) for ms, _ in self.tried(start, stop, tries)]
        return sum(slept) if at_once == 1 else max(max(slept, default=0), sum(slept) // at_once)

    def _fails(self, item: int, value: float, tries: int) -> bool:
        z = mixed((mixed(self.seed) + (item + 1) * GOLDEN) & MASK)
        z = mixed((z + tries * GOLDEN) & MASK)
        return value < 0 or ((z & 0xFFFFFFFF) * 1_000_000) >> 32 < self.fails

    def _between_points(self, item: int) -> int:
        z = mixed((mixed(self.seed) + (item + 1) * GOLDEN) & MASK)
        if ((z & 0xFFFFFFFF) * 1_000_000) >> 32 < self.poison:
            return -1
        starts, ms, slopes = self.points
        at = max(i for i, first in enumerate(starts) if first <= z >> 32)
        return ms[at] + (((z >> 32) - starts[at]) * slopes[at] + 2**39) // 2**40
