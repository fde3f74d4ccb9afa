"""Which design is cheaper or faster at which size: verdicts with intervals, zones, crossings.

Both designs worked the same items under one seed, so runs are compared in pairs: the ratio of sqs
to sfn, its 95 % interval over the seeds, and never a verdict within `CLOSE`, which is how far two
tellings of one run may lie apart. Between two sizes the logarithms are joined by straight lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pandas as pd

from analysis.measures import TARGETS
from analysis.needs import NothingToShow

CLOSE = 0.02
CLOSE_CALL = "close"
# Student's t at 97.5 %, by degrees of freedom (NIST handbook 1.3.6.7.2); beyond: the normal's.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
Z_975 = 1.96


@dataclass(frozen=True)
class Zone:
    """A range of items with one verdict: sqs, sfn, or close."""

    start: float
    stop: float
    winner: str


def verdicts(runs: pd.DataFrame, column: str, by: str = "items") -> pd.DataFrame:
    """One row a value of `by`: ratio sqs/sfn of `column` with its interval, pairs and winner.

    All are of one target, which is named.
    """
    paired = _pairs(runs, column, by)
    rows = []
    for value, own in paired.groupby(by, sort=True):
        logs = np.log((own["sqs"] / own["sfn"]).to_numpy(dtype=float))
        ratio, low, high = _interval(logs)
        rows.append((value, low, ratio, high, len(logs), winner(low, high)))
    found = pd.DataFrame(rows, columns=[by, "low", "ratio", "high", "pairs", "winner"])
    return found.assign(target=paired["target"].iloc[0])


def winner(low: float, high: float) -> str:
    """The verdict on an interval of the ratio sqs/sfn."""
    if high < 1:
        return "sqs"
    return "sfn" if low > 1 else CLOSE_CALL


def zones(found: pd.DataFrame) -> list[Zone]:
    """Ranges of items with one verdict, from the verdicts at single sizes."""
    sizes = np.log(found["items"].to_numpy(dtype=float))
    low, high = (np.log(found[name].to_numpy(dtype=float)) for name in ("low", "high"))
    edges = sorted({*sizes, *_zeros(sizes, low), *_zeros(sizes, high)})
    cut = []
    for start, stop in pairwise(edges):
        middle = (start + stop) / 2
        at = [float(np.interp(middle, sizes, values)) for values in (low, high)]
        cut.append(Zone(exp(start), exp(stop), winner(exp(at[0]), exp(at[1]))))
    if not cut:
        one = found.iloc[0]
        return [Zone(one["items"], one["items"], winner(one["low"], one["high"]))]
    return _merged(cut)


def crossings(found: pd.DataFrame) -> list[float]:
    """The numbers of items at which both designs are level, by the ratio alone."""
    sizes = np.log(found["items"].to_numpy(dtype=float))
    return [exp(x) for x in _zeros(sizes, np.log(found["ratio"].to_numpy(dtype=float)))]


def _pairs(runs: pd.DataFrame, column: str, by: str) -> pd.DataFrame:
    """sqs and sfn side by side, of the target that has most sizes; the last run of each seed."""
    known = runs[runs[column].notna() & (runs[column] > 0)]
    key = ["target", "seed", "items"] if by == "items" else ["target", "seed", "items", by]
    wide = known.pivot_table(index=key, columns="design", values=column, aggfunc="last")
    wide = wide.dropna() if {"sqs", "sfn"} <= set(wide.columns) else wide.iloc[:0]
    if wide.empty:
        raise NothingToShow(
            f"no pair of runs, sqs and sfn of the same items and seed, has {column}. "
            "Run `make study`."
        )
    wide = wide.reset_index()
    sizes = wide.groupby("target")[by].nunique()
    best = [target for target in TARGETS if sizes.get(target) == sizes.max()]
    return wide[wide["target"] == best[0]]


def _interval(logs: np.ndarray) -> tuple[float, float, float]:
    """Mean ratio and its interval, never narrower than `CLOSE` to either side."""
    mean = float(logs.mean())
    half = 0.0
    if len(logs) > 1:
        t = T_975[len(logs) - 2] if len(logs) - 2 < len(T_975) else Z_975
        half = t * float(logs.std(ddof=1)) / sqrt(len(logs))
    half = max(half, log(1 + CLOSE))
    return exp(mean), exp(mean - half), exp(mean + half)


def _zeros(x: np.ndarray, y: np.ndarray) -> Iterator[float]:
    """Where a line through these points crosses zero."""
    for (x0, y0), (x1, y1) in pairwise(zip(x, y, strict=True)):
        if y0 * y1 < 0:
            yield float(x0 + (x1 - x0) * y0 / (y0 - y1))


def _merged(cut: list[Zone]) -> list[Zone]:
    """Neighbours of one verdict joined."""
    joined = [cut[0]]
    for zone in cut[1:]:
        last = joined[-1]
        if zone.winner == last.winner:
            joined[-1] = Zone(last.start, zone.stop, zone.winner)
        else:
            joined.append(zone)
    return joined
