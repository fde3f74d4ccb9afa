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
    quiet_s: tuple[float, float] = (600.0, 3_600.0)
    late_max_s: float = 7_200.0
    items: tuple[int, int] = (20, 200)
    knobs: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    cancel_s: tuple[float, float] | None = None
    again_s: tuple[float, float] | None = None  # a second trigger of the same batch
    cron: bool = False  # the schedule fires too, and the first batch carries other knobs

    def fault_rates(self, dice: Random) -> FaultRates:
        """Its faults, how often and until when."""
        return FaultRates(
            quiet_s=dice.uniform(*self.quiet_s),
            late_max_s=self.late_max_s,
            roles=self.roles,
            operations=self.operations,
            queues=self.queues,
            **{kind: dice.uniform(*chances) for kind, chances in self.rates.items()},
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
