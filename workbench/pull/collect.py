"""Pulling for a run and keeping what was pulled: what `workbench collect` and notebooks call.

Whatever fails, fails before anything is written: pulls that are there already stay as they are.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import PullFailed
from workbench.pull.cloudwatch import pull_arrivals, pull_cloudwatch
from workbench.pull.cost_explorer import STEPS
from workbench.pull.costs import CostQuestion, pull_costs
from workbench.pull.gate import Coverage, Wait, coverage, wait_for_complete
from workbench.pull.insights import POLL, pull_insights
from workbench.pull.spent import Spent, measurement_usage
from workbench.pull.store import Pull, newest_pull, pull_stamps, read_pull, write_pull
from workbench.pull.tables import COLUMNS
from workbench.pull.window import Window, likely_window
from workbench.runs.records import RunData, read_folder, read_run, readable_runs


def collect_cloudwatch(
    run_folder: Path,
    client: Any,
    names: Mapping[str, str],
    window: Window,
    *,
    percentiles: bool = True,
    wait: Wait | None = None,
) -> Pull:
    """Wait for the metrics of a run, pull them, and keep them with their coverage."""
    run, spent = read_run(run_folder), Spent()

    def look() -> Coverage:
        return coverage(pull_arrivals(client, run, names, window, spent), run)

    wait_for_complete(look, wait)
    frame = pull_cloudwatch(client, run, names, window, percentiles=percentiles, spent=spent)
    facts = {"coverage": _coverage_facts(coverage(frame, run)), "names": dict(names)}
    return _keep(run_folder, "cloudwatch", frame, facts, window, spent)


def collect_insights(
    run_folder: Path,
    client: Any,
    log_groups: Mapping[str, str],
    window: Window,
    wait: Wait | None = None,
) -> Pull:
    """Pull a run's REPORT lines, waiting for late ones; keep them with their coverage.

    The newest metrics say how many there must be. Each look scans the logs again, for money.
    """
    run, spent = read_run(run_folder), Spent()
    metrics = newest_pull(run_folder, "cloudwatch")
    if metrics is None:
        raise PullFailed(
            f"{run_folder.name} has no cloudwatch pull, which says how many REPORT lines there "
            "must be. Pull that one first."
        )
    wait, frames = wait or Wait(), []
    poll = replace(POLL, sleep=wait.sleep)

    def look() -> Coverage:
        frames.append(pull_insights(client, run, log_groups, window, poll, spent))
        return coverage(metrics.frame, run, frames[-1])

    facts = {"coverage": _coverage_facts(wait_for_complete(look, wait))}
    return _keep(run_folder, "insights", frames[-1], facts, window, spent)


def collect_costs(run_folder: Path, client: Any, question: CostQuestion) -> Pull:
    """Pull what Cost Explorer has of a run, and keep it with whether it is settled."""
    spent = Spent()
    frame = pull_costs(client, read_folder(run_folder), question, spent)
    facts = {
        "settled": question.settled,
        "prorated": bool(frame["prorated"].any()),
        "tag_key": question.tag_key,
        "others": [other.run.run_id for other in question.others],
    }
    return _keep(run_folder, "costs", frame, facts, question.window, spent, question.now)


def neighbours(run_folder: Path, window: Window) -> list[RunData]:
    """The runs beside this one that may share its hours or days in Cost Explorer.

    They are of the same design and target, on a day of the window: `CostQuestion.others`.
    """
    own, days = read_run(run_folder), window.widened(STEPS["DAILY"])
    found = []
    for path, run in readable_runs(run_folder.parents[1]):
        same = (run.design, run.target) == (own.design, own.target) and run.run_id != own.run_id
        if same and likely_window(run).shared_s(days):
            found.append(read_folder(path))
    return found


def coverage_of(pull: Pull) -> Coverage:
    """The coverage that was stored with a pull."""
    known = pull.facts["coverage"]
    fields = ("expected", "found", "items_expected", "items_found")
    return Coverage(**{name: known[name] for name in fields})


def measured(run_folder: Path) -> pd.DataFrame:
    """The usage (`USAGE_COLUMNS`, label `measuring`) of all pulls of a run together."""
    total = Spent()
    for kind in COLUMNS:
        for stamp in pull_stamps(run_folder, kind):
            spent = read_pull(run_folder, kind, stamp).facts["spent"]
            total.metrics += spent["metrics"]
            total.scanned_bytes += spent["scanned_bytes"]
            total.cost_pages += spent["cost_pages"]
    return measurement_usage(total)


def _coverage_facts(seen: Coverage) -> dict[str, Any]:
    return asdict(seen) | {"ratio": seen.ratio, "complete": seen.complete}


def _keep(
    run_folder: Path,
    kind: str,
    frame: pd.DataFrame,
    facts: dict[str, Any],
    window: Window,
    spent: Spent,
    now: datetime | None = None,
) -> Pull:
    """Write a pull with what every kind has to say."""
    always = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "spent": asdict(spent),
    }
    return write_pull(run_folder, kind, frame, facts | always, now or datetime.now(UTC))
