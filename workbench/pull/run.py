"""Pulling the evidence about a run: CloudWatch, REPORT lines and Cost Explorer, kept beside it.

A pull never replaces an older one, so collecting can be repeated when the bill has settled.
"""

from dataclasses import dataclass
from pathlib import Path

from workbench.errors import BadInput, PullFailed
from workbench.pull.collect import collect_cloudwatch, collect_costs, collect_insights, neighbours
from workbench.pull.costs import CostQuestion
from workbench.pull.gate import Wait
from workbench.pull.names import log_groups, names_of
from workbench.pull.store import Pull
from workbench.pull.window import window_of
from workbench.runs.records import read_run
from workbench.targets.base import CloudAccess, Target


@dataclass(frozen=True)
class Collected:
    """What was pulled for a run, and what could not be, with the reason."""

    pulls: list[Pull]
    failed: list[str]


def collect(run_folder: Path, target: Target) -> Collected:
    """Pull all that the target's cloud knows of a run; one source that fails leaves the others."""
    run = read_run(run_folder)
    if run.target != target.name:
        raise BadInput(f"{run.run_id} ran on {run.target}, not on {target.name}")
    cloud = target.cloud(run.design)
    if cloud is None:
        return Collected([], [f"the {run.target} target has no cloud that could be asked"])
    pulls, failed = [], []
    for source in (_cloudwatch, _insights, _costs):
        try:
            pulls += source(run_folder, cloud)
        except PullFailed as error:
            failed.append(str(error))
    return Collected(pulls, failed)


def _cloudwatch(run_folder: Path, cloud: CloudAccess) -> list[Pull]:
    window = window_of(read_run(run_folder), cloud.triggered_at)
    names, client = names_of(cloud.outputs), cloud.client("cloudwatch")
    wait = Wait(limit_s=cloud.late_s)
    return [
        collect_cloudwatch(
            run_folder, client, names, window, percentiles=cloud.has_insights, wait=wait
        )
    ]


def _insights(run_folder: Path, cloud: CloudAccess) -> list[Pull]:
    """REPORT lines, where the cloud answers Logs Insights (moto ignores filters and sums)."""
    if not cloud.has_insights:
        return []
    window = window_of(read_run(run_folder), cloud.triggered_at)
    groups = log_groups(cloud.client("lambda"), names_of(cloud.outputs))
    wait = Wait(limit_s=cloud.late_s)
    return [collect_insights(run_folder, cloud.client("logs"), groups, window, wait)]


def _costs(run_folder: Path, cloud: CloudAccess) -> list[Pull]:
    window = window_of(read_run(run_folder), cloud.triggered_at)
    question = CostQuestion(window, others=tuple(neighbours(run_folder, window)))
    return [collect_costs(run_folder, cloud.client("ce"), question)]
