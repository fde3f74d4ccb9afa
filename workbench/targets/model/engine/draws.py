"""Everything that is drawn: the items' values, and latencies from tables of their spread.

Every draw is a counter through a 64-bit mixer, so a draw depends on its own number alone and never
on the order of events. A latency is one cell of a table of 1,024 equally likely ones (each cell is
the mean over its slice of the log-normal, so that the mean is exact); one hash serves six draws.
"""

from functools import lru_cache
from math import erf, exp, inf, log, sqrt
from statistics import NormalDist
from typing import Annotated, NamedTuple

import numpy as np

from workbench.platform.profile import Profile, Spread
from workbench.runs.batch import GOLDEN
from workbench.runs.batch import mix64 as mixed_array
from workbench.targets.model.engine.events import compiled
from workbench.workload.durations import POINTS_MAX, SLOPE_BITS, Durations, Uniform

CELLS = 1024
PER_HASH = 6  # ten bits each
GUIDE_BITS = 8
GUIDES = 1 << GUIDE_BITS
_G = np.uint64(GOLDEN)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)
_MASK = np.uint64(CELLS - 1)
_LOW = np.uint64(0xFFFFFFFF)
_MILLION = np.uint64(1_000_000)
_ONE = np.uint64(1)
_GUIDE_SHIFT, _SLOPE_BITS = np.uint64(32 - GUIDE_BITS), np.uint64(SLOPE_BITS)
_HALF = np.uint64(1 << SLOPE_BITS - 1)
_S27, _S30, _S31, _S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)

LATENCIES = (  # rows of the table, by the profile's names
    "esm_dispatch",
    "lambda_init",
    "lambda_invoke",
    "lambda_async",
    "ddb_single",
    "ddb_batch_write",
    "ddb_batch_get",
    "ddb_transact",
    "sqs_send",
    "sqs_send_batch",
    "sqs_change_visibility",
    "s3_put",
    "s3_get",
    "s3_list",
    "sns_publish",
    "cloudwatch_put",
    "sfn_state_gap",
    "sfn_start",
    "sfn_child_overhead",
    "sfn_pass_gap",
    "lambda_placing",
    "durable_checkpoint",
    "durable_invoke",
)
DISPATCH, INIT, INVOKE, ASYNC, SINGLE, BATCH_WRITE, BATCH_GET, TRANSACT, SEND, SEND_BATCH = range(
    10
)
VISIBILITY, S3_PUT, S3_GET, S3_LIST, SNS, METRIC, STATE_GAP, SFN_START, CHILD = range(10, 19)
PASS_GAP, PLACING, CHECKPOINT, CHAINED = range(19, 23)


class Values(NamedTuple):
    """What the values of a batch's items are drawn from: up to a span, or between points."""

    key: np.uint64
    span: np.uint64  # 0: between points
    poison: np.uint64  # items in a million that fail in every try
    fails: np.uint64  # tries in a million that fail, of the others
    fixed_ms: float  # every item takes as long; negative: drawn
    points: Annotated[np.ndarray, np.uint64, (3, POINTS_MAX + 1)]  # starts, ms, slopes
    guide: Annotated[np.ndarray, np.int64, (GUIDES,)]  # the point that a draw's first bits lie in


def values_from(seed: int, item_ms: Uniform | Durations, poison: int = 0, fails: int = 0) -> Values:
    """What the items of a batch are drawn from by its seed."""
    points = np.full((3, POINTS_MAX + 1), 2**32, np.uint64)
    guide, span = np.zeros(GUIDES, np.int64), 0
    if isinstance(item_ms, Uniform):
        span = item_ms.longest_ms + 1
    else:
        points[:, : len(item_ms.points)] = np.array(item_ms.table, np.uint64)
        firsts = np.arange(GUIDES, dtype=np.uint64) << np.uint64(32 - GUIDE_BITS)
        guide = np.searchsorted(points[0], firsts, side="right") - 1
    chances = np.uint64(poison), np.uint64(fails)
    return Values(stream_key(seed), np.uint64(span), *chances, -1.0, points, guide)


def latency_table(profile: Profile) -> np.ndarray:
    """The latencies of a profile, in seconds: one row of equally likely cells a name."""
    return _table(tuple(profile.spread(name) for name in LATENCIES)).copy()


@lru_cache(maxsize=64)  # making one takes longer than most runs
def _table(spreads: tuple[Spread, ...]) -> np.ndarray:
    edges = [-inf, *(NormalDist().inv_cdf(i / CELLS) for i in range(1, CELLS)), inf]
    table = np.empty((len(spreads), CELLS))
    for row, spread in enumerate(spreads):
        sigma = spread.sigma
        below = [0.5 * (1 + erf((edge - sigma) / sqrt(2))) for edge in edges]
        mean_s = exp(log(spread.p50) + sigma * sigma / 2) / 1000
        table[row] = mean_s * CELLS * np.diff(below)
    return table


@compiled
def mix64(z: np.uint64) -> np.uint64:
    """The finalizer of SplitMix64."""
    z = (z ^ (z >> _S30)) * _A
    z = (z ^ (z >> _S27)) * _B
    return z ^ (z >> _S31)


@compiled
def hashed(key: np.uint64, number: int) -> np.uint64:
    """The draw called `number` of a stream."""
    return mix64(key + np.uint64(number + 1) * _G)


@compiled
def latency(s: np.void, row: int, draw: np.uint64, place: int) -> float:
    """A latency of the state's table in seconds, by one of the six places of a draw."""
    return s.latency[row, (draw >> np.uint64(10 * place)) & _MASK]


@compiled
def latencies(s: np.void, row: int, key: np.uint64, first: int, count: int) -> float:
    """The sum of `count` latencies in seconds, from the draws that start at number `first`."""
    if count == 1:  # the usual case
        return s.latency[row, hashed(key, first) & _MASK]
    total = 0.0
    cells = s.latency[row]
    draw = np.uint64(0)
    for i in range(count):
        if i % PER_HASH == 0:
            draw = hashed(key, first + i // PER_HASH)
        total += cells[(draw >> np.uint64(10 * (i % PER_HASH))) & _MASK]
    return total


@compiled
def sum_values(key: np.uint64, start: int, stop: int, span: np.uint64) -> int:
    """The milliseconds of items start..stop-1 in all, where none is poisoned."""
    if stop - start == 1:  # the loop below is made for many
        return np.int64(((hashed(key, start) >> _S32) * span) >> _S32)
    total = np.uint64(0)
    for i in range(start, stop):
        z = key + np.uint64(i + 1) * _G
        z = (z ^ (z >> _S30)) * _A
        z = (z ^ (z >> _S27)) * _B
        z = z ^ (z >> _S31)
        total += ((z >> _S32) * span) >> _S32
    return np.int64(total)


@compiled
def _between_points(values: Values, bits: np.uint64) -> int:
    """The milliseconds of an item by its 32 bits: linear from one point to the next."""
    starts = values.points[0]
    at = values.guide[bits >> _GUIDE_SHIFT]
    while starts[at + 1] <= bits:
        at += 1
    more = ((bits - starts[at]) * values.points[2, at] + _HALF) >> _SLOPE_BITS
    return np.int64(values.points[1, at] + more)


@compiled
def sum_between_points(values: Values, start: int, stop: int) -> int:
    """The milliseconds of items start..stop-1 in all, drawn between points, where none fails."""
    total = 0
    for item in range(start, stop):
        total += _between_points(values, hashed(values.key, item) >> _S32)
    return total


@compiled
def _drawn(z: np.uint64, per_million: np.uint64) -> bool:
    """Whether a draw is among so many of a million."""
    return ((z & _LOW) * _MILLION) >> _S32 < per_million


@compiled
def item_value(values: Values, item: int) -> int:
    """The milliseconds of one item, -1 where it is poisoned."""
    z = hashed(values.key, item)
    if _drawn(z, values.poison):
        return -1
    if values.span == 0:
        return _between_points(values, z >> _S32)
    return np.int64(((z >> _S32) * values.span) >> _S32)


@compiled
def fails(values: Values, item: int, tries: int) -> bool:
    """Whether this try of an item fails, all before it having failed."""
    if item_value(values, item) < 0:
        return True
    return values.fails > 0 and _drawn(
        mix64(hashed(values.key, item) + np.uint64(tries) * _G), values.fails
    )


@compiled
def _tried(values: Values, item: int, tries: int) -> bool:
    """Whether an item comes to this try: each before it has failed."""
    before = 1
    while before < tries and fails(values, item, before):
        before += 1
    return before == tries


@compiled
def tried_ms(
    values: Values, start: int, stop: int, tries: int, at_once: int = 1
) -> tuple[int, int]:
    """Milliseconds in which those of items start..stop-1 that come to this try sleep, so many at
    a time, and how many fail in it. Apart from the usual way, which is to be inlined.
    """
    slept = longest = bad = 0
    for item in range(start, stop):
        if tries == 1 or _tried(values, item, tries):
            ms = max(0, item_value(values, item))
            slept += ms
            longest = max(longest, ms)
            bad += fails(values, item, tries)
    return slept if at_once == 1 else max(longest, slept // at_once), bad


@compiled
def sleep_ms(values: Values, start: int, stop: int) -> tuple[float, int]:
    """Milliseconds slept in the first try of items start..stop-1, and how many fail in it."""
    if values.fixed_ms >= 0.0:
        return (stop - start) * values.fixed_ms, 0
    if values.poison == 0 and values.fails == 0:
        if values.span:
            return float(sum_values(values.key, start, stop, values.span)), 0
        return float(sum_between_points(values, start, stop)), 0
    slept, bad = tried_ms(values, start, stop, 1)
    return float(slept), bad


def stream_key(seed: int) -> np.uint64:
    """The key of the stream that a 64-bit seed starts, as `workbench.runs.batch` mixes it."""
    return mixed_array(np.array([seed], np.uint64))[0]
