"""Which design is cheapest or soonest at which size: verdicts with intervals, zones, words.

Every design worked the same items under one seed, so runs are compared within a batch: the ratio of
two designs, its 95 % interval over the seeds, and never a verdict within `CLOSE`, which is how far
two replications of one run may lie apart. Between two sizes the logarithms are joined by straight
lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log, sqrt

import numpy as np
import pandas as pd

from analysis.measures import TARGETS
from analysis.needs import NothingToShow, promised
from analysis.words import count, listed
from workbench.designs import DESIGNS

CLOSE = 0.02
CLOSE_WORDS = " are too close to call"
NUMBERS = {3: "three", 4: "four"}  # more designs than these are named
NARROW = 1.5  # a zone up to this factor of sizes is not said apart
ROUNDING = 1e-12  # of a logarithm: no verdict stands on it
# Student's t at 97.5 %, by degrees of freedom (NIST handbook 1.3.6.7.2); beyond: the normal's.
T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
Z_975 = 1.96
WHERE = {"model": "modelled", "local": "on the local target", "aws": "measured on AWS"}


@dataclass(frozen=True)
class Zone:
    """A range of items with one verdict: the best design, or those too close to call."""

    start: float
    stop: float
    best: tuple[str, ...]


@dataclass(frozen=True)
class Verdicts:
    """Designs compared at single values of `by`, on one target.

    `values` has the means over the seeds by value and design; `log_ratios` and `margins` have the
    mean logarithm of a design over another and half its interval, by value, design, other design.
    """

    target: str
    by: str
    designs: tuple[str, ...]
    at: np.ndarray
    batches: np.ndarray
    values: np.ndarray
    log_ratios: np.ndarray
    margins: np.ndarray
    alone: bool  # whether no other design has runs

    def table(self) -> pd.DataFrame:
        """One row a value of `by`: the designs' means, first and second, their ratio, the best.

        `ratio` is second over first with `low` and `high`; `best` holds one design, or those that
        are too close to call.
        """
        frame = pd.DataFrame(self.values, columns=list(self.designs))
        frame.insert(0, self.by, self.at)
        order = np.argsort(self.log_ratios.mean(axis=2), axis=1, kind="stable")
        rows = np.arange(len(order))
        first, second = order[:, 0], order[:, 1]
        middle, half = self.log_ratios[rows, second, first], self.margins[rows, second, first]
        named = np.array(self.designs, dtype=object)
        found = {"first": named[first], "second": named[second], "batches": self.batches}
        found |= {"low": np.exp(middle - half), "ratio": np.exp(middle)}
        found |= {"high": np.exp(middle + half), "best": self._best(self.log_ratios - self.margins)}
        return frame.assign(**found, target=self.target)

    def zones(self) -> list[Zone]:
        """Ranges of items with one verdict."""
        sizes, lows = np.log(self.at.astype(float)), self.log_ratios - self.margins
        edges = sorted({*sizes, *_zeros(sizes, lows)})
        middles = [(start + stop) / 2 for start, stop in pairwise(edges)] or edges
        best = self._best(_between(middles, sizes, lows))
        joined: list[Zone] = []
        for (start, stop), own in zip(pairwise(np.exp([*edges, *edges[-1:]])), best, strict=False):
            same = joined and joined[-1].best == own
            begun = joined.pop().start if same else start
            joined.append(Zone(float(begun), float(stop), own))
        return joined

    def _best(self, lows: np.ndarray) -> list[tuple[str, ...]]:
        """By value, the designs that no other is surely better than."""
        beaten = (lows > ROUNDING).any(axis=2)
        return [
            tuple(name for name, lost in zip(self.designs, own, strict=True) if not lost)
            for own in beaten
        ]


def verdicts(runs: pd.DataFrame, column: str, by: str = "items") -> Verdicts:
    """The designs of these runs compared in `column` at each value of `by`.

    Of all that have batches in common, on the target that has most of them; the last run of each
    seed. Raises NothingToShow where no two designs worked the same batch.
    """
    wide, designs = _batches(runs, column, by)
    logs = np.log(wide[list(designs)].astype(float))
    groups = [logs[wide[by] == value].to_numpy() for value in sorted(wide[by].unique())]
    ratios = [own[:, :, None] - own[:, None, :] for own in groups]
    return Verdicts(
        target=wide["target"].iloc[0],
        by=by,
        designs=designs,
        at=np.sort(wide[by].unique()),
        batches=np.array([len(own) for own in groups]),
        values=np.array([np.exp(own.mean(axis=0)) for own in groups]),
        log_ratios=np.array([own.mean(axis=0) for own in ratios]),
        margins=np.array([_margin(own) for own in ratios]),
        alone=set(runs["design"]) == set(designs),
    )


def compared_by_size(runs: pd.DataFrame, column: str, *words: str) -> str:
    """Which design is better in a column at which size, or why nobody can tell; what they promise.

    `words` are the comparative and the superlative.
    """
    try:
        return f"{by_size_in_words(verdicts(runs, column), *words)} {promised(runs)}"
    except NothingToShow as reason:
        return f"Which design is {words[-1]} is not known: {reason}"


def found_by_size(runs: pd.DataFrame, column: str, *words: str) -> str:
    """That in one short line: who is clearly better and at which sizes."""
    try:
        found = verdicts(runs, column)
    except NothingToShow:
        return "One design alone, or none of the same batch: nothing to compare"
    word = words[0] if len(found.designs) == 2 else words[-1]
    ranges = found.zones()
    clear = [zone for zone in ranges if len(zone.best) == 1]
    if not clear:
        return f"No design is clearly {word} {span_of(found.at.min(), found.at.max())}"
    if len(ranges) == 1:
        return f"{clear[0].best[0]} is {word} at every size"
    said = [
        f"{zone.best[0]} {'' if number else f'is {word} '}{_where(zone, ranges)}"
        for number, zone in enumerate(clear)
    ]
    rest = "; elsewhere too close to call" if len(clear) < len(ranges) else ""
    return f"{listed(said)}{rest}"


def _where(zone: Zone, ranges: list[Zone]) -> str:
    """A zone among all: up to a size, from a size on, or between two."""
    if zone is ranges[0]:
        return f"up to {count(zone.stop)} items"
    if zone is ranges[-1]:
        return f"from {count(zone.start)} items on"
    return span_of(zone.start, zone.stop)


def by_size_in_words(found: Verdicts, better: str, best: str) -> str:
    """Who is better where: each range of sizes with its verdict, factor and second."""
    ranges, table = found.zones(), found.table()
    word = better if len(found.designs) == 2 else best
    single = "" if found.batches.min() > 1 else ", from one seed at some sizes"
    where = f" ({WHERE[found.target]}{single})"
    among = "" if found.alone else f"Of {listed(list(found.designs))}, "
    if len(ranges) > 1:
        return f"{among}{_zones_in_words(ranges, word, len(found.designs))}{where}."
    who, span = ranges[0].best, span_of(table["items"].min(), table["items"].max())
    if len(who) > 1:
        return f"{among}{listed(list(who))}{CLOSE_WORDS} to be {word} {span}{where}."
    least, most = np.round((table["ratio"].min(), table["ratio"].max()), 2)
    factor = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    second = listed(list(dict.fromkeys(table["second"])))
    against = f" against {second}" if len(found.designs) > 2 else ""
    return f"{among}{who[0]} is {word} {span}, by a factor of {factor}{against}{where}."


def span_of(first: float, last: float) -> str:
    """A range of sizes in words."""
    if count(first) == count(last):
        return f"at {count(first)} items"
    return f"from {count(first)} to {count(last)} items"


def _zones_in_words(ranges: list[Zone], word: str, of: int = 0) -> str:
    """One verdict `of` so many designs after the other, each with the sizes it holds for."""
    said, verb, doubted = [], f" is {word}", False
    for zone in _joined_in_doubt(ranges):
        # Each begins where the one before ends.
        span = f"up to {count(zone.stop)}" if said else span_of(zone.start, zone.stop)
        doubtful = len(zone.best) > 1
        if doubtful:
            every = f"all {NUMBERS[of]}" if of in NUMBERS and len(zone.best) == of else ""
            who = (every or listed(list(zone.best))) + ("" if doubted else CLOSE_WORDS)
        else:
            who, verb = f"{zone.best[0]}{verb}", ""  # said once
        said.append(f"{who} {span}")
        doubted = doubtful
    return ", ".join(said)


def _joined_in_doubt(ranges: list[Zone]) -> list[Zone]:
    """The zones, a narrow one without a verdict as a part of such a one beside it."""
    joined: list[Zone] = []
    for zone in ranges:
        last = joined[-1] if joined else zone
        widths = zone.stop / zone.start, last.stop / last.start
        if joined and min(widths) < NARROW and min(len(zone.best), len(last.best)) > 1:
            best = zone.best if widths[0] > widths[1] else last.best
            joined[-1] = Zone(last.start, zone.stop, best)
        else:
            joined.append(zone)
    return joined


def _batches(runs: pd.DataFrame, column: str, by: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The designs side by side, a row each batch; of as many designs as have one in common."""
    known = runs[runs[column].notna() & (runs[column] > 0)]
    key = list(dict.fromkeys(["target", "seed", "items", by]))
    wide = known.pivot_table(index=key, columns="design", values=column, aggfunc="last")
    there = [design for design in DESIGNS if design in wide]
    for number in range(len(there), 1, -1):
        for designs in combinations(there, number):
            whole = wide[list(designs)].dropna().reset_index()
            if len(whole):
                sizes = whole.groupby("target")[by].nunique()
                best = next(target for target in TARGETS if sizes.get(target) == sizes.max())
                return whole[whole["target"] == best], designs
    raise NothingToShow(
        f"no runs of two designs with the same items and seed have {column}. Run `make study`."
    )


def _margin(logs: np.ndarray) -> np.ndarray:
    """Half the interval of each mean over the batches, never narrower than `CLOSE`."""
    half = np.zeros(logs.shape[1:])
    if len(logs) > 1:
        t = T_975[len(logs) - 2] if len(logs) - 2 < len(T_975) else Z_975
        half = t * logs.std(axis=0, ddof=1) / sqrt(len(logs))
    return np.maximum(half, log(1 + CLOSE))


def _between(at: list[float], sizes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values by size, design and design at other sizes, on straight lines."""
    flat = values.reshape(len(sizes), -1).T
    shape = (len(at), *values.shape[1:])
    return np.array([np.interp(at, sizes, own) for own in flat]).T.reshape(shape)


def _zeros(sizes: np.ndarray, values: np.ndarray) -> Iterator[float]:
    """Where the lines through values by size cross zero."""
    for y in values.reshape(len(sizes), -1).T:
        for (x0, y0), (x1, y1) in pairwise(zip(sizes, y, strict=True)):
            if y0 * y1 < 0:
                yield float(x0 + (x1 - x0) * y0 / (y0 - y1))
