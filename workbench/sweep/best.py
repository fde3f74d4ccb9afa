"""The runs of a study that take their design's best knobs: tuned on the model for each batch.

What is tuned is what `workbench tune` tunes: one item at a time in an invocation unless the knobs
say so, and no promise of a design given up. Best in dollars is the cheapest, however long it takes,
best in time the one known to be done first, whatever it costs; both within two weeks, after which
SQS would delete a message.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

from workbench.bill.terms import Terms
from workbench.engine.parallel import in_order
from workbench.errors import BadInput
from workbench.runs.runner import RunRequest, refuse_unknown_target
from workbench.sweep.jobs import settings_of
from workbench.sweep.study import Grid, Study
from workbench.tuning.goal import Goal
from workbench.tuning.search import Known, Tuned, tune
from workbench.tuning.work import work_of

WITHIN_S = 14 * 86_400.0  # the longest that SQS keeps a message (SQS quotas)
CHOICES: dict[str, Callable[[Tuned], Any]] = {
    "dollars": lambda found: found.cheapest,
    "time": lambda found: found.fastest,
}

Best = dict[str, dict[str, Any]]  # knobs that are not the default ones, by aim


def with_best(
    study: Study, processes: int | None = None, cluster: str = ""
) -> tuple[Study, list[str]]:
    """The study with each grid of best knobs as single runs, and what no knobs can do.

    BadInput for the latter in a grid that does not skip it.
    """
    grids = [grid for grid in study.grids if grid.best_in]
    for target in (target for grid in grids for target in grid.targets):
        refuse_unknown_target(target)
    asked = [
        (grid, design, settings, _goal(study, grid, design, settings))
        for grid in grids
        for design, settings in settings_of(grid)
    ]
    tasks = [(goal, grid.items) for grid, _, _, goal in asked]
    runs, skipped = list(study.runs), []
    for (grid, design, settings, _), found in zip(
        asked, in_order(best_knobs, tasks, processes, cluster), strict=True
    ):
        for items, best in zip(grid.items, found, strict=True):
            if isinstance(best, str):
                if not grid.skip_infeasible:
                    raise BadInput(best)
                skipped.append(best)
                continue
            for target, aim, seed in product(grid.targets, grid.best_in, grid.seeds):
                own = settings | best[aim]
                request = RunRequest(design, target, items, seed, settings=own, region=study.region)
                runs.append((replace(request, best_in=aim), grid.prices))
    left = tuple(grid for grid in study.grids if not grid.best_in)
    return replace(study, grids=left, runs=tuple(runs)), skipped


def best_knobs(goal: Goal, sizes: tuple[int, ...]) -> list[Best | str]:
    """For each number of items the best knobs by aim, or why there are none: a task of a process.

    What is scored on a small batch counts for every larger one.
    """
    known: Known = {}
    return [_best(replace(goal, items=items), known) for items in sizes]


def _best(goal: Goal, known: Known) -> Best | str:
    try:
        found = tune(goal, processes=1, known=known)
    except BadInput as error:
        return f"{goal.design}, {goal.items:,} items of {goal.item_ms.line}: {error}"
    return {aim: of(found).design.changed_knobs() for aim, of in CHOICES.items()}


def _goal(study: Study, grid: Grid, design: str, settings: dict[str, Any]) -> Goal:
    """What is searched: of any size, at the prices of the study."""
    told, fixed = work_of(settings)
    terms = Terms(study.region, grid.prices)
    return Goal(design, items=1, **told, within_s=WITHIN_S, terms=terms, fixed=fixed)
