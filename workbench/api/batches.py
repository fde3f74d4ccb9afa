"""A batch to come: run it, forecast it, tune a design for it, ask which design to take.

Knobs are given by name, beside what is asked: `run("sqs", 1000, poll_s=5)`. Whatever cannot work is
refused by BadInput before anything runs. Nothing here spends money but `run` on the target aws.
"""

import sys
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.api.stored import in_floats
from workbench.bill.terms import LIST_PRICES, Terms
from workbench.border import whole_number
from workbench.designs import fit_design
from workbench.project import RESULTS
from workbench.runs.results_folder import nothing_left

if TYPE_CHECKING:
    from workbench.advice.answer import Answer
    from workbench.targets.model.forecast import Estimate
    from workbench.tuning.search import Tuned


@dataclass(frozen=True)
class RunResult:
    """What came of a run. Times are seconds since the trigger, dollars floats.

    `status` is complete, or incomplete with its `reason`; `bill` has one row a line.
    """

    run_id: str
    folder: Path  # of the run, with all that is kept of it
    status: str
    reason: str
    items_failed: int
    detected_s: float | None  # completion is known
    detection_lag_s: float | None  # so long after the last item
    cost_usd: float | None
    bill: pd.DataFrame = field(repr=False, compare=False)


def run(
    design: str,
    items: int,
    target: str = "local",
    *,
    preset: str = "default",
    seed: int = 7,
    folder: str | Path = RESULTS,
    region: str | None = None,
    max_usd: float | str | Decimal = 1,
    **knobs: Any,
) -> RunResult:
    """Run a batch as `workbench run` does; its run is kept in the results folder.

    `target` is local (the handlers, simulated), model, or aws, which costs money: refused or
    stopped above `max_usd`. A batch that does not complete is told by its `status`.

    Examples:
        >>> done = run("durable", 1000, "model", folder="build/results", items_per_chunk=50)
        >>> done.status, done.items_failed, round(done.cost_usd, 4)
        ('complete', 0, 0.0027)
    """
    from workbench.runs.predictions import predict
    from workbench.runs.progress import progress_bar
    from workbench.runs.records import read_folder
    from workbench.runs.runner import RunRequest, new_run_id, region_of, run_request

    request = RunRequest(design, target, items, seed, preset, knobs, max_usd=max_usd)
    request.make_design()  # refused before AWS is asked for its region
    request = replace(request, region=region_of(target, region))
    run_id, results = new_run_id(request), Path(folder).expanduser()
    with nothing_left(results, run_id) as beginning:
        predict(request, run_id, results)
        with progress_bar(design, target) as watch:
            path = run_request(request, results, beginning.listening(watch), run_id)
    kept = read_folder(path)
    names = ("run_id", "status", "reason", "items_failed", "detected_s", "detection_lag_s")
    told = {name: getattr(kept.run, name) for name in (*names, "cost_usd")}
    return RunResult(folder=path, bill=in_floats(kept.bill), **told)


def estimate(
    design: str,
    items: int,
    *,
    preset: str = "default",
    seed: int = 7,
    replications: int = 20,
    terms: Terms = LIST_PRICES,
    **knobs: Any,
) -> "Estimate":
    """What a batch will cost and take, modelled: each figure has `low`, `likely` and `high`.

    `usd`, `coordination_usd`, `knowing_usd`, `minutes` until completion is known,
    `detection_lag_s`; `bill` has the lines of the likely one, `binding_limit` what holds it back.

    Examples:
        >>> found = estimate("sfn", 1_000_000)
        >>> round(found.usd.likely, 2), found.usd.low <= found.usd.likely <= found.usd.high
        (1.63, True)
    """
    from workbench.targets.model.forecast import estimate as forecast

    items, fitted = whole_number("items", items), fit_design(design, preset, knobs)
    fitted.refuse_unpriced(items)
    if fitted.line:
        print(fitted.line, file=sys.stderr)
    book = terms.book()
    found = forecast(fitted.design, items, seed, replications, book=book, month=terms.month)
    return replace(found, bill=in_floats(found.bill))


def tune(
    design: str,
    items: int,
    *,
    within_s: float = 3_600,
    budget_usd: float | str | Decimal | None = None,
    item_concurrency: int = 1,
    terms: Terms = LIST_PRICES,
    processes: int | None = 1,
    **knobs: Any,
) -> "Tuned":
    """A design's `cheapest` knobs within the time and its `fastest` within the budget, modelled.

    `item_concurrency` is the most items at a time inside one invocation. Knobs that are given stay
    as they are. More `processes` (None: one a core) are for notebooks, and for scripts that begin
    under `if __name__ == "__main__"`.

    Examples:
        >>> found = tune("sfn", 10_000, memory_mb=128, child_type="EXPRESS")
        >>> found.cheapest.design.items_per_child, found.cheapest.mean_usd <= found.fastest.mean_usd
        (132, True)
    """
    from workbench.tuning import search
    from workbench.tuning.goal import Goal
    from workbench.tuning.work import work_of

    work, fixed = work_of(knobs)
    limits = {"within_s": within_s, "budget_usd": budget_usd, "item_concurrency": item_concurrency}
    return search.tune(Goal(design, items, **work, **limits, terms=terms, fixed=fixed), processes)


def advise(
    workload: str | Path,
    items: int | None = None,
    *,
    item_concurrency: int = 1,
    terms: Terms | None = None,
    processes: int | None = 1,
) -> "Answer":
    """Every design tuned for a workload's file: `choices` by what a month costs, `best` first.

    Modelled; `items` is one of the file's sizes or another, else its first. `terms` are list
    prices in the workload's region. `processes` as in `tune`.

    Examples:
        >>> answer = advise("workloads/seed.yaml", 1_000)
        >>> answer.best.month_usd <= answer.take.month_usd
        True
    """
    from workbench.advice.answer import advise as answer_to
    from workbench.advice.question import Question
    from workbench.workload.workload import read_workload

    found = read_workload(Path(workload).expanduser())
    asked = Question.of(found, items, item_concurrency, terms or Terms(found.region))
    return answer_to(asked, processes)
