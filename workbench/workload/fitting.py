"""Durations as a table of at most 65 points: of samples, or of a lognormal that figures describe.

The samples stand for a line: the i-th shortest of n at the share (i - 1/2) / n, straight between,
flat at both ends (Hazen's plotting positions). It has the samples' very mean, least and most. Knots
are chosen on it where the table is farthest off, in percent of the time there or as a part of the
mean; then each is moved, up or down by what is off around it, and aside until the mean is right.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from workbench.errors import BadInput
from workbench.workload.durations import ALL, MS_MAX, POINTS_MAX, Durations

Numbers = NDArray[np.float64]

KEPT = (0.0, 0.5, 0.9, 0.99, 0.999, 1.0)  # shares at which the table begins
OFF_MAX = 0.01  # of a time, up to the share of EXACT_TO
OFF_MS = 1.25  # no error at all: times are whole milliseconds
EXACT_TO = 0.9999
MEAN_OFF_MAX = 0.0005  # of the mean, in one stretch between knots, before shares are moved
MOVED_MAX = 0.45  # of the way to the next knot

STEPS = 200_000  # samples that stand for a lognormal
CUT_SIGMAS = 4.265  # standard deviations: the 99.999th percentile
MEAN_SIGMAS = 2.75  # as many more than sigma leave 99.7 % of a lognormal's mean
CUT_OFF_MAX = 0.004  # of the mean


@dataclass(frozen=True)
class Line:
    """A quantile function: ascending shares from 0 to 1, ms, and the area up to each."""

    shares: Numbers
    times_ms: Numbers
    areas: Numbers

    @classmethod
    def of(cls, samples: Numbers) -> "Line":
        """The line that samples stand for, in whole milliseconds: two vertices a value."""
        counts = np.bincount(_whole(samples))
        values = np.flatnonzero(counts)
        counts = counts[values]
        last, rows = np.cumsum(counts), len(samples)
        # A value's rows from the first to the last, as their middles; one row has one middle.
        shares = np.column_stack([last - counts + 0.5, last - 0.5]).ravel() / rows
        times = np.repeat(values.astype(float), 2)
        shares = np.concatenate([[0.0], shares, [1.0]])
        times = np.concatenate([times[:1], times, times[-1:]])
        at = np.unique(np.concatenate([shares, KEPT]))
        shares, times = at, np.interp(at, shares, times)
        steps = np.diff(shares) * (times[1:] + times[:-1]) / 2
        return cls(shares, times, np.concatenate([[0.0], np.cumsum(steps)]))


def fit_samples(samples: Numbers) -> Durations:
    """The table of samples in ms, each from 0 to 600,000.

    Their mean within 0.2 %, the least and the most exactly, every percentile up to 99.9 within 2 %
    or 2 ms of what rows beside each other leave open; of some hundred rows that 65 points cannot
    follow, low ones may be farther off. Parts of a millisecond become the whole one before or
    after, in such turns that the mean stays.
    """
    samples = np.asarray(samples, dtype=np.float64)
    line = Line.of(samples)
    knots = _chosen(line)
    pinned = np.isin(knots, _begun(line))
    times = np.rint(_weighed(line, knots, pinned))
    shares = _moved(line.shares[knots], times, float(samples.mean()), pinned)
    parts = np.rint(shares * ALL).astype(np.int64)
    kept = np.concatenate([np.diff(parts) > 0, [True]])  # of two at one share the later
    kept[0] = True
    points = zip(parts[kept].tolist(), times[kept].astype(int).tolist(), strict=True)
    return Durations(tuple(points))


def fit_percentiles(p50_ms: float, p99_ms: float) -> Durations:
    """The table of the lognormal with this median and 99th percentile, cut by `fit_lognormal`."""
    if not 0 < p50_ms < p99_ms:
        raise BadInput(f"p99_ms={p99_ms:g} must be more than p50_ms={p50_ms:g}")
    mu, sigma = np.log(p50_ms), np.log(p99_ms / p50_ms) / ndtri(0.99)
    return fit_lognormal(float(mu), float(sigma))


def fit_moments(mean_ms: float, sd_ms: float) -> Durations:
    """The table of the lognormal with this mean and deviation, cut by `fit_lognormal`."""
    sigma = np.sqrt(np.log1p((sd_ms / mean_ms) ** 2))
    return fit_lognormal(float(np.log(mean_ms) - sigma**2 / 2), float(sigma))


def fit_lognormal(mu: float, sigma: float) -> Durations:
    """The table of a lognormal whose logarithm, of ms, has this mean and standard deviation.

    It ends at the 99.999th percentile, or farther out where more than 0.3 % of the mean would lie
    beyond; it ends at 600,000 ms where no more than 0.4 % does, and is refused where more would.
    So the mean is at most 0.5 % too low, and 0.04 % where p99 is eight times the median.
    """
    cut = max(CUT_SIGMAS, sigma + MEAN_SIGMAS)
    cut = min(cut, (np.log(MS_MAX) - mu) / sigma) if sigma > 0 else cut
    if ndtr(sigma - cut) > CUT_OFF_MAX:
        raise BadInput(
            f"a lognormal of these has more than {CUT_OFF_MAX:.1%} of its time in items of over "
            f"{MS_MAX:,} ms, the longest there is. Lower them, or give `quantiles`"
        )
    shares = (np.arange(STEPS) + 0.5) / STEPS * ndtr(cut)
    return fit_samples(np.exp(mu + sigma * ndtri(shares)))


def _whole(samples: Numbers) -> NDArray[np.int64]:
    """Times in whole ms, each the one before or after it, with the sum that they had."""
    whole = np.diff(np.rint(np.cumsum(samples)), prepend=0.0)
    return np.clip(whole, np.floor(samples.min()), np.ceil(samples.max())).astype(np.int64)


def _begun(line: Line) -> list[int]:
    """The vertices at the shares where the table begins; these knots stay as they are."""
    return sorted(set(np.searchsorted(line.shares, KEPT).tolist()))


def _chosen(line: Line) -> NDArray[np.intp]:
    """The vertices that become knots: where stretches are off most, until none is, or no room."""
    ends = dict(pairwise(_begun(line)))
    stretches = {start: _off(line, start, end) for start, end in ends.items()}
    while len(ends) < POINTS_MAX - 1:
        start = max(stretches, key=lambda one: stretches[one][0])
        off, middle = stretches[start]
        if off <= 1:
            break
        end = ends[start]
        ends[start], ends[middle] = middle, end
        stretches[start], stretches[middle] = _off(line, start, middle), _off(line, middle, end)
    return np.array([*sorted(ends), len(line.shares) - 1])


def _off(line: Line, start: int, end: int) -> tuple[float, int]:
    """How far the straight between two vertices is off, 1 being allowed, and where to break it."""
    if end - start < 2:
        return 0.0, start
    inside = slice(start + 1, end)
    shares, times = line.shares[inside], line.times_ms[inside]
    (left, right), (low, high) = line.shares[[start, end]], line.times_ms[[start, end]]
    gaps = np.abs(low + (high - low) * (shares - left) / (right - left) - times)
    parts = np.where(shares <= EXACT_TO, gaps / np.maximum(times * OFF_MAX, OFF_MS), 0.0)
    area = (right - left) * (low + high) / 2 - (line.areas[end] - line.areas[start])
    of_time = float(parts.max())
    of_mean = abs(float(area)) / max(float(line.areas[-1]) * MEAN_OFF_MAX, 1e-300)
    worst = parts if of_time >= of_mean else gaps
    return max(of_time, of_mean), start + 1 + int(worst.argmax())


def _weighed(line: Line, knots: NDArray[np.intp], pinned: NDArray[np.bool_]) -> Numbers:
    """The times of knots, each moved by how far the table is off around it."""
    times = line.times_ms[knots]
    off, room = np.zeros(len(knots)), np.zeros(len(knots))
    for number, (start, end) in enumerate(pairwise(knots.tolist())):
        width = line.shares[end] - line.shares[start]
        t = (line.shares[start : end + 1] - line.shares[start]) / width
        gap = (
            times[number] + (times[number + 1] - times[number]) * t - line.times_ms[start : end + 1]
        )
        later = _integral(gap, t, t) * width
        off[number : number + 2] += _integral(gap, 1 - t, t) * width, later
        room[number : number + 2] += width / 2
    for at in np.flatnonzero(pinned):  # what a pinned knot may not take up, those beside it do
        off[max(at - 1, 0)] += off[at] / 2
        off[min(at + 1, len(off) - 1)] += off[at] / 2
    times = np.where(pinned, times, times - off / room)
    return np.maximum.accumulate(np.clip(times, times[0], times[-1]))


def _integral(one: Numbers, other: Numbers, at: Numbers) -> float:
    """The integral of a product of two functions that are straight between places."""
    ends = one[:-1] * other[:-1] + one[1:] * other[1:]
    mixed = one[:-1] * other[1:] + one[1:] * other[:-1]
    return float(np.sum(np.diff(at) * (ends / 3 + mixed / 6)))


def _moved(shares: Numbers, times: Numbers, mean_ms: float, pinned: NDArray[np.bool_]) -> Numbers:
    """The shares of knots, moved so that the table has the mean: each by a part of its room."""
    area = float(np.sum(np.diff(shares) * (times[1:] + times[:-1])) / 2)
    room = np.minimum(np.diff(shares)[:-1], np.diff(shares)[1:])
    gains = (times[2:] - times[:-2]) / 2 * room  # what moving by all of its room takes off
    gains[pinned[1:-1]] = 0
    total = float(np.sum(gains**2))
    parts = (area - mean_ms) * gains / total if total else gains
    moved = np.clip(parts, -MOVED_MAX, MOVED_MAX) * room
    return np.concatenate([shares[:1], shares[1:-1] + moved, shares[-1:]])
