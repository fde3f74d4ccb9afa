"""The search: all candidates on a small batch, the best of them and their neighbours on one of up
to a million items, and the best of these at full size.

Beside these the same with knobs that only buy time, such as pollers of its own.

The choice is confirmed on `local`: the handlers, at a size that fits, beside the model's forecast.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bill.terms import LIST_PRICES, Terms
from workbench.designs import Design
from workbench.engine.parallel import in_order
from workbench.errors import BadInput, Incomplete
from workbench.runs.predictions import check_predictions
from workbench.runs.records import Run, read_run
from workbench.runs.runner import RunRequest
from workbench.sweep.foldered import run_jobs
from workbench.sweep.jobs import plan_jobs
from workbench.sweep.study import Study
from workbench.tuning.goal import (
    SEEDS,
    Goal,
    Score,
    candidates,
    floor_usd,
    front,
    hurry,
    neighbours,
    score_many,
)
from workbench.tuning.work import work_of
from workbench.workload.workload import Workload

Known = dict[tuple[Design, int, tuple[int, ...]], Score]  # by candidate, items, seeds

SCREEN_ITEMS = 10_000  # the largest batch on which all candidates are tried
NEAR_ITEMS = 1_000_000  # the largest batch on which their neighbours are
BEGUN = 10  # of the candidates, by dollars, and as many by time, and the front
FINALISTS = 5  # in the same way, on three seeds
FEW = 2  # of larger batches, whose seeds hardly differ
CHUNK = 50
WORKERS = 32  # of a cluster, for which tasks are made small enough; it may have more or fewer
ALONE = 300_000_000  # items of all candidates: fewer are done before a second process has started
LOCAL_ITEMS_MAX = 20_000  # of a confirmation: local takes about a millisecond an item and more
INVOCATIONS = 20  # as many at least, so that the last one does not count for all


@dataclass(frozen=True)
class Tuned:
    """What was found: `cheapest` within the time, `fastest` within the budget, and the front."""

    goal: Goal
    tried: int
    finalists: list[Score]
    cheapest: Score
    fastest: Score
    front: list[Score]
    floor_per_million_usd: float

    @property
    def ratio(self) -> float | None:
        """The cheapest's dollars over the floor's; None where the work alone is free."""
        if not self.floor_per_million_usd:
            return None
        return self.cheapest.per_million_usd.middle / self.floor_per_million_usd

    @property
    def line(self) -> str:
        """The figure of the tuning on one line, in dollars per million items."""
        tuned = self.cheapest.per_million_usd.middle
        ratio = "none, the work is free" if self.ratio is None else f"{self.ratio:.4f}"
        return f"floor ${self.floor_per_million_usd:.4f} tuned ${tuned:.4f} ratio {ratio}"


def tune(
    goal: Goal, processes: int | None = None, cluster: str = "", known: Known | None = None
) -> Tuned:
    """Search a design's knobs on the model. BadInput if no knobs reach the goal.

    With `known` it is one of many of which only both ends count, not the front between: its
    candidates are coarse, and what was scored for another size of the same goal, on terms without
    a free tier, is scored no more.
    """
    if not goal.item_ms.mean_ms + goal.cpu_ms:
        raise BadInput("value_max=0: items of no work have no floor. Give them 1 ms or more.")
    at = _Scores(goal, processes, cluster, {} if known is None else known)
    begun = candidates(goal, coarse=known is not None)
    best = _best(at(begun, SCREEN_ITEMS), BEGUN)
    near = at([*best, *hurry(goal, best)], NEAR_ITEMS)
    for order in ORDERS:
        near += _nearer(at, min(_whole(near), key=order), order)
    finalists = _finalists(at, near)
    whole = [one for one in finalists if one.completes]
    if not whole:
        raise BadInput(
            f"no knobs of {goal.design} bring {goal.items:,} items to their end: "
            f"{finalists[0].binding_limit}. Take fewer items, or fix fewer knobs."
        )
    book, million = goal.terms.book(), 1e6 / goal.items
    work = (goal.items, goal.item_ms.mean_ms, book, goal.terms.month, goal.cpu_ms)
    floor = million * floor_usd(*work)
    cheapest, fastest = _cheapest(goal, whole), _fastest(goal, whole)
    return Tuned(goal, len(at.tried), whole, cheapest, fastest, front(whole), floor)


def tuned_design(
    design: str,
    items: int,
    work: Workload,
    within_s: float = 3_600,
    terms: Terms = LIST_PRICES,
    item_concurrency: int = 1,
) -> Design:
    """A design's cheapest knobs for a workload, known within that time; in this process."""
    told, fixed = work_of(work.knobs())
    goal = Goal(
        design,
        items,
        **told,
        within_s=within_s,
        item_concurrency=item_concurrency,
        terms=terms,
        fixed=fixed,
        memory_least_mb=work.memory_mb,
    )
    return tune(goal, processes=1).cheapest.design


@dataclass(frozen=True)
class _Scores:
    """Scores candidates of a goal, on a batch of no more than so many items, each only once."""

    goal: Goal
    processes: int | None
    cluster: str
    known: Known
    tried: set[Design] = field(default_factory=set)

    def __call__(
        self, designs: Iterable[Design], items_max: int, seeds: tuple[int, ...] = SEEDS[:1]
    ) -> list[Score]:
        """In the order in which they came; a smaller batch has less that is free."""
        items = min(self.goal.items, items_max)
        keys = {(one, items, seeds): None for one in designs}
        new = [key[0] for key in keys if key not in self.known]
        found = zip(new, self._scored(new, items, seeds), strict=True)
        self.known.update({(design, items, seeds): score for design, score in found})
        self.tried.update(key[0] for key in keys)
        return [self.known[key] for key in keys]

    def _scored(self, designs: list[Design], items: int, seeds: tuple[int, ...]) -> list[Score]:
        terms = self.goal.terms.of_part(items / self.goal.items)
        processes, cluster = self.processes, self.cluster
        if not cluster and (len(designs) * items < ALONE or processes == 1):
            return score_many(designs, items, seeds, terms)
        workers = processes or (WORKERS if cluster else os.cpu_count()) or 1
        size = max(1, min(CHUNK, -(-len(designs) // (2 * workers))))  # there may be none
        parts = [designs[n : n + size] for n in range(0, len(designs), size)]
        tasks = [(part, items, seeds, terms) for part in parts]
        return [one for done in in_order(score_many, tasks, processes, cluster) for one in done]


def _by_usd(one: Score) -> tuple[float, float]:
    return one.mean_usd, one.mean_s


def _by_time(one: Score) -> tuple[float, float]:
    return one.mean_s, one.mean_usd


ORDERS = (_by_usd, _by_time)


def _whole(scores: list[Score]) -> list[Score]:
    """Those that AWS would not cut short, if there are any."""
    return [one for one in scores if one.completes] or scores


def _best(scores: list[Score], number: int) -> list[Design]:
    """So many by each order, and the front."""
    whole = _whole(scores)
    first = [one for order in ORDERS for one in sorted(whole, key=order)[:number]]
    return list(dict.fromkeys(one.design for one in (*first, *front(whole))))


def _nearer(at: _Scores, best: Score, order: Callable[[Score], Any]) -> list[Score]:
    """One knob after the other turned for the better, the lot together with another where none
    alone is, until that is none either: what is best on a small batch need not be on a large one.
    """
    found: list[Score] = []
    pairs = False
    while True:
        around = at(neighbours(at.goal, best.design, pairs), NEAR_ITEMS)
        found += around
        better = min(_whole([best, *around]), key=order)
        if order(better) < order(best):
            best, pairs = better, False
        elif pairs:
            return found
        else:
            pairs = True


def _finalists(at: _Scores, near: list[Score]) -> list[Score]:
    """The best of those at full size; of a large batch the few quickest, then the few cheapest that
    are in time, where any is.
    """
    if at.goal.items <= NEAR_ITEMS:
        return at(_best(near, FINALISTS), NEAR_ITEMS, SEEDS[:3])
    found: list[Score] = []
    within_s = float("inf")
    for order in reversed(ORDERS):
        left = FEW
        for one in dict.fromkeys(one.design for one in sorted(_whole(near), key=order)):
            found += at([one], at.goal.items)
            left -= found[-1].completes and found[-1].mean_s <= within_s
            if not left:
                break
        if any(one.completes and one.mean_s <= at.goal.within_s for one in found):
            within_s = at.goal.within_s
    return found


def _cheapest(goal: Goal, whole: list[Score]) -> Score:
    """The cheapest within the time."""
    in_time = [one for one in whole if one.mean_s <= goal.within_s]
    if not in_time:
        soonest_s = min(one.mean_s for one in whole)
        raise BadInput(
            f"no knobs of {goal.design} know {goal.items:,} items done within "
            f"{goal.within_s / 60:,.1f} minutes; the fastest take {soonest_s / 60:,.1f}. "
            "Give it as long with --within, or allow several items at a time with "
            "--item-concurrency."
        )
    return min(in_time, key=lambda one: (one.mean_usd, one.mean_s))


def _fastest(goal: Goal, whole: list[Score]) -> Score:
    """The fastest within the budget."""
    budget_usd = goal.budget_usd or float("inf")
    paid = [one for one in whole if one.mean_usd <= budget_usd]
    if not paid:
        least_usd = min(one.mean_usd for one in whole)
        raise BadInput(
            f"no knobs of {goal.design} work {goal.items:,} items for ${budget_usd:,.4f}; the "
            f"cheapest take ${least_usd:,.4f}. Raise --budget."
        )
    return min(paid, key=lambda one: (one.mean_s, one.mean_usd))


@dataclass(frozen=True)
class Confirmed:
    """The run on `local`, and each line of its prediction beside what came."""

    run: Run
    lines: pd.DataFrame

    def error_percent(self, line: str) -> float:
        """By how much the model missed a line."""
        return float(self.lines.set_index("line").loc[line, "error_percent"])


def confirm(design: Design, items: int, results: Path, seed: int = 1) -> Confirmed:
    """Run a choice on `local`, after writing down what the model says; found again if it is there.

    Raises Incomplete if the batch does not end.
    """
    fitting, settings = fitting_items(design, items), design.changed_knobs()
    request = RunRequest(design.name, "local", fitting, seed, settings=settings)
    (job,), _ = plan_jobs(Study("tune", "", request.region, None, (), ((request, None),)))
    (done,) = run_jobs([job], results)
    if done.error:
        raise Incomplete(f"the confirmation on local failed: {done.error}")
    run = read_run(job.folder(results))
    if run.status != "complete":
        raise Incomplete(f"the confirmation on local did not complete: {run.reason}")
    lines = check_predictions(results)
    return Confirmed(run, lines[lines["run_id"] == job.run_id].reset_index(drop=True))


def fitting_items(design: Design, items: int) -> int:
    """How many items a confirmation takes: enough lots of them, and not too many for `local`."""
    lot = design.items_per_invocation
    return min(items, LOCAL_ITEMS_MAX, max(2_000, INVOCATIONS * lot))
