"""A first day on AWS: its runs, its dollars, how it goes on, its page. On a server: tests/e2e."""

import json
from contextlib import nullcontext
from dataclasses import asdict, replace
from decimal import Decimal

import pytest

from analysis.first_day_page import page
from tests.workbench.agreement.test_calibrate import folder
from tests.workbench.agreement.test_evidence import with_reports
from workbench.agreement.calibrate import calibrate
from workbench.agreement.tellers import OPEN
from workbench.designs import DESIGNS, make_design
from workbench.errors import BadRecord, BudgetExceeded, Incomplete
from workbench.first_day import plan as plans
from workbench.first_day import steps
from workbench.first_day.plan import DOCTOR_USD, STEPS, Day, Plan, newest_day, planned_runs, untold
from workbench.first_day.steps import FirstDay
from workbench.platform.profile import load_profile
from workbench.runs.predictions import check_predictions
from workbench.runs.runner import run_request

PLAN = Plan(("sfn",), small=20, large=40, settings={"sfn": {"value_max": 10}}, tell=False)
UNTOLD = ["s3_ms_per_mb"]  # narrowed only


def change(path, **values):
    """A run folder whose record says otherwise."""
    record = path / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | values))


@pytest.fixture
def modelled(monkeypatch):
    """Runs are made on the model, which knows no cloud; how often each was asked for."""
    asked = []

    def run(request, results, on_progress, run_id):
        asked.append(run_id)
        path = run_request(replace(request, target="model"), results, on_progress, run_id)
        change(path, target="aws")
        return path

    monkeypatch.setattr(steps, "run_request", run)
    monkeypatch.setattr(steps, "_places", lambda *_: nullcontext())
    return asked


def open_day(plan, results):
    return FirstDay(plan, plans.open_day(plan, results), results)


def make_runs(day):
    return day._runs(lambda _: None, lambda _: nullcontext(lambda _: None))


def test_a_day_costs_less_than_a_dollar_by_the_forecast():
    assert Decimal("0.1") < plans.total_forecast_usd(Plan()) < Decimal(1)


def test_each_design_runs_cold_warm_large_and_failing_and_a_machine_is_throttled():
    by_design = {
        name: [one.name.split("-")[1] for one in planned_runs(Plan((name,))) if not one.tells]
        for name in DESIGNS
    }
    usual = ["cold", "warm", "large", "failing"]
    assert by_design == dict.fromkeys(DESIGNS, usual) | {"sfn": [*usual, "throttled"]}


def test_a_day_tells_every_open_constant_and_says_which_run_is_for_which():
    assert untold(Plan(), planned_runs(Plan())) == {}
    shown = {run.shows for run in planned_runs(Plan()) if run.tells}
    assert "tells sfn_map_start_s, sfn_map_starts_express_per_s" in shown
    plain = {name for name, by in OPEN.items() if not by.settings}
    told = [name for run in planned_runs(Plan()) for name in run.tells]
    assert sorted([*told, *plain]) == sorted(OPEN)


def test_runs_that_tell_a_constant_fit_into_what_may_be_spent_the_cheapest_first():
    whole = [run for run in planned_runs(Plan()) if run.tells]
    usual = sum((run.forecast_usd for run in planned_runs(Plan()) if not run.tells), DOCTOR_USD)
    two = usual + whole[0].forecast_usd + whole[1].forecast_usd
    plan = Plan(max_usd=two)
    assert [run.name for run in planned_runs(plan) if run.tells] == [one.name for one in whole[:2]]
    assert plans.total_forecast_usd(plan) == two
    left_out = {name for run in whole[2:] for name in run.tells}
    assert untold(plan, planned_runs(plan)) == {
        name: str(OPEN[name]) for name in OPEN if name in left_out
    }


def test_a_day_of_one_design_names_what_only_others_tell():
    only = Plan(designs=("counters",))
    lacking = untold(only, planned_runs(only))
    assert "sqs_send_batch" not in lacking
    assert lacking["s3_get"] == ("sfn, items_per_child=10, poison_per_million=20000, 2,000 items")


def test_no_run_of_a_day_asks_for_another_stack():
    for run in planned_runs(Plan()):
        assert run.request.make_design().refused_on(make_design(run.request.design)) == []


@pytest.mark.slow
def test_calibrate_finds_each_constant_told_after_a_day(tmp_path):
    paths = [
        with_reports(folder(load_profile(), tmp_path, (one.design, one.settings, one.items), n))
        for n, one in enumerate(run.request for run in planned_runs(Plan()) if not run.places)
    ]
    constants = calibrate(paths).constants
    assert list(constants[~constants.told].constant) == UNTOLD


def test_a_day_above_its_limit_is_refused_before_anything(tmp_path):
    with pytest.raises(BudgetExceeded, match=r"forecast at \$0\.\d+ and --max-usd is \$0\.031"):
        open_day(replace(PLAN, max_usd=Decimal("0.031")), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_passes_what_is_left_is_refused(tmp_path, modelled):
    plan = replace(PLAN, max_usd=Decimal("0.033"))
    day = FirstDay(plan, Day("day-1", {}, "0", {"doctor": []}), tmp_path)
    with pytest.raises(BudgetExceeded, match=r"sfn-\w+ is forecast .* `workbench destroy`"):
        make_runs(day)
    assert len(day.day.runs) == len(modelled) > 0


def test_what_has_ended_is_not_run_again(tmp_path, modelled):
    day = open_day(PLAN, tmp_path)
    make_runs(day)
    assert len(modelled) == 5
    again = open_day(PLAN, tmp_path)
    assert again.day == day.day
    del again.day.runs["sfn-large"]  # killed between the run and its note
    make_runs(again)
    assert (len(modelled), again.day.runs) == (5, day.day.runs)


def test_a_run_that_did_not_complete_is_tried_under_another_name(tmp_path, modelled):
    day = open_day(PLAN, tmp_path)
    make_runs(day)
    run_id = day.day.runs.pop("sfn-large")
    change(tmp_path / "runs" / run_id, status="incomplete")
    make_runs(day)
    assert day.day.runs["sfn-large"] == run_id.removesuffix("1") + "2"


def test_an_incomplete_run_ends_the_day_and_says_how_to_go_on(tmp_path, modelled, monkeypatch):
    plain = steps.run_request

    def stopped(*order):
        path = plain(*order)
        change(path, status="incomplete", reason="the token has expired.")
        return path

    monkeypatch.setattr(steps, "run_request", stopped)
    with pytest.raises(Incomplete, match=r"sfn-cold: the token has expired\. Run the same command"):
        make_runs(open_day(PLAN, tmp_path))


def test_other_options_than_the_day_began_with_are_refused(tmp_path, modelled):
    make_runs(open_day(PLAN, tmp_path))
    with pytest.raises(BadRecord, match=r"has other options \(small\)"):
        open_day(replace(PLAN, small=30), tmp_path)
    assert open_day(replace(PLAN, keep=True, max_usd=Decimal(5)), tmp_path).day.runs


def test_after_a_day_that_is_over_comes_a_new_one(tmp_path, modelled):
    day = open_day(PLAN, tmp_path)
    make_runs(day)
    day.day.steps.update({step: [] for step in STEPS})
    day._write()
    assert open_day(PLAN, tmp_path).day.runs == {}
    assert newest_day(tmp_path) == day.day


def test_the_page_says_how_far_off_the_model_was_and_where_it_ran(tmp_path, modelled):
    day = open_day(PLAN, tmp_path)
    make_runs(day)
    day.day.steps = {
        "doctor": ["ok   AWS credentials: valid at http://127.0.0.1:1, which is not AWS itself"],
        "collect": ["sfn-cold: late", "sfn-warm: late"],
        "calibrate": {
            "constants": {"sfn_map_end_s": [3.0, 1.5, "s"]},
            "untold": {"s3_get": "sfn, 2,000 items"},
            "errors": [],
        },
        "destroy": {"kept": False, "removed": ["AWS::SQS::Queue <one>"]},
    }
    errors = check_predictions(tmp_path)
    text = page(asdict(day.day), errors, tmp_path)
    assert "Over 5 runs the model missed, in the median, the dollars by " in text
    assert "not on AWS" in text
    assert text.count("Not there yet: late") == 1
    assert "<li>s3_get, by sfn, 2,000 items</li>" in text
    assert "AWS::SQS::Queue &lt;one&gt;" in text
    assert all(f"<th>{name}</th>" in text for name in day.day.runs)
