"""Pulling the evidence about a run and keeping it: CloudWatch, REPORT lines and Cost Explorer.

A pull never replaces an older one, so collecting can be repeated when the bill has settled.
Of a pull that fails nothing is kept but what asking has cost.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.designs import DESIGNS, make_design
from workbench.errors import BadInput, PullFailed, WorkbenchError
from workbench.prices import load_book
from workbench.pull.cloudwatch import fetch
from workbench.pull.cost_explorer import STEPS
from workbench.pull.costs import CostQuestion, pull_costs, why_below_list
from workbench.pull.gate import Coverage, Wait, coverage, wait_for_complete
from workbench.pull.insights import POLL, pull_insights
from workbench.pull.logs import log_groups
from workbench.pull.metrics import arrivals, wanted
from workbench.pull.standing import IdlePolls, count_polls
from workbench.pull.store import (
    COLUMNS,
    Pull,
    newest_pull,
    pull_stamps,
    read_pull,
    tidy,
    write_pull,
)
from workbench.pull.window import (
    CloudAccess,
    HasCloud,
    MeasuringCost,
    Window,
    likely_window,
    window_of,
)
from workbench.runs.records import USAGE_COLUMNS, RunData, read_folder, read_run, readable_runs
from workbench.stacks.aws_errors import AwsFailed, NoCredentials, scrub


@dataclass(frozen=True)
class Collected:
    """What was pulled for a run, and what could not be, with the reason."""

    pulls: list[Pull]
    failed: list[str]


def collect(run_folder: Path, target: HasCloud) -> Collected:
    """Pull all that the target's cloud knows of a run; one source that fails leaves the others."""
    run = read_run(run_folder)
    if run.target != target.name:
        raise BadInput(f"{run.run_id} ran on {run.target}, not on {target.name}")
    cloud = target.cloud(run.design)
    if cloud is None:
        return Collected([], [f"the {run.target} target has no cloud that could be asked"])
    window = window_of(run, cloud.triggered_at)
    # REPORT lines only where Logs Insights answers: moto ignores filters and sums.
    sources = [collect_cloudwatch, collect_insights, collect_costs]
    if not cloud.has_insights:
        sources.remove(collect_insights)
    pulls, failed = [], []
    for source in sources:
        try:
            pulls.append(source(run_folder, cloud, window))
        except (PullFailed, AwsFailed, NoCredentials) as error:
            failed.append(str(error))
    return Collected(pulls, failed)


def collect_cloudwatch(
    run_folder: Path, cloud: CloudAccess, window: Window, wait: Wait | None = None
) -> Pull:
    """Wait for the metrics of a run, pull them, and keep them with their coverage."""
    run, cost, client = read_run(run_folder), MeasuringCost(), cloud.client("cloudwatch")
    names = DESIGNS[run.design].parts.names(cloud.outputs)

    def look() -> Coverage:
        return coverage(fetch(client, arrivals(run.design, names), window, cost), run)

    # Without Insights there are no percentiles either: the local target's CloudWatch has none.
    series = wanted(run.design, names, percentiles=cloud.has_insights)
    with _kept_if_failed(run_folder, "cloudwatch", cost):
        wait_for_complete(look, wait or Wait(limit_s=cloud.late_s))
        frame = fetch(client, series, window, cost)
    shown = {role: scrub(name) for role, name in names.items()}  # a machine's is its ARN
    facts = {"coverage": coverage(frame, run).facts(), "names": shown}
    return keep(run_folder, "cloudwatch", frame, facts, window, cost)


def collect_insights(
    run_folder: Path, cloud: CloudAccess, window: Window, wait: Wait | None = None
) -> Pull:
    """Pull a run's REPORT lines, waiting for late ones; keep them with their coverage.

    The newest metrics say how many there must be. Each look scans the logs again, for money.
    """
    run, cost = read_run(run_folder), MeasuringCost()
    metrics = newest_pull(run_folder, "cloudwatch")
    if metrics is None:
        raise PullFailed(
            f"{run_folder.name} has no cloudwatch pull, which says how many REPORT lines there "
            "must be. Pull that one first."
        )
    functions = DESIGNS[run.design].parts.function_names(cloud.outputs)
    groups = log_groups(cloud.client("lambda"), functions)
    wait, frames = wait or Wait(limit_s=cloud.late_s), []
    poll = replace(POLL, sleep=wait.sleep)

    def look() -> Coverage:
        frames.append(pull_insights(cloud.client("logs"), run, groups, window, poll, cost))
        return coverage(metrics.frame, run, frames[-1])

    with _kept_if_failed(run_folder, "insights", cost):
        facts = {"coverage": wait_for_complete(look, wait).facts()}
    return keep(run_folder, "insights", frames[-1], facts, window, cost)


def collect_costs(
    run_folder: Path, cloud: CloudAccess, window: Window, now: datetime | None = None
) -> Pull:
    """Pull what Cost Explorer has of a run, and keep it with whether it is settled."""
    cost, now = MeasuringCost(), now or datetime.now(UTC)
    due = window.end + timedelta(seconds=cloud.costs_late_s)
    if now < due:
        raise PullFailed(
            "Cost Explorer has the costs of a run about a day later, and takes $0.01 a question: "
            f"it was not asked. Collect again after {due:%Y-%m-%d %H:%M} UTC."
        )
    folder, others = read_folder(run_folder), neighbours(run_folder, window)
    polls = _idle_polls(run_folder, cloud, window, others, cost)
    question = CostQuestion(
        window,
        others,
        now=now,
        book=load_book(cloud.region),
        idle_polls=lambda one: polls.within(one),
    )
    with _kept_if_failed(run_folder, "costs", cost, now):
        frame = pull_costs(cloud.client("ce"), folder, question, cost)
        why = why_below_list(cloud.client("ce"), frame, folder.run.design, question, cost)
    facts = {
        "settled": question.settled,
        "prorated": bool(frame["prorated"].any()),
        "tag_key": question.tag_key,
        "region": cloud.region,
        "others": [other.run.run_id for other in question.others],
        "record_types": why,
        "idle_polls": polls.source,
    }
    return keep(run_folder, "costs", frame, facts, window, cost, now)


def _idle_polls(
    run_folder: Path,
    cloud: CloudAccess,
    window: Window,
    others: list[RunData],
    cost: MeasuringCost,
) -> IdlePolls:
    """The polls of a run's stack in its days, beside those of the runs themselves.

    A stack that is gone has its queues' names in the pull of its metrics.
    """
    run = read_run(run_folder)
    design = make_design(run.design, settings=run.knobs)
    names = design.parts.names(cloud.outputs)
    if not names and (metrics := newest_pull(run_folder, "cloudwatch")):
        names = metrics.facts["names"]
    windows = [window, *(likely_window(other.run) for other in others)]
    days = window.widened(STEPS["DAILY"])
    counted: dict[float, float] = {}
    with suppress(AwsFailed):  # then they are computed, and `idle_polls` says so
        counted = count_polls(cloud.client("cloudwatch"), names, design, days, cost)
    idle = IdlePolls(design, windows)
    outside = {at: count for at, count in counted.items() if idle.is_free(at)}
    return replace(idle, counted=outside)


def neighbours(run_folder: Path, window: Window) -> list[RunData]:
    """The runs beside this one that may share its hours or days in Cost Explorer.

    They are of the same design and target, on a day of the window: `CostQuestion.others`.
    """
    own, days = read_run(run_folder), window.widened(STEPS["DAILY"])
    return [
        read_folder(path)
        for path, run in readable_runs(run_folder.parents[1])
        if (run.design, run.target) == (own.design, own.target)
        and run.run_id != own.run_id
        and likely_window(run).shared_s(days)
    ]


def measured(run_folder: Path) -> pd.DataFrame:
    """The usage (`USAGE_COLUMNS`, label `measuring`) of all pulls of a run together."""
    total = MeasuringCost()
    for kind in COLUMNS:
        for stamp in pull_stamps(run_folder, kind):
            spent = read_pull(run_folder, kind, stamp).facts["spent"]
            total.metrics += spent["metrics"]
            total.scanned_bytes += spent["scanned_bytes"]
            total.cost_pages += spent["cost_pages"]
    return pd.DataFrame(list(total.usage_lines()), columns=USAGE_COLUMNS)


@contextmanager
def _kept_if_failed(
    run_folder: Path, kind: str, cost: MeasuringCost, now: datetime | None = None
) -> Iterator[None]:
    """What was asked before a pull failed is paid for, and counts in `measured`."""
    try:
        yield
    except WorkbenchError as error:
        if cost != MeasuringCost():
            frame = tidy("failed", [(kind, str(error))])
            facts = {"spent": asdict(cost)}
            write_pull(run_folder, "failed", frame, facts, now or datetime.now(UTC))
        raise


def keep(
    run_folder: Path,
    kind: str,
    frame: pd.DataFrame,
    facts: dict[str, Any],
    window: Window,
    cost: MeasuringCost,
    now: datetime | None = None,
) -> Pull:
    """Write a pull with what every kind has to say."""
    always = {
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "spent": asdict(cost),
    }
    return write_pull(run_folder, kind, frame, facts | always, now or datetime.now(UTC))
