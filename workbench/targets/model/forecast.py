"""The model's word on a batch: `modelled` runs and bills it, `estimate` says how sure that is.

Likely is the profile as it stands. Low and high are the 5th and 95th percentile over replications:
each draws other items, other latencies, and every constant of the profile from its range. The
replays of published runs take their intervals from the same `draws` and `interval`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from math import exp, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.bill.pricing import Already, bill_rows, exact_sum, sums_by_label
from workbench.border import whole_number
from workbench.designs import Design
from workbench.engine.kernel import seed_for, stream
from workbench.platform.profile import Profile, load_profile
from workbench.prices import PriceBook, load_book
from workbench.runs.batch import Batch
from workbench.runs.records import BILL_COLUMNS, COORDINATION, RunData
from workbench.targets.model.target import ModelTarget

if TYPE_CHECKING:
    from workbench.targets.model.models import Outcome

LOW, HIGH = 5, 95  # percentiles
LABEL, COST = BILL_COLUMNS.index("label"), BILL_COLUMNS.index("cost_usd")
HALF = 0.5
TINY = 1e-9  # as near to certain as a chance is taken
SEEDS = 2**62


@dataclass(frozen=True)
class Modelled:
    """One batch on the model, billed."""

    batch: Batch
    outcome: "Outcome"
    lines: list[tuple]  # of the bill, as `BILL_COLUMNS` has them
    price_date: str

    @cached_property
    def bill(self) -> pd.DataFrame:
        """The bill as a frame: making one takes longer than most runs."""
        return pd.DataFrame(self.lines, columns=BILL_COLUMNS)

    @cached_property
    def _usd(self) -> dict[str, Decimal]:
        """Dollars by label."""
        return sums_by_label((line[LABEL], line[COST]) for line in self.lines)

    @property
    def usd(self) -> Decimal:
        """All dollars of the batch."""
        return exact_sum(self._usd.values())

    @property
    def knowing_usd(self) -> Decimal:
        """What it costs to know that the batch is done."""
        return self._usd["knowing"]

    @property
    def coordination_usd(self) -> Decimal:
        """What dispatching the items and knowing cost."""
        return exact_sum(self._usd[label] for label in COORDINATION)

    @property
    def detected_s(self) -> float:
        """Seconds until completion is known."""
        return self.outcome.times()["detected_s"]

    def run_data(self) -> RunData:
        """The run with its tables and dollars, as a run folder would have it."""
        data = self.outcome.run_data(self.batch)
        dollars = {
            "cost_usd": float(self.usd),
            "knowing_usd": float(self.knowing_usd),
            "coordination_usd": float(self.coordination_usd),
        }
        run = replace(data.run, **dollars, price_date=self.price_date)
        return replace(data, run=run, bill=self.bill)


def modelled(
    design: Design,
    batch: Batch,
    book: PriceBook | None = None,
    profile: Profile | None = None,
    replication: int = 0,
    month: Already | None = None,
) -> Modelled:
    """Run a batch on the model and bill it; `replication` > 0 draws the latencies anew.

    With a `month`, which may be empty, it is billed inside the free tier, after that usage.

    Needs the compiled kernels: about a second per 100 million items.
    """
    book = book or load_book()
    outcome = ModelTarget(profile or load_profile(), replication).outcome(design, batch)
    free = month is not None
    lines = bill_rows(outcome.rows, book, source="modelled", free_tier=free, already=month)
    return Modelled(batch, outcome, lines, book.date)


@dataclass(frozen=True)
class Range:
    """A quantity that is not known exactly."""

    low: float
    likely: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:,.4g} / {self.likely:,.4g} / {self.high:,.4g}"


@dataclass(frozen=True)
class Estimate:
    """A forecast. `limits` counts replications by the limit that held each of them longest."""

    design: str
    items: int
    replications: int
    usd: Range
    coordination_usd: Range
    knowing_usd: Range
    minutes: Range
    detection_lag_s: Range
    binding_limit: str
    held_s: dict[str, float]  # seconds by limit, longest first, of the likely run
    limits: dict[str, int]
    completes: bool  # False: an invocation would pass the time that AWS gives it
    bill: pd.DataFrame = field(compare=False)  # of the likely run


def estimate(
    design: Design,
    items: int,
    seed: int = 7,
    replications: int = 20,
    profile: Profile | None = None,
    book: PriceBook | None = None,
    month: Already | None = None,
) -> Estimate:
    """The forecast of one batch; with a `month` inside the free tier, after that usage."""
    replications = whole_number("replications", replications, 1)
    profile, book = profile or load_profile(), book or load_book()
    batch = Batch(items, seed, "estimate")
    runs = [
        modelled(design, one.items_of(batch), book, one.profile, one.number, month)
        for one in draws(profile, seed, replications)
    ]
    likely = runs[0]
    limits = Counter(one.outcome.binding_limit for one in runs)

    def spread(quantity: Callable[[Modelled], Any]) -> Range:
        return interval([float(quantity(one)) for one in runs])

    return Estimate(
        design=design.name,
        items=items,
        replications=replications,
        usd=spread(lambda one: one.usd),
        coordination_usd=spread(lambda one: one.coordination_usd),
        knowing_usd=spread(lambda one: one.knowing_usd),
        minutes=spread(lambda one: one.detected_s / 60),
        detection_lag_s=spread(lambda one: one.detected_s - one.outcome.times()["processed_s"]),
        binding_limit=likely.outcome.binding_limit,
        held_s=likely.outcome.held_s,
        limits=dict(limits.most_common()),
        completes=not any(one.outcome.late for one in runs),
        bill=likely.bill,
    )


@dataclass(frozen=True)
class Draw:
    """One replication: number 0 is the profile as it stands, each other one is drawn."""

    number: int
    profile: Profile
    seed: int

    def items_of(self, batch: Batch) -> Batch:
        """The batch with this replication's items."""
        return replace(batch, seed=self.seed)


def draws(profile: Profile, seed: int, replications: int) -> Iterator[Draw]:
    """The likely replication, then so many drawn ones, each with a seed of its own.

    Each constant takes one value from each of as many equally likely slices of its range, in an
    order of its own (a Latin hypercube), so that few replications already reach both ends.
    """
    yield Draw(0, profile, seed)
    slices = {}
    for name in profile.entries:
        dice = stream(seed, f"model/profile/{name}")
        order = dice.sample(range(replications), replications)
        slices[name] = [(one + dice.random()) / replications for one in order]
    for number in range(1, replications + 1):
        chances = {name: own[number - 1] for name, own in slices.items()}
        own = seed_for(seed, f"model/items/{number}") % SEEDS
        yield Draw(number, varied(profile, chances), own)


def interval(values: Sequence[float]) -> Range:
    """Low and high of a quantity over `draws`, of which the first is the likely one."""
    low, high = np.percentile(values, [LOW, HIGH])
    return Range(min(float(low), values[0]), values[0], max(float(high), values[0]))


def varied(profile: Profile, chances: Mapping[str, float]) -> Profile:
    """The profile with every entry at that chance, 0 to 1, of being less."""
    entries = {n: _varied_entry(entry, chances[n]) for n, entry in profile.entries.items()}
    if profile.fitted is not None:
        entries |= _jointly(profile, chances)
    return replace(profile, entries=entries)


def _jointly(profile: Profile, chances: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """The constants that a calibration fitted: together, as its covariance has them."""
    names, normal = profile.fitted.names, NormalDist()
    apart = [normal.inv_cdf(min(max(chances[name], TINY), 1 - TINY)) for name in names]
    found = {}
    for name, step in zip(names, profile.fitted.lower() @ apart, strict=True):
        entry = profile.entries[name]
        key = "value" if "value" in entry else "p50"
        drawn = min(max(entry[key] * exp(step), entry["low"]), entry["high"])
        found[name] = entry | {key: drawn}
        if key == "p50":
            found[name]["p99"] = entry["p99"] * drawn / entry[key]
    return found


def _varied_entry(entry: dict[str, Any], chance: float) -> dict[str, Any]:
    """One entry: a value, or a median with its tail in proportion.

    What stands there is the middle: as likely too high as too low, and ever less likely towards
    each end of the range. By ratio where the range does not reach down to nothing.
    """
    if "low" not in entry:
        return entry
    name = "value" if "value" in entry else "p50"
    low, middle, high = entry["low"], entry[name], entry["high"]
    end, share = (low, 2 * chance) if chance < HALF else (high, 2 - 2 * chance)
    part = 1 - sqrt(share)  # of the way from the middle to that end
    drawn = middle * (end / middle) ** part if low > 0 else middle + (end - middle) * part
    if isinstance(middle, int) and name == "value":  # a count
        drawn = round(drawn)
    tail = {"p99": entry["p99"] * drawn / middle} if name == "p50" else {}
    return entry | {name: drawn} | tail
