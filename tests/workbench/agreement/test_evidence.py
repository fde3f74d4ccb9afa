"""What was pulled of a run on AWS, and what a run on local keeps, tells the constants apart."""

from dataclasses import replace
from datetime import UTC, datetime
from math import log

import pandas as pd
import pytest

from tests.workbench.agreement.test_calibrate import folder, platform
from workbench.agreement.calibrate import calibrate
from workbench.agreement.evidence import Reports, read_evidence
from workbench.agreement.observe import observe, processor_ms, slept_ms
from workbench.platform.profile import load_profile
from workbench.pull.store import tidy, write_pull
from workbench.runs.records import INVOCATION_COLUMNS, read_folder, write_folder

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SFN = ("sfn", {}, 3_000)


def pulled(path, **totals):
    """A run folder with the REPORT lines of its processor, summed."""
    rows = [("totals", "processor", None, None, name, value) for name, value in totals.items()]
    rows += [("totals", "batcher", None, None, "init_p50_ms", 1.0)]
    write_pull(path, "insights", tidy("insights", rows), {}, NOW)
    return path


def with_minutes(path, *rows):
    """A run folder with what CloudWatch had by the minute."""
    frame = tidy(
        "cloudwatch",
        [
            ("ConcurrentExecutions", "AWS/Lambda", "processor", statistic, NOW, t_s, value)
            for t_s, statistic, value in rows
        ],
    )
    write_pull(path, "cloudwatch", frame, {}, NOW)
    return path


def with_reports(path, profile=None):
    """A run of the model with its REPORT lines."""
    made, init = read_folder(path), (profile or load_profile()).spread("lambda_init")
    cold = made.run.cold_starts
    sums = {"cold_starts": cold, "init_ms": cold * init.mean, "init_p50_ms": init.p50}
    return pulled(path, reports=made.run.invocations, billed_ms=processor_ms(made), **sums)


def test_the_init_times_of_report_lines_are_learned_and_nothing_else_moves(tmp_path):
    other = platform({"lambda_init": 240.0})
    found = calibrate([with_reports(folder(other, tmp_path, SFN), other)])
    constants = found.constants.set_index("constant")
    assert constants.after["lambda_init"] == pytest.approx(240, rel=0.05)
    assert constants.told["lambda_init"]
    others = constants.drop(index="lambda_init")
    assert (others.after / others.before).map(log).abs().max() < 0.1


def test_report_lines_set_the_init_apart_from_the_rest_of_an_invocation(tmp_path):
    made = read_evidence(with_reports(folder(load_profile(), tmp_path, SFN)))
    seen = observe(made.folder, slept_ms(made.folder), made.reports, made.second)
    mixed = observe(made.folder, slept_ms(made.folder))
    assert (seen["init, ms"], made.second) == (300, 30)
    inits_ms = made.reports.init_ms / made.reports.invocations
    own_ms = mixed["invocation beyond sleep, ms"] - inits_ms
    assert seen["invocation beyond sleep and init, ms"] == pytest.approx(own_ms)


def test_minutes_of_cloudwatch_replace_what_the_run_saw_of_them(tmp_path):
    path = folder(load_profile(), tmp_path, SFN)
    rows = (-30.0, "Maximum", 7.0), (30.0, "Maximum", 90.0), (90.0, "Maximum", 40.0)
    made = read_evidence(with_minutes(path, *rows, (30.0, "Average", 1.0)))
    seen = observe(made.folder, slept_ms(made.folder), made.reports, made.second)
    minutes = {name: value for name, value in seen.items() if name.startswith("minute")}
    assert minutes == {"minute 0, invocations": 7, "minute 1, invocations": 90}


def test_a_run_after_another_finds_warm_environments_and_so_does_the_model(tmp_path):
    cold = folder(load_profile(), tmp_path, SFN)
    made = read_folder(cold)
    run = replace(made.run, run_id="warm", batch_id="warm", cold_starts=0)
    warm = write_folder(replace(made, run=run), tmp_path)
    assert read_evidence(cold).warm == 0
    assert read_evidence(warm).warm == made.run.peak_concurrency
    found = calibrate([pulled(warm, reports=30, billed_ms=1_560_000.0)])
    assert found.errors.set_index("quantity").after["cold, starts"] == 0


def test_local_keeps_a_row_of_each_invocation(tmp_path):
    made = read_folder(folder(load_profile(), tmp_path, SFN))
    rows = [
        ("processor", 0.0, 300.0, 50.0, 350.0, 128, True, None),
        ("processor", 0.0, 340.0, 50.0, 390.0, 128, True, None),
        ("processor", 1.0, 0.0, 60.0, 60.0, 128, False, None),
        ("batcher", 0.0, 900.0, 60.0, 960.0, 128, True, None),
    ]
    table = pd.DataFrame(rows, columns=INVOCATION_COLUMNS)
    run = replace(made.run, run_id="local", target="local")
    path = write_folder(replace(made, run=run, invocations=table), tmp_path)
    assert read_evidence(path).reports == Reports(3, 2, 800.0, 640.0, 320.0)
