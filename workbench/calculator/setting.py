"""The settings that the calculator has a curve of, and one point of such a curve: model runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from workbench.designs import COMPARED, Design, fit_design
from workbench.runs.batch import Batch
from workbench.runs.records import COORDINATION
from workbench.targets.model.target import ModelTarget
from workbench.workload.durations import Durations, Uniform
from workbench.workload.fitting import fit_moments

ITEMS_MIN, ITEMS_MAX = 100, 10_000_000  # beyond, one run takes up to two seconds
MEANS_MS = (10, 100, 500, 1_000, 5_000)
KNOBS = ("default", "tuned")
DEVIATION = 1.3  # of a long tail, as a part of the mean
TAILS = {
    "none": "each length from nothing to twice the mean is as likely",
    "long": f"a lognormal whose deviation is {DEVIATION:g} times its mean, 40 times it at most",
}
SEEDS_MAX, SEEDS_ITEMS = 4, 800_000  # batches are as many as have so many items together

Column = tuple[str, str, bool]  # service, usage type, whether it is coordination
Usage = Mapping[Column, float]


@dataclass(frozen=True)
class Setting:
    """A design with a preset, working items of this mean length and tail."""

    design: str
    preset: str
    tail: str
    mean_ms: int

    @cached_property
    def made(self) -> Design:
        """The design, its lots lowered where items are long; BadKnob if none is small enough."""
        return fit_design(self.design, self.preset, self.item_ms.knobs).design

    @property
    def name(self) -> str:
        """The curve's."""
        return f"{self.design} {self.preset} {self.tail} {self.mean_ms}"

    @property
    def item_ms(self) -> Uniform | Durations:
        """How long items take."""
        if self.tail == "none":
            return Uniform(2 * self.mean_ms)
        return fit_moments(self.mean_ms, DEVIATION * self.mean_ms)


@dataclass(frozen=True)
class Point:
    """A number of items on the model: the means over its batches, and how late each was known."""

    items: int
    usage: Usage
    done_s: float
    lags_s: tuple[float, ...]
    late: bool  # whether something took longer than AWS allows


def settings(means_ms: Sequence[int] = MEANS_MS) -> list[Setting]:
    """Every setting, those of one design beside each other."""
    return [Setting(*one) for one in product(COMPARED, KNOBS, TAILS, means_ms)]


def play(target: ModelTarget, setting: Setting, items: int) -> Point:
    """One to four batches of so many items: the fewer items, the more hangs on their draw."""
    seeds = range(1, 1 + max(1, min(SEEDS_MAX, SEEDS_ITEMS // items)))
    usage: dict[Column, float] = defaultdict(float)
    done_s, lags_s, late = 0.0, [], False
    for seed in seeds:
        outcome = target.outcome(setting.made, Batch(items, seed, "calculator"))
        for service, usage_type, _, label, quantity in outcome.rows:
            usage[service, usage_type, label in COORDINATION] += float(quantity) / len(seeds)
        done_s += float(outcome.state["processed_s"]) / len(seeds)
        lags_s.append(float(outcome.state["detected_s"] - outcome.state["processed_s"]))
        late |= outcome.late > 0
    return Point(items, usage, done_s, tuple(lags_s), late)
