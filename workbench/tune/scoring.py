"""What a candidate costs and takes on the model, over seeds that all candidates share."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from workbench.designs import Design
from workbench.engine.statistics import Interval, interval
from workbench.platform.profile import Profile, load_profile
from workbench.prices import PriceBook, load_book
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import modelled

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
    book, profile = _constants(region)
    runs = [modelled(design, Batch(items, seed, "candidate"), book, profile) for seed in seeds]
    return Score(
        design,
        items,
        usd=tuple(float(one.usd) for one in runs),
        knowing_usd=tuple(float(one.knowing_usd) for one in runs),
        detected_s=tuple(one.detected_s for one in runs),
        binding_limit=runs[0].outcome.binding_limit,
        completes=not any(one.outcome.late for one in runs),
    )


def score_many(
    designs: list[Design], items: int, seeds: tuple[int, ...], region: str
) -> list[Score]:
    """Many candidates; what a process is handed at once."""
    return [score(design, items, seeds, region) for design in designs]


@cache  # reading them takes longer than most candidates
def _constants(region: str) -> tuple[PriceBook, Profile]:
    return load_book(region), load_profile()


def front(scores: list[Score]) -> list[Score]:
    """Those that no other beats in both dollars and time, fastest first."""
    best, kept = float("inf"), []
    for one in sorted(scores, key=lambda s: (s.mean_s, s.mean_usd)):
        if one.mean_usd < best:
            best = one.mean_usd
            kept.append(one)
    return kept
