"""What the swarm asks of a design: what to draw, where faults strike, what they explain.

The waits are sums: every wait of a design has a limit, and after the last fault each of them can be
met once. A message is hidden for its queue's visibility timeout at most, a lease ends a little
after its function's timeout, a retry waits no longer than a quarter of an hour.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from math import exp, log
from random import Random
from typing import Any

from workbench.designs import Design
from workbench.swarm.fault_rates import FaultRates
from workbench.swarm.fault_record import Expected, FaultRecord
from workbench.swarm.noted import Called, Invoked, Listed
from workbench.swarm.rules.guards import Rules
from workbench.swarm.rules.scenarios import Scenario

QUEUE_KINDS = ("shard", "twice", "twice_late", "reorder", "early", "undelete")
MAP_KINDS = ("child_fails", "child_twice", "map_s3", "publish")
CHAIN_KINDS = ("chain_twice", "chain_lost", "chain_late")
CALLS_S = 60  # for the calls themselves, with the client's own retries
TRIES_S = 600  # of a poisoned item, and of its message before that
ITEMS_MAX = 200  # of a batch
BATCHER_TRIES = 3  # by Lambda's asynchronous invocation, and of a Task by its retries
THROTTLES = 20  # tries of a throttled Task before it fails
PUBLISHES = 7  # tries of the state machine's publish

Places = tuple[tuple[str, tuple[str, ...]], ...]


class Protocol(ABC):
    """One design, as the swarm draws and checks it. Seconds are virtual."""

    rules: Rules  # and how a run shows that each decided something
    scenarios: tuple[Scenario, ...]  # that reach the rare ones
    places: Places  # roles, and the calls of each that faults may choose from
    kinds: tuple[str, ...]  # that can strike this design, besides those that strike any
    cancels = False  # whether a batch can be stopped by the status of its record
    keeps_cancelled = False  # whether what a cancelled batch is asked for waits in its queue
    one_moment = True  # whether all notifications of a batch name the same moment of completion
    ended_status = ""  # of the record of a batch that is over; none without a record
    kept_s = 0.0  # for how long every record that outlives a batch must be kept, if it expires
    puts_off: tuple[str, ...] = ()  # functions that say when each message they give back returns
    beside = False  # whether an invocation works several small messages at a time
    kept = ("batch", "failed")  # kinds of records that outlive a batch
    creates = True  # whether items are created, and counted, before they are worked
    wrong_knobs: tuple[dict[str, Any], ...] = ()  # of its own, with which no batch can be begun
    tries = 1  # of an item that fails, before it is listed
    attempts: tuple[tuple[str, int | None], ...] = ()  # that what a function lists says
    eventual: tuple[tuple[str, str], ...] = ()  # functions and reads whose first one is eventual

    @abstractmethod
    def draw_knobs(self, dice: Random) -> dict[str, Any]:
        """The design's own knobs."""

    @abstractmethod
    def shaped(
        self, design: Design, items: int, rates: FaultRates, dice: Random
    ) -> tuple[Design, dict[str, Any]]:
        """The design with several segments even for a small batch, and its batch's knobs."""

    def strangers(
        self,
        design: Design,  # noqa: ARG002
        trigger: dict[str, Any],  # noqa: ARG002
    ) -> list[tuple[str, Any]]:
        """Functions and events for them that nothing of ours sends, and that must be refused."""
        return []

    def other_knobs(self, dice: Random, knobs: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """The knobs of a second batch."""
        return knobs

    @abstractmethod
    def listed(self, seen: FaultRecord, batch: Expected) -> Iterator[tuple[str, Listed]]:
        """The items that the design lists as failed."""

    @abstractmethod
    def listed_by(self, seen: FaultRecord) -> Counter[tuple[str, str]]:
        """How many items each request listed as failed, by batch."""

    def puts(self, call: Called) -> list[dict[str, Any]]:  # noqa: ARG002
        """The records that a call has put, if it lists failed items."""
        return []

    @abstractmethod
    def excuses_listing(self, seen: FaultRecord, item: str, failing: int) -> bool:
        """Whether an item is rightly listed of which so many tries fail without a fault."""

    def excuses_range(self, seen: FaultRecord, batch: Expected, item: str) -> bool:  # noqa: ARG002
        """Whether faults explain that a range with this item is listed as failed."""
        return False

    @abstractmethod
    def late_s(self, design: Design, roles: set[str], poll_s: float) -> float:
        """How long after the last item is over, and the last fault, completion is declared.

        `roles` are those that faults struck: only they can have left a message hidden or a lease.
        """

    @abstractmethod
    def work_s(self, design: Design, roles: set[str], items: int) -> float:
        """How long after the last fault all items are over, each wait met once."""

    @abstractmethod
    def converge_s(self, design: Design, rates: FaultRates, last_s: float) -> float:
        """When nothing may be under way any more: after the faults, and all waits there are twice.

        `last_s` is when the last fault or the last trigger can have come.
        """

    def planned_again_s(self, seen: FaultRecord, batch: Expected) -> float:  # noqa: ARG002
        """A wait of this batch's own, after which its plan is asked for again."""
        return 0.0

    def claimed(self, batch: Expected) -> bool:  # noqa: ARG002
        """Whether an item of this batch never has two live owners."""
        return False

    @abstractmethod
    def doubled(self, seen: FaultRecord) -> set[str]:
        """Items that came to the processors more than once, whatever befell who did them."""

    def looks(self, one: Invoked, item: str) -> bool:  # noqa: ARG002
        """Whether an invocation asks, before it works an item, whether it is done by now."""
        return False

    def senders(self, seen: FaultRecord) -> dict[str, list[str]]:  # noqa: ARG002
        """The requests of batchers that sent each item in a message."""
        return {}

    def sends_again(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        """Whether something explains that batchers sent items of a batch twice."""
        return True

    def forgotten_s(self, batch: Expected) -> float:  # noqa: ARG002
        """For how long a record of a batch is old enough to be sent again by its finalizer."""
        return 0.0

    @abstractmethod
    def ends_at_once(self, seen: FaultRecord, batch: Expected) -> bool:
        """Whether no item may be under way once completion is declared."""

    @abstractmethod
    def excuses_failure(self, seen: FaultRecord, batch: Expected) -> bool:
        """Whether faults explain that a notification says failed or not started."""

    def excuses_silence(self, seen: FaultRecord, name: str) -> bool:  # noqa: ARG002
        """Whether faults excuse that nobody is told why a trigger cannot be carried out."""
        return False

    def unexplained(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        """Whether a batch failed where the design has to say why, and no notification does."""
        return False

    def failed_fits(self, seen: FaultRecord, batch: Expected, said: int) -> bool:
        """Whether a notification counts the failed items as they are listed."""
        return said == len(seen.listed(batch))

    def put_off_s(
        self,
        seen: FaultRecord,  # noqa: ARG002
        call: Called,  # noqa: ARG002
        message: dict[str, Any],  # noqa: ARG002
        receives: int,  # noqa: ARG002
    ) -> list[tuple[float, float]]:
        """For how long a call may put off a message that was received so often: from and to, for
        each cause that there is. Without a queue there is none to put off."""
        return []

    def delayed_s(
        self,
        seen: FaultRecord,  # noqa: ARG002
        call: Called,  # noqa: ARG002
        message: dict[str, Any],  # noqa: ARG002
    ) -> tuple[float, float]:
        """How late a call may send a message; without a queue none is sent."""
        return 0.0, 0.0

    def polls(self, seen: FaultRecord, batch: Expected) -> list[float]:  # noqa: ARG002
        """When the finalizer polled a batch; nothing without one."""
        return []

    def poll_loops(self, seen: FaultRecord, batch: Expected) -> int:  # noqa: ARG002
        """How many loops of poll messages a batch may have at a time."""
        return 1

    def excuses_end(self, seen: FaultRecord, one: Invoked) -> bool:  # noqa: ARG002
        """Whether faults that struck others explain how an invocation ended."""
        return False

    def answer(self, seen: FaultRecord, one: Invoked, done: int, failed: int) -> Any:  # noqa: ARG002
        """What a processor answers that did so many items while so many failed; None if that is
        for its service alone."""
        return None

    def mislisted(self, seen: FaultRecord) -> Iterator[str]:  # noqa: ARG002
        """What is wrong with the lists of what failed, of a design without records of them."""
        yield from ()

    def wasted(self, seen: FaultRecord) -> Iterator[str]:  # noqa: ARG002
        """What is done and paid for that need not be."""
        yield from ()

    def gave_up(self, seen: FaultRecord, one: Invoked) -> bool:  # noqa: ARG002
        """Whether an invocation ended in an error before it had tried as often as it promises."""
        return False

    def created(self, seen: FaultRecord, batch: Expected) -> bool:  # noqa: ARG002
        """Whether items of a batch were stored, as far as that can be told apart from its start."""
        return False

    def unmarked(self, seen: FaultRecord, batch: Expected) -> Iterator[str]:  # noqa: ARG002
        """What is wrong with how a batch is marked as open."""
        yield from ()

    def planned_s(self, seen: FaultRecord, batch: Expected) -> float | None:  # noqa: ARG002
        """From when on a trigger of a batch that comes again has nothing to ask for."""
        return None

    def over_s(self, seen: FaultRecord, batch: Expected) -> float | None:  # noqa: ARG002
        """When the record of a batch first said that it is over."""
        return None

    def closed_s(self, seen: FaultRecord, batch: Expected) -> float | None:  # noqa: ARG002
        """From when on no invocation that begins works an item of a batch that is over."""
        return None

    def goes_on(self, call: Called, batch_id: str) -> str:  # noqa: ARG002
        """What a call does for a batch that it should not once the batch is cancelled, in words."""
        return ""

    def left_objects(self, seen: FaultRecord) -> Iterator[str]:  # noqa: ARG002
        """Objects that should not be there at the end."""
        yield from ()

    def counted_states(self, seen: FaultRecord) -> Counter[str]:  # noqa: ARG002
        """The usage of a state machine, by usage type."""
        return Counter()


def batch_may_fail(seen: FaultRecord) -> bool:
    """Whether faults excuse that a batch fails as a whole, or that none is opened.

    A struck map child excuses nothing: its failure must be tolerated and listed.
    """
    counts = seen.plan.counts
    heads = [hit for hit in seen.plan.hits if hit.where in ("batcher", "summary")]
    throttled = sum(hit.kind == "throttle" for hit in heads)
    struck = sum(hit.kind not in ("slow", "hold_back", "throttle") for hit in heads)
    return (
        struck >= BATCHER_TRIES
        or throttled >= THROTTLES
        or counts["map_s3"] > 0
        or counts["publish"] >= PUBLISHES
    )


def log_even(dice: Random, low: float, high: float) -> float:
    """A number whose logarithm is even between two limits."""
    return exp(dice.uniform(log(low), log(high)))


def log_int(dice: Random, low: int, high: int) -> int:
    """A whole number whose logarithm is even: small ones come as often as large ones."""
    return min(high, int(log_even(dice, low, high + 1)))
