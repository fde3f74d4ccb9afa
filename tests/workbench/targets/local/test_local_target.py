"""Whole batches of every design on the local target: handlers out of the deployed zip."""

import io
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass

import pandas as pd
import pytest

from workbench.designs import Counters, Sfn, Sqs
from workbench.errors import BadKnob, NotDeployed
from workbench.runs.batch import Batch
from workbench.runs.records import BILL_COLUMNS, TIMELINE_COLUMNS, USAGE_COLUMNS
from workbench.targets.base import Progress
from workbench.targets.local.runtime.faults import CallFault, Faults
from workbench.targets.local.target import LocalTarget, Settings

DESIGNS = pytest.mark.parametrize("design", [Sqs(), Sfn()], ids=lambda design: design.name)


def quiet(progress):
    """Nobody watches."""


def run(target, design, items, seed=7):
    return target.run(design, Batch(items, seed, f"b-{design.name}-{items}"), quiet)


def content(folder):
    """A run without its wall clock."""
    run = asdict(folder.run)
    del run["started_at"]
    return run, folder.timeline.to_csv(), folder.usage.to_csv()


@DESIGNS
def test_a_batch_of_100_completes_and_tells_the_truth(design):
    seen = []
    with LocalTarget() as target:
        folder = target.run(design, Batch(100, 7, "b-100"), seen.append)
        found = folder.run
        assert (found.status, found.reason) == ("complete", "")
        assert (found.items_processed, found.items_failed, found.items_duplicated) == (100, 0, 0)
        assert 0 < found.created_s < found.processed_s < found.detected_s
        assert found.run_id == found.batch_id == "b-100"
        assert (found.invocations, found.cold_starts, found.peak_concurrency) == (1, 1, 1)
        assert list(folder.timeline.columns) == TIMELINE_COLUMNS
        assert list(folder.usage.columns) == USAGE_COLUMNS == BILL_COLUMNS[:5]
        last = folder.timeline.groupby("metric")["value"].last().to_dict()
        assert last == {"backlog": 0, "concurrency": 0, "items_done": 100, "throttles": 0}
        assert [progress.items_done for progress in seen] == list(range(1, 101))
        assert seen[-1].items == 100
        assert seen[-1].elapsed_s == pytest.approx(found.processed_s, abs=0.001)
        assert isinstance(seen[-1], Progress)
        assert target.world.reports.frame().query("function == 'processor'")["error"].isna().all()


@dataclass(frozen=True)
class Limited(Sfn):
    """A machine that has the deadline of a run."""

    def settings(self):
        own = super().settings()
        return own | {"Machine": own["Machine"] | {"TimeoutSeconds": 60}}


LONG = {"value_max": 100_000, "max_concurrency": 2}
SINGLE = LONG | {"items_per_message": 1, "messages_per_invocation": 1}


@pytest.mark.parametrize(
    "design",
    [Sqs(**SINGLE), Counters(**SINGLE), Limited(**LONG, items_per_child=1)],
    ids=lambda design: design.name,
)
def test_a_batch_that_is_open_past_its_deadline_ends_and_notifies_and_works_no_more(design):
    """What an invocation has begun it may end: 100 s here. Messages stay for a resume."""
    with LocalTarget() as target:
        world = target.prepare(design, 7)
        world.start(design.trigger("b", 200, 7, 60))
        world.run(400.0)
        worked = len(world.item_log.done_s)
        world.run(8_000.0)
        notice = world.notifications.outcome("b")
        last_s = max(world.item_log.done_s.values())
        assert 0 < worked == len(world.item_log.done_s) < 200
        assert last_s < 60 + 30 + 110 + design.value_max / 1000
        assert world.service.running == world.machines.running == 0
        assert not any(one.held for name, one in world.queues.items() if "PollQueue" in name)
    if design.name == "sfn":
        assert (notice["status"], notice["reason"]) == ("failed", "execution TIMED_OUT")
    else:
        why = "not complete within 60 s, its deadline"
        assert (notice["status"], notice["reason"]) == ("cancelled", why)


@DESIGNS
def test_3000_items_pass_the_maps_payload_trap(design):
    with LocalTarget() as target:
        found = run(target, design, 3_000).run
        assert (found.status, found.items_processed) == ("complete", 3_000)
        assert found.invocations == 30


@DESIGNS
def test_the_same_seed_gives_the_same_run_and_another_seed_another(design):
    with LocalTarget() as target:
        first = content(run(target, design, 100))
        again = content(run(target, design, 100))  # on the same deployment
        other = content(run(target, design, 100, seed=8))
    with LocalTarget() as target:
        assert content(run(target, design, 100)) == first == again
    assert other[1:] != first[1:]


PROGRAM = """
import sys
from workbench.runs.batch import Batch
from workbench.designs import make_design
from workbench.targets.local.target import LocalTarget
with LocalTarget() as target:
    folder = target.run(make_design("sqs"), Batch(60, 7, "b"), lambda progress: None)
    sys.stdout.write(folder.usage.to_csv() + folder.timeline.to_csv())
    sys.stdout.write(target.world.reports.frame().to_csv())
"""


def test_the_same_seed_gives_the_same_run_in_every_process():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    (output,) = outputs
    assert output.startswith(",service,usage_type")


def test_poisoned_items_are_tried_three_times_and_listed():
    design = Sqs(poison_per_million=50_000, value_max=50)
    with LocalTarget() as target:
        folder = run(target, design, 200)
        failed = folder.run.items_failed
        assert (folder.run.status, folder.run.items_processed) == ("complete", 200 - failed)
        assert failed > 0
        assert folder.timeline.query("metric == 'backlog'")["value"].iloc[-1] == 0
        table = target.world.deployment.stack.outputs["StateTableName"]
        left = target.client("dynamodb").scan(TableName=table)["Items"]
        kinds = [one["pk"]["S"].split("#")[0] for one in left]
        assert sorted(set(kinds)) == ["batch", "failed"]
        assert kinds.count("failed") == failed


def test_the_cron_rule_triggers_a_batch_by_itself():
    with LocalTarget(Settings(cron=True)) as target:
        world = target.prepare(Sqs(), seed=7)
        world.bridge.start_schedules()
        world.run(6.5 * 3600)
        slot = "cron-20260101T0600"
        (notice,) = world.notifications.by_batch[slot]
        assert (notice["status"], notice["items"], notice["items_failed"]) == ("complete", 100, 0)
        assert len(world.item_log.done_s) == 100


def test_a_benchmark_leaves_the_rule_still():
    class LatePolls(Faults):
        def sending(self, queue, body):
            return (20_000.0 if "PollQueue" in queue else 0.0,)  # past the rule's next time

    with LocalTarget(Settings(faults=LatePolls())) as target:
        found = run(target, Sqs(), 10).run
        assert (found.status, found.detected_s > 20_000) == ("complete", True)
        assert set(target.world.notifications.by_batch) == {"b-sqs-10"}


def test_a_batch_that_cannot_end_is_incomplete_and_says_what_is_left():
    class NoTable(Faults):
        def calling(self, call):
            reads = call.function == "finalizer" and call.operation == "GetItem"
            return CallFault(error="InternalServerError" if reads else "")

    with LocalTarget(Settings(faults=NoTable(), deadline_s=600)) as target:
        found = run(target, Sqs(), 20).run
        assert (found.status, found.detected_s, found.items_processed) == ("incomplete", None, 20)
        assert found.reason.startswith("no notification after")
        assert "1 messages in SqsBatchProcessing-PollQueue" in found.reason


def test_a_batch_that_cannot_be_planned_is_tried_until_the_deadline():
    class NoBatcher(Faults):
        def calling(self, call):
            return CallFault(kill="before" if call.function == "batcher" else "")

    with LocalTarget(Settings(faults=NoBatcher(), deadline_s=3_600)) as target:
        found = run(target, Sqs(), 20).run
        assert (found.status, found.items_processed) == ("incomplete", 0)
        assert found.reason.startswith("no notification after")


def test_the_cloud_can_be_asked_until_it_is_closed():
    target = LocalTarget()
    with pytest.raises(NotDeployed, match="nothing has run"):
        target.client("cloudwatch")
    run(target, Sfn(), 50)
    name = target.world.deployment.stack.outputs["ProcessorName"]
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime="2026-01-01T00:30:00Z",
        EndTime="2026-01-01T00:40:00Z",
        Period=600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in found["Datapoints"]) == 1
    target.close()
    with pytest.raises(NotDeployed):
        target.client("cloudwatch")


def test_a_target_that_nobody_holds_any_more_gives_the_process_back():
    for _ in range(2):
        run(LocalTarget(), Sqs(), 10)


def test_a_batch_that_the_knobs_cannot_carry_is_refused_before_anything_runs():
    with pytest.raises(BadKnob, match="items=0"):
        Batch(0, 7, "b")
    with pytest.raises(BadKnob, match="100,000,000"), LocalTarget() as target:
        run(target, Sqs(), 200_000_000)


def test_whoever_stops_the_watching_stops_the_run():
    def stop(progress):
        if progress.items_done > 5:
            raise KeyboardInterrupt

    out = io.StringIO()
    with LocalTarget() as target:
        with redirect_stdout(out), pytest.raises(KeyboardInterrupt):
            target.run(Sqs(), Batch(100, 7, "b"), stop)
        assert sys.stdout is not out
        assert run(target, Sqs(), 10).run.status == "complete"


def test_usage_says_what_each_line_is_for():
    with LocalTarget() as target:
        sqs, sfn = (run(target, design, 100).usage for design in (Sqs(), Sfn()))
    lines = {
        name: {tuple(line) for line in usage[["service", "label"]].values.tolist()}
        for name, usage in (("sqs", sqs), ("sfn", sfn))
    }
    shared = {("AWS Lambda", label) for label in ("work", "dispatch", "knowing")}
    shared |= {("AmazonCloudWatch", "telemetry")}
    shared |= {("Amazon Simple Notification Service", "knowing")}
    assert lines == {
        "sqs": shared
        | {("Amazon DynamoDB", "knowing")}
        | {("Amazon Simple Queue Service", label) for label in ("dispatch", "knowing")},
        "sfn": shared
        | {
            (service, label)
            for service in ("AWS Step Functions", "Amazon Simple Storage Service")
            for label in ("dispatch", "knowing")
        },
    }
    assert isinstance(sqs, pd.DataFrame)
