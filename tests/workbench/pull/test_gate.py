"""The completeness gate."""

import pytest

from workbench.designs import make_design
from workbench.pull.gate import (
    Coverage,
    Wait,
    coverage,
    least_invocations,
    wait_for_complete,
)
from workbench.pull.store import tidy


def metrics(invocations, processed, failed=0, duplicated=0):
    """A frame with these sums, each over two minutes, and other statistics to be ignored."""
    rows = []
    for role, namespace, metric, total in (
        ("processor", "AWS/Lambda", "Invocations", invocations),
        ("finalizer", "AWS/Lambda", "Invocations", 99),
        ("processor", "BatchWorkbench", "items_processed", processed),
        ("failures", "BatchWorkbench", "items_failed", failed),
        ("processor", "BatchWorkbench", "items_duplicated", duplicated),
    ):
        for t_s, value in ((0.0, total - 1), (60.0, 1)):
            t = f"2026-11-20T06:1{int(t_s // 60)}:00Z"
            rows.append((metric, namespace, role, "Sum", t, t_s, value))
            rows.append((metric, namespace, role, "Maximum", t, t_s, 10**6))
    return tidy("cloudwatch", rows)


def reports(count):
    return tidy("insights", [("totals", "processor", None, None, "reports", count)])


def test_all_invocations_and_all_items_make_a_pull_complete(run):
    seen = coverage(metrics(invocations=10, processed=998, failed=2), run)
    assert seen == Coverage(10, 10, 1_000, 1_000)
    assert (seen.ratio, seen.complete, seen.excess) == (1.0, True, 0)


@pytest.mark.parametrize(
    ("invocations", "processed", "duplicated", "ratio"),
    [(7, 1_000, 0, 0.7), (10, 600, 0, 0.6), (10, 1_000, 50, 0.95)],
)
def test_missing_invocations_missing_items_and_repeated_items_are_seen(
    run, invocations, processed, duplicated, ratio
):
    seen = coverage(metrics(invocations, processed, 0, duplicated), run)
    assert (round(seen.ratio, 6), seen.complete) == (ratio, False)


def test_report_lines_are_held_against_the_metric(run):
    frame = metrics(invocations=12, processed=1_000)
    assert coverage(frame, run, reports(11)) == Coverage(12, 11, 1_000, 1_000)
    assert not coverage(frame, run, reports(11)).complete
    assert coverage(frame, run, reports(12)).complete


def test_invocations_of_another_batch_in_the_same_minutes_are_told(run):
    seen = coverage(metrics(invocations=15, processed=1_500), run)
    assert (seen.complete, seen.excess) == (True, 5)
    assert str(seen).endswith("5 invocations of other batches")


def test_a_run_without_a_count_is_held_against_what_its_items_need(another_folder):
    run = another_folder(invocations=0, items=1_001, items_processed=1_001).run
    assert least_invocations(run) == 11
    sfn = another_folder(
        invocations=0, design="sfn", knobs=make_design("sfn").knobs(), items=250
    ).run
    assert least_invocations(sfn) == 3
    assert not coverage(metrics(invocations=10, processed=1_001), run).complete


def test_no_data_at_all_is_not_complete(run):
    seen = coverage(tidy("cloudwatch", []), run, tidy("insights", []))
    assert (seen.ratio, seen.complete) == (0.0, False)


def test_late_data_are_waited_for_with_a_line_each_time():
    looks = [Coverage(10, found, 100, 100) for found in (0, 4, 10)]
    slept, said = [], []
    wait = Wait(limit_s=900, every_s=60, sleep=slept.append, say=said.append)
    assert wait_for_complete(lambda: looks.pop(0), wait) == Coverage(10, 10, 100, 100)
    assert slept == [60, 60]
    assert said[1] == (
        "CloudWatch has 4 of 10 invocations, 100 of 100 items (40.0%) after 60 s; "
        "looking again in 60 s, up to 900 s"
    )


def test_waiting_ends_at_the_limit():
    slept = []
    wait = Wait(limit_s=150, every_s=60, sleep=slept.append, say=lambda line: None)
    seen = wait_for_complete(lambda: Coverage(10, 9, 100, 100), wait)
    assert slept == [60, 60, 30]
    assert not seen.complete
