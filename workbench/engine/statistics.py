"""Repetitions instead of single numbers: means with bootstrap intervals.

An interval is the bootstrap's percentile interval of a mean (Efron and Tibshirani 1993, chapter
13). With fewer than about ten repetitions it is somewhat too narrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.engine.kernel import stream
from workbench.errors import BadInput

CONFIDENCE = 0.95
RESAMPLES = 2_000
Z_975 = 1.96  # the normal's 97.5th percentile
MANY = 1_000  # values from which on the bootstrap gives the normal's interval anyway


@dataclass(frozen=True)
class Interval:
    """A mean with its interval, and from how many repetitions."""

    low: float
    middle: float
    high: float
    count: int

    def text(self, form: str = ",.4g") -> str:
        """The mean with its interval as text."""
        low, middle, high = (format(v, form) for v in (self.low, self.middle, self.high))
        return f"{middle} ({low} to {high})"


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean of repetitions with its bootstrap interval; one value has no width."""
    known = np.asarray(values, dtype=float)
    if not len(known) or not np.isfinite(known).all():
        raise BadInput(f"{list(values)} cannot have an interval: finite numbers are needed.")
    mean = float(known.mean())
    if len(known) >= MANY:
        half = Z_975 * float(known.std(ddof=1)) / len(known) ** 0.5
        return Interval(mean - half, mean, mean + half, len(known))
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(_resampled(known, seed), [tail, 100 - tail])
    return Interval(float(low), mean, float(high), len(known))


def by_group(frame: pd.DataFrame, keys: list[str], column: str) -> pd.DataFrame:
    """One row a group: low, middle and high of a column, and how many repetitions."""
    rows = []
    for key, own in frame[frame[column].notna()].groupby(keys, sort=True):
        found = interval(own[column].to_numpy())
        rows.append((*key, found.low, found.middle, found.high, found.count))
    return pd.DataFrame(rows, columns=[*keys, "low", "middle", "high", "repetitions"])


def cold_and_warm(invocations: pd.DataFrame, column: str = "duration_ms") -> pd.DataFrame:
    """Invocations apart by cold and warm (`cold` is a flag): intervals by design and kind."""
    kinds = invocations["cold"].map({True: "cold", False: "warm"})
    return by_group(invocations.assign(kind=kinds), ["design", "kind"], column)


def _resampled(values: np.ndarray, seed: int) -> np.ndarray:
    """Means of resamples, drawn from a stream of their own: the same values, the same interval."""
    size = len(values)
    drawn = stream(seed, f"bootstrap/{size}").choices(range(size), k=RESAMPLES * size)
    return values[np.array(drawn).reshape(RESAMPLES, size)].mean(axis=1)
