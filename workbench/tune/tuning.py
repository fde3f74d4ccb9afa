"""The search: all candidates on a smaller batch and one seed, the best of them at full size.

Beside these the same with knobs that only buy time, such as pollers of its own.

The choice is confirmed on `local`: the handlers, at a size that fits, beside the model's forecast.
"""

import os
from dataclasses import dataclass
from pathlib import Path

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
from workbench.tune.goal import (
    SEEDS,
    Goal,
    Score,
    candidates,
    floor_usd,
    front,
    hurry,
    score_many,
)
from workbench.workload.workload import Workload

SCREEN_ITEMS = 30_000  # the largest batch on which all candidates are tried
FINALISTS = 15  # by dollars, and as many by time, and the screen's front
CHUNK = 50
WORKERS = 32  # of a cluster, for which tasks are made small enough; it may have more or fewer
ALONE = 5_000_000  # items of all candidates: fewer are done before a second process has started
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


def tune(goal: Goal, processes: int | None = None, cluster: str = "") -> Tuned:
    """Search a design's knobs on the model. BadInput if no knobs reach the goal."""
    if not goal.item_ms.mean_ms + goal.cpu_ms:
        raise BadInput("value_max=0: items of no work have no floor. Give them 1 ms or more.")
    designs = candidates(goal)
    screened = _scores(designs, goal, min(goal.items, SCREEN_ITEMS), SEEDS[:1], processes, cluster)
    best = _best(screened)
    hurried = hurry(goal, best)
    finalists = _scores([*best, *hurried], goal, goal.items, SEEDS[:3], processes, cluster)
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
    return Tuned(goal, len(designs) + len(hurried), whole, cheapest, fastest, front(whole), floor)


def tuned_design(
    design: str,
    items: int,
    work: Workload,
    within_s: float = 3_600,
    terms: Terms = LIST_PRICES,
    item_concurrency: int = 1,
) -> Design:
    """A design's cheapest knobs for a workload, known within that time; in this process."""
    fixed = {"poison_per_million": work.poison_per_million} if work.poison_per_million else {}
    goal = Goal(
        design,
        items,
        item_ms=work.item_ms,
        cpu_ms=work.cpu_ms,
        within_s=within_s,
        item_concurrency=item_concurrency,
        terms=terms,
        fixed=fixed,
        memory_least_mb=work.memory_mb,
    )
    return tune(goal, processes=1).cheapest.design


def _scores(
    designs: list[Design],
    goal: Goal,
    items: int,
    seeds: tuple[int, ...],
    processes: int | None,
    cluster: str,
) -> list[Score]:
    """The designs scored, in the order they came in; a smaller batch has less that is free."""
    terms = goal.terms.of_part(items / goal.items)
    if not cluster and (len(designs) * items < ALONE or processes == 1):
        return score_many(designs, items, seeds, terms)
    workers = processes or (WORKERS if cluster else os.cpu_count()) or 1
    size = min(CHUNK, -(-len(designs) // (2 * workers)))
    tasks = [(designs[n : n + size], items, seeds, terms) for n in range(0, len(designs), size)]
    return [one for done in in_order(score_many, tasks, processes, cluster) for one in done]


def _best(scores: list[Score]) -> list[Design]:
    """The candidates worth a look at full size."""
    whole = [one for one in scores if one.completes] or scores
    by_usd = sorted(whole, key=lambda one: (one.mean_usd, one.mean_s))[:FINALISTS]
    by_time = sorted(whole, key=lambda one: (one.mean_s, one.mean_usd))[:FINALISTS]
    return list(dict.fromkeys(one.design for one in (*by_usd, *front(whole), *by_time)))


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
