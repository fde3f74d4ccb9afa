"""What a candidate costs and takes on the model, over seeds that all candidates share."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from workbench.bill import bill, knowing_usd, total_usd
from workbench.designs import Design
from workbench.engine.statistics import Interval, interval
from workbench.prices import PriceBook, load_book
from workbench.runs.batch import Batch
from workbench.targets.model.target import ModelTarget

SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Score:
    """One candidate: dollars of a batch and seconds until completion is known, a seed each.

    `binding_limit` is what held it back longest; `completes` is False if AWS would cut it short.
    """

    design: Design
    items: int
    usd: tuple[float, ...]
    knowing_usd: tuple[float, ...]
    detected_s: tuple[float, ...]
    binding_limit: str
    completes: bool

    @property
    def mean_usd(self) -> float:
        """Mean dollars of a batch."""
        return float(np.mean(self.usd))

    @property
    def mean_s(self) -> float:
        """Mean seconds until completion is known."""
        return float(np.mean(self.detected_s))

    @property
    def per_million_usd(self) -> Interval:
        """Dollars per million items, with the interval over the seeds."""
        return interval([usd * 1e6 / self.items for usd in self.usd])

    @property
    def minutes(self) -> Interval:
        """Minutes until completion is known, with the interval over the seeds."""
        return interval([seconds / 60 for seconds in self.detected_s])


def score(
    design: Design, items: int, seeds: tuple[int, ...] = SEEDS, region: str = "us-east-1"
) -> Score:
    """A candidate on the model; the same seeds give every candidate the same items and draws."""
    target, book = _tools(region)
    usd, knowing, seconds, completes, limit = [], [], [], True, ""
    for seed in seeds:
        outcome = target.outcome(design, Batch(items, seed, "candidate"))
        lines = bill(outcome.usage(), book, source="modelled")
        usd.append(float(total_usd(lines)))
        knowing.append(float(knowing_usd(lines)))
        seconds.append(outcome.run_fields()["detected_s"])
        limit = limit or outcome.binding_limit
        completes = completes and not outcome.late
    return Score(design, items, tuple(usd), tuple(knowing), tuple(seconds), limit, completes)


def score_many(
    designs: list[Design], items: int, seeds: tuple[int, ...], region: str
) -> list[Score]:
    """Many candidates; what a process is handed at once."""
    return [score(design, items, seeds, region) for design in designs]


@cache  # reading them takes longer than most candidates
def _tools(region: str) -> tuple[ModelTarget, PriceBook]:
    return ModelTarget(), load_book(region)


def front(scores: list[Score]) -> list[Score]:
    """Those that no other beats in both dollars and time, fastest first."""
    best, kept = float("inf"), []
    for one in sorted(scores, key=lambda s: (s.mean_s, s.mean_usd)):
        if one.mean_usd < best:
            best = one.mean_usd
            kept.append(one)
    return kept
