"""What a batch will cost and take, before it runs: low, likely, high, and which limit binds.

Likely is the profile as it stands. Low and high are the 5th and 95th percentile over replications:
each draws other items, other latencies, and every unsure constant of the profile from its range.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, log
from random import Random
from typing import Any

import numpy as np

from workbench.bill import bill, knowing_usd, total_usd
from workbench.border import whole_number
from workbench.designs import Design
from workbench.engine.random_streams import seed_for, stream
from workbench.platform.profile import Profile, load_profile
from workbench.prices import PriceBook, load_book
from workbench.runs.batch import Batch
from workbench.targets.model.target import ModelTarget

LOW, HIGH = 5, 95  # percentiles
SEEDS = 2**62


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
    knowing_usd: Range
    minutes: Range
    detection_lag_s: Range
    binding_limit: str
    held_s: dict[str, float]  # seconds by limit, longest first, of the likely run
    limits: dict[str, int]
    completes: bool  # False: an invocation would pass the time that AWS gives it


@dataclass(frozen=True)
class Replication:
    """One simulated batch."""

    usd: float
    knowing_usd: float
    minutes: float
    detection_lag_s: float
    binding_limit: str
    completes: bool


def estimate(
    design: Design,
    items: int,
    seed: int = 7,
    replications: int = 20,
    profile: Profile | None = None,
    book: PriceBook | None = None,
) -> Estimate:
    """The forecast of one batch; needs the compiled kernels, about a second per 100 million."""
    replications = whole_number("replications", replications, 1)
    profile, book = profile or load_profile(), book or load_book()
    likely, outcome = _replicate(design, Batch(items, seed, "estimate"), profile, book, 0)
    others = list(_others(design, Batch(items, seed, "estimate"), profile, book, replications))
    everyone = [likely, *others]

    def spread(name: str) -> Range:
        values = [getattr(one, name) for one in everyone]
        low, high = np.percentile(values, [LOW, HIGH])
        middle = getattr(likely, name)
        return Range(min(float(low), middle), middle, max(float(high), middle))

    return Estimate(
        design=design.name,
        items=items,
        replications=replications,
        usd=spread("usd"),
        knowing_usd=spread("knowing_usd"),
        minutes=spread("minutes"),
        detection_lag_s=spread("detection_lag_s"),
        binding_limit=likely.binding_limit,
        held_s=outcome.held_s,
        limits=dict(Counter(one.binding_limit for one in everyone).most_common()),
        completes=all(one.completes for one in everyone),
    )


def varied(profile: Profile, dice: Random) -> Profile:
    """The profile with every entry that has a range drawn from it, likeliest where it stands."""
    entries = {name: _varied_entry(entry, dice) for name, entry in profile.entries.items()}
    return replace(profile, entries=entries)


def _others(
    design: Design, batch: Batch, profile: Profile, book: PriceBook, replications: int
) -> Iterator[Replication]:
    """Replications under drawn profiles, each with items and latencies of its own."""
    for number in range(1, replications + 1):
        dice = stream(batch.seed, f"model/profile/{number}")
        seed = seed_for(batch.seed, f"model/items/{number}") % SEEDS
        own = replace(batch, seed=seed)
        yield _replicate(design, own, varied(profile, dice), book, number)[0]


def _replicate(
    design: Design, batch: Batch, profile: Profile, book: PriceBook, number: int
) -> tuple[Replication, Any]:
    """One simulated batch and its bill."""
    outcome = ModelTarget(profile, number).outcome(design, batch)
    fields = outcome.run_fields()
    table = bill(outcome.usage(), book, source="modelled")
    detected_s = fields["detected_s"]
    return (
        Replication(
            usd=float(total_usd(table)),
            knowing_usd=float(knowing_usd(table)),
            minutes=detected_s / 60,
            detection_lag_s=detected_s - fields["processed_s"],
            binding_limit=outcome.binding_limit,
            completes=not outcome.late,
        ),
        outcome,
    )


def _varied_entry(entry: dict[str, Any], dice: Random) -> dict[str, Any]:
    """One entry: a value, or a median with its tail in proportion."""
    if "low" not in entry:
        return entry
    if "value" in entry:
        return entry | {"value": _triangular(entry["low"], entry["value"], entry["high"], dice)}
    p50 = _triangular(entry["low"], entry["p50"], entry["high"], dice)
    return entry | {"p50": p50, "p99": entry["p99"] * p50 / entry["p50"]}


def _triangular(low: float, mode: float, high: float, dice: Random) -> float:
    """A draw from a range, by ratio where it does not reach down to nothing."""
    if low <= 0:
        return dice.triangular(low, high, mode)
    return exp(dice.triangular(log(low), log(high), log(mode)))
