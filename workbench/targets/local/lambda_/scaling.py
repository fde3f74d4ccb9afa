"""How the pollers of an SQS event source mapping scale, and what provisioned ones are billed.

Lambda developer guide, "Configuring scaling behavior for SQS event source mappings": five at the
start, up to 300 more a minute while there is a backlog, at most 1,250 or the mapping's own maximum;
idle it may fall to two pollers, unless a maximum is set. A mapping that was idle grows from the two
that it has, and not at once: in a measured run (Guardian, harvester batch size, 2022) it stayed at
two until its first batch was done, after about ten seconds, then had three, not five, and grew by
half of what was documented.

"Handling errors for an SQS event source": on throttles Lambda gradually lowers the concurrency of
the mapping, and where invocations fail too, unless it reports batch item failures. By how much is
not published. What is lowered comes back as it came.

Provisioned pollers (same page) have up to ten invocations, ten polls and 1 MB a second each; up to
a hundred more of them come in a minute, and each is billed by the second, a minute at least. When
those beyond the least leave again is not published: here after a rest, as the others.
"""

from dataclasses import dataclass
from math import floor
from typing import Self

from workbench.platform.profile import Profile
from workbench.platform.services import POLLER_LEAST_S
from workbench.targets.local.lambda_.mapping import MappingSpec

BACK_OFF_S = 1.0  # in which a mapping is lowered once, however many batches fail
FIRST_S = 60.0  # in which a mapping that was idle may grow more slowly


@dataclass(frozen=True)
class Growth:
    """What a mapping has at first and at most, in pollers, and how more of them come."""

    start: int
    most: int
    per_s: float
    wakes_s: float = 0.0  # from the first message until it grows, unless a batch is done before
    first_share: float = 1.0  # of its pace, in the first minute in which it grows
    back_off: float = 0.0  # the share that a second with throttles takes
    places: int = 1  # invocations of one poller

    @classmethod
    def of(cls, spec: MappingSpec, profile: Profile) -> Self:
        """The growth of a mapping."""
        value = profile.value
        if spec.pollers:
            places = int(value("poller_places"))
            per_s = value("poller_ramp_per_min") / 60 / places
            return cls(*spec.pollers, per_s, places=places)
        most = spec.max_concurrency or int(value("esm_max_concurrency"))
        per_s = value("esm_ramp_per_min") / 60
        back_off = value("esm_back_off_percent") / 100
        if spec.max_concurrency:
            start = min(int(value("esm_start_concurrency")), most)
            return cls(start, most, per_s, back_off=back_off)
        idle = int(value("esm_idle_pollers"))
        first_share = value("esm_first_minute_percent") / 100
        return cls(idle, most, per_s, value("esm_idle_s"), first_share, back_off)

    def grown(self, from_s: float, to_s: float, slow_until_s: float) -> float:
        """How many come in a while; until a time they are fewer."""
        slow_s = max(0.0, min(to_s, slow_until_s) - from_s)
        return (to_s - from_s - (1 - self.first_share) * slow_s) * self.per_s

    def takes_s(self, more: float, slow_s: float) -> float:
        """Seconds until so many more have come, fewer at first."""
        full_s = more / self.per_s
        if full_s <= slow_s * self.first_share:
            return full_s / self.first_share
        return full_s + (1 - self.first_share) * slow_s


class PollerScaling:
    """The pollers of one mapping, over virtual time."""

    def __init__(self, growth: Growth, rests_s: float) -> None:
        self._growth = growth
        self._rests_s = rests_s
        self.idle_pollers = growth.start
        self._may_grow_s: float | None = None  # None: no message has come
        self._grown = 0.0  # beyond the start
        self._backs_off_s = 0.0  # not before then again
        self._grows_s: float | None = None  # since when it grows
        self._empty_s: float | None = None  # since when there is nothing to do
        self._grown_s = 0.0  # seconds of pollers beyond the start, until it grew last
        self._least_s = 0.0  # what those are billed at least
        self._counted_s = 0.0

    def pollers(self, now_s: float) -> int:
        """How many there are."""
        return min(self._growth.most, self._growth.start + floor(self._grown_until(now_s) + 1e-9))

    def allowed(self, now_s: float) -> int:
        """How many batches may be worked at a time."""
        return self.pollers(now_s) * self._growth.places

    def poller_s(self, now_s: float) -> float:
        """Seconds of pollers so far, as provisioned ones are billed."""
        self._count(now_s)
        least_s = self._least_s + POLLER_LEAST_S * floor(self._grown_until(now_s) + 1e-9)
        return self._growth.start * now_s + max(self._grown_s, least_s)

    def messages_came(self, now_s: float) -> None:
        """There is something to receive. After a rest the mapping starts anew."""
        self._count(now_s)
        rested = self._empty_s is not None and now_s - self._empty_s >= self._rests_s
        if self._may_grow_s is None or rested:
            self._least_s += POLLER_LEAST_S * floor(self._grown + 1e-9)
            self._may_grow_s = now_s + self._growth.wakes_s
            self._grown, self._grows_s = 0.0, None
        self._empty_s = None

    def batch_done(self, now_s: float) -> None:
        """With the first one a mapping that was idle begins to grow."""
        if now_s < self._may_grow_s:
            self._may_grow_s = now_s
            if self._grows_s is not None:
                self._grows_s = now_s

    def nothing_left(self, now_s: float) -> None:
        """Nothing is visible and nothing is worked."""
        if self._empty_s is None:
            self._empty_s = now_s

    def backlog(self, there_is: bool, now_s: float) -> None:
        """Whether messages wait although all that is allowed is at work: only then it grows."""
        self._count(now_s)
        if there_is and self._grows_s is None:
            self._grows_s = max(now_s, self._may_grow_s)
        elif not there_is and self._grows_s is not None:
            self._grown, self._grows_s = self._grown_until(now_s), None

    def next_step_s(self, now_s: float) -> float | None:
        """When one more will be there, while it grows."""
        if self._grows_s is None or self.pollers(now_s) >= self._growth.most:
            return None
        grown, from_s = self._grown_until(now_s), max(now_s, self._grows_s)
        slow_s = max(0.0, self._may_grow_s + FIRST_S - from_s)
        return from_s + self._growth.takes_s(floor(grown + 1e-9) + 1 - grown, slow_s)

    def back_off(self, now_s: float) -> None:
        """Batches are refused: a share fewer, once a second, and never less than at the start."""
        if now_s < self._backs_off_s:
            return
        self._backs_off_s = now_s + BACK_OFF_S
        self._count(now_s)
        growth, grown = self._growth, self._grown_until(now_s)
        self._grown = max(0.0, grown - (growth.start + grown) * growth.back_off)
        if self._grows_s is not None:
            self._grows_s = max(now_s, self._grows_s)

    def _grown_until(self, now_s: float) -> float:
        if self._grows_s is None:
            return self._grown
        to_s, slow_until_s = max(now_s, self._grows_s), self._may_grow_s + FIRST_S
        grown = self._grown + self._growth.grown(self._grows_s, to_s, slow_until_s)
        return min(grown, float(self._growth.most - self._growth.start))

    def _count(self, now_s: float) -> None:
        """Add up the pollers beyond the start; those that rested are there no more."""
        there_s = now_s if self._empty_s is None else min(now_s, self._empty_s + self._rests_s)
        if there_s > self._counted_s:
            middle = (self._grown_until(self._counted_s) + self._grown_until(there_s)) / 2
            self._grown_s += middle * (there_s - self._counted_s)
        self._counted_s = now_s
