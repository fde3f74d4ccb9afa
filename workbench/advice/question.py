"""What is asked: a batch, how long its items take, until when, and what an item is promised."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workbench.bill.monthly_cost import MONTH_S
from workbench.bill.terms import LIST_PRICES, Terms
from workbench.border import positive, whole_number
from workbench.designs import DESIGNS, ITEM_TRAITS, make_design
from workbench.errors import BadInput
from workbench.tuning.goal import Goal
from workbench.tuning.work import work_of
from workbench.workload.clock import DoneBy
from workbench.workload.durations import USUAL, Durations, Uniform
from workbench.workload.workload import Workload

AT_LEAST_ONCE, NO_TWO_OWNERS = "at_least_once", "no_two_owners"
PROMISES = (AT_LEAST_ONCE, NO_TWO_OWNERS)
NO_HURRY_S = 86_400.0  # without a deadline: a day


@dataclass(frozen=True)
class Question:
    """A workload. `deadline_s` is from the trigger until completion is known, `done_by` the clock
    of that."""

    items: int
    item_ms: Uniform | Durations = USUAL  # waiting
    cpu_ms: int = 0  # computing besides, on a whole CPU
    item_bytes: int = 0  # of payload
    poison_per_million: int = 0
    fails_per_million: int = 0
    memory_mb: int = 128  # the least that an invocation needs
    item_concurrency: int = 1  # items at a time inside one invocation, at most
    deadline_s: float | None = None
    done_by: DoneBy | None = None
    starts: tuple[int, ...] = ()  # of the schedule: minutes of the day, UTC
    batches_per_month: Decimal = Decimal(30)
    budget_usd_per_month: Decimal | None = None
    promise: str = AT_LEAST_ONCE
    terms: Terms = LIST_PRICES

    def __post_init__(self) -> None:
        whole_number("items", self.items, 1)
        whole_number("memory_mb", self.memory_mb, 128, 10_240)
        positive("batches_per_month", self.batches_per_month)
        if self.deadline_s is not None:
            positive("deadline", self.deadline_s)
        if self.promise not in PROMISES:
            raise BadInput(f"promise={self.promise!r} is not one of {', '.join(PROMISES)}.")

    @classmethod
    def of(
        cls, workload: Workload, items: int | None, item_concurrency: int, terms: Terms
    ) -> "Question":
        """What a workload asks, of the first of its sizes unless another is given."""
        return cls(
            items=workload.items[0] if items is None else whole_number("items", items, 1),
            item_ms=workload.item_ms,
            cpu_ms=workload.cpu_ms,
            item_bytes=workload.item_bytes,
            poison_per_million=workload.poison_per_million,
            fails_per_million=workload.fails_per_million,
            memory_mb=workload.memory_mb,
            item_concurrency=item_concurrency,
            deadline_s=workload.deadline_s,
            done_by=workload.by_clock,
            starts=workload.batches.starts,
            batches_per_month=Decimal(repr(workload.batches.per_month)),
            budget_usd_per_month=workload.budget_usd_per_month,
            promise=workload.promise,
            terms=terms,
        )

    @property
    def within_s(self) -> float:
        """How long a batch may take: a month must hold all of its batches, one after the other."""
        asked_s = NO_HURRY_S if self.deadline_s is None else self.deadline_s
        return min(asked_s, self.batch_every_s)

    @property
    def month_bounds(self) -> bool:
        """Whether the month leaves a batch less time than was asked for."""
        return self.within_s == self.batch_every_s

    @property
    def batch_every_s(self) -> float:
        """Seconds from one batch to the next, on average."""
        return float(MONTH_S / self.batches_per_month)

    @property
    def workload_knobs(self) -> dict[str, Any]:
        """The knobs that say what the items are."""
        told = {name: own for name in ITEM_TRAITS if (own := getattr(self, name))}
        return self.item_ms.knobs | told

    def keeps(self, name: str) -> bool:
        """Whether a design can promise what is asked."""
        promised = make_design(name, settings={"value_max": 0, **DESIGNS[name].search.promised})
        return self.promise == AT_LEAST_ONCE or promised.claims

    def goal(self, name: str) -> Goal:
        """What to search of a design: no promise is paid for that nobody has asked for."""
        design = DESIGNS[name]
        fixed: dict[str, Any] = {}
        if self.promise == AT_LEAST_ONCE:
            usual = design(value_max=0).knobs()
            fixed = {knob: usual[knob] for knob in design.search.promised}
        told, rest = work_of(self.workload_knobs)
        return Goal(
            name,
            self.items,
            **told,
            memory_least_mb=self.memory_mb,
            within_s=self.within_s,
            item_concurrency=self.item_concurrency,
            terms=self.terms,
            fixed=fixed | rest,
        )
