"""A scenario draws what a rule needs: its faults, its sizes, its knobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from workbench.swarm.fault_rates import FaultRates


@dataclass(frozen=True)
class Scenario:
    """What is drawn so that a rule has something to decide. Pairs are drawn evenly in between."""

    reaches: str
    rates: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    unnamed: bool = False  # of durable executions only those of segments
    quiet_s: tuple[float, float] = (600.0, 3_600.0)
    late_max_s: float = 7_200.0
    items: tuple[int, int] = (20, 200)
    knobs: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    cancel_s: tuple[float, float] | None = None
    deadline_s: tuple[int, int] | None = None  # of the first batch
    again_s: tuple[float, float] | None = None  # a second trigger of the same batch
    crons: int = 0  # so often the schedule fires too, and the first batch carries other knobs

    def fault_rates(self, dice: Random) -> FaultRates:
        """Its faults, how often and until when."""
        return FaultRates(
            quiet_s=dice.uniform(*self.quiet_s),
            late_max_s=self.late_max_s,
            unnamed=self.unnamed,
            roles=self.roles,
            operations=self.operations,
            queues=self.queues,
            partitions=self.partitions,
            **{kind: dice.uniform(*chances) for kind, chances in self.rates.items()},
        )


def slow_count(*operations: str, **knobs: tuple[Any, ...]) -> Scenario:
    """What fails last, between the two reads of one poll: a retry comes after 10 and 20 s."""
    return Scenario(
        "what fails while a slow poll counts",
        rates={"slow": (0.6, 1.0)},
        roles=("finalizer",),
        operations=operations,
        items=(10, 60),
        knobs={
            "poll_s": (10,),
            "value_max": (20, 200),
            "poison_per_million": (200_000,),
            **knobs,
        },
    )


REFUSED_NOTICES = Scenario(
    "notifications that are refused",
    rates={"refuse": (0.8, 1.0)},
    roles=("finalizer",),
    operations=("Publish",),
    items=(1, 40),
)


def deadlines(slow: Mapping[str, tuple[Any, ...]]) -> tuple[Scenario, ...]:
    """A deadline that comes before a batch's end, and one that comes after it and before a poll."""
    polled = {"poll_s": (10,)}
    faults = {"slow": (0.0, 0.2), "kill_after": (0.0, 0.1), "kill_before": (0.0, 0.1)}
    return (
        Scenario(
            "a batch that its deadline cancels",
            rates=faults,
            roles=("finalizer",),
            operations=("Publish", "UpdateItem"),
            items=(100, 200),
            knobs=slow | polled | {"max_concurrency": (2,), "value_max": (8_000,)},
            deadline_s=(10, 40),
        ),
        Scenario(
            "a batch that is over before its deadline, and is polled after it",
            items=(1, 20),
            knobs=polled | {"value_max": (0, 20)},
            deadline_s=(3, 9),
        ),
    )


def cancellations(slow: Mapping[str, tuple[Any, ...]]) -> tuple[Scenario, ...]:
    """A cancellation in each phase of a batch that has a record; `slow` are knobs of long work."""
    return (
        Scenario(
            "a batch that is cancelled as it ends",
            rates={"slow": (0.6, 1.0)},
            roles=("finalizer",),
            quiet_s=(200.0, 400.0),
            items=(1, 20),
            knobs={"poll_s": (10,), "value_max": (0, 20), "poison_per_million": (0,)},
            cancel_s=(10.0, 60.0),
        ),
        Scenario("a batch that is cancelled while it is planned", cancel_s=(0.3, 2.0)),
        Scenario(
            "a batch that is cancelled while it is worked",
            rates={"kill_sleep": (0.0, 0.1), "twice": (0.0, 0.3)},
            knobs=slow | {"max_concurrency": (2, 5)},
            cancel_s=(2.0, 60.0),
        ),
    )
