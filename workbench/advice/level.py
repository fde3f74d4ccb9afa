"""Whether designs are too close to call by their dollars, and which of them to take then.

What decides between level designs is what there is to own, which somebody looks after every month;
then, the sooner known, if that is clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.designs import Design

if TYPE_CHECKING:
    from workbench.advice.answer import Choice

CLOSE = 0.02  # of a month's dollars


@dataclass(frozen=True)
class Level:
    """Designs whose months cost as much, the cheapest first; a single one has a lead."""

    choices: "tuple[Choice, ...]"

    @property
    def take(self) -> "Choice":
        """The one with least to own; of equals one clearly known sooner, or the cheapest."""
        least = min(parts_owned(one.design) for one in self.choices)
        left = [one for one in self.choices if parts_owned(one.design) == least]
        return next((one for one in left if is_sooner(one, left)), left[0])

    @property
    def others(self) -> "tuple[Choice, ...]":
        """Those that are not taken."""
        return tuple(one for one in self.choices if one is not self.take)

    @property
    def owns_less(self) -> bool:
        """Whether what is taken has less to own than each other."""
        own = parts_owned(self.take.design)
        return all(own < parts_owned(one.design) for one in self.others)

    @property
    def sooner(self) -> "Choice | None":
        """The one whose end is clearly known before the others'."""
        return next((one for one in self.choices if is_sooner(one, self.choices)), None)


def level(choices: "Sequence[Choice]", batches_per_month: Decimal) -> Level:
    """The cheapest of choices in ascending order, and those that are level with it.

    Level is what costs at most 2 % more a month, or whose interval meets that of the cheapest.
    """
    best, batches = choices[0], float(batches_per_month)
    most_usd = max((1 + CLOSE) * best.month_usd, _month(best, best.forecast.usd.high, batches))
    return Level(
        tuple(
            one
            for one in choices
            if one is best
            or min(one.month_usd, _month(one, one.forecast.usd.low, batches)) <= most_usd
        )
    )


def parts_owned(design: Design) -> int:
    """Functions, queues, event sources, tables, state machines and buckets of a design."""
    parts = design.parts
    single = (parts.table, parts.machine, parts.bucket)
    return sum(map(len, (parts.functions, parts.queues, parts.sources, list(filter(None, single)))))


def is_sooner(one: "Choice", among: "Sequence[Choice]") -> bool:
    """Whether its end is known before the others', whichever ends of their intervals come true."""
    high, others = one.forecast.minutes.high, [other for other in among if other is not one]
    return bool(others) and all(high < other.forecast.minutes.low for other in others)


def _month(one: "Choice", batch_usd: float, batches: float) -> float:
    """Dollars of a month whose batches cost so much each."""
    return batch_usd * batches + one.standing_usd
