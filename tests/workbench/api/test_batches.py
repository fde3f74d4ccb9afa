"""Batches to come: asked in Python they are what the command line makes of the same words."""

import json
from dataclasses import fields

import pytest

import workbench
from workbench import advise, estimate, load_bills, load_runs, run, tune
from workbench.advice.question import Question
from workbench.bill.terms import Terms
from workbench.designs import DESIGNS
from workbench.errors import BadInput, BadKnob
from workbench.project import WORKLOADS
from workbench.runs.records import read_run
from workbench.workload.durations import item_ms_of


def test_a_run_is_kept_with_its_prediction_and_told_in_a_few_fields(tmp_path):
    done = run("counters", 40, folder=tmp_path, seed=3, poll_s=5, value_max=20)
    kept = read_run(done.folder)
    told = {"run_id", "status", "reason", "items_failed", "detected_s", "detection_lag_s"}
    assert {name: getattr(done, name) for name in told} == {n: getattr(kept, n) for n in told}
    assert done.status == "complete"
    assert (kept.target, kept.items, kept.seed, kept.knobs["poll_s"]) == ("local", 40, 3, 5)
    assert (tmp_path / "predictions" / f"{done.run_id}.json").is_file()
    assert load_runs(tmp_path)["run_id"].tolist() == [done.run_id]
    assert done.bill["cost_usd"].sum() == pytest.approx(done.cost_usd)
    assert load_bills(tmp_path)["cost_usd"].tolist() == done.bill["cost_usd"].tolist()
    assert "bill" not in repr(done)


def test_items_that_failed_are_counted(tmp_path):
    done = run("sqs", 30, folder=tmp_path, poison_per_million=500_000, value_max=20)
    assert done.items_failed == read_run(done.folder).items_failed > 0


def test_what_cannot_work_is_refused_and_leaves_nothing(tmp_path):
    for design, knobs in (("nqs", {}), ("sqs", {"poll_s": 0}), ("sqs", {"polls": 5})):
        for ask in (estimate, tune, lambda *a, **k: run(*a, folder=tmp_path / "own", **k)):
            with pytest.raises(BadInput):
                ask(design, 100, **knobs)
    assert list(tmp_path.iterdir()) == []


def test_an_estimate_has_the_figures_of_the_command_line(command):
    arguments = ("--design", "sfn", "--items", "1e4", "--set", "items_per_child=50", "--json")
    _, out, _ = command("estimate", *arguments, "--replications", 3)
    [told] = json.loads(out)["designs"]
    found = estimate("sfn", 1e4, items_per_child=50, replications=3)
    for name in ("usd", "coordination_usd", "knowing_usd", "minutes", "detection_lag_s"):
        assert vars(getattr(found, name)) == pytest.approx(told[name])
        assert told[name]["low"] <= told[name]["likely"] <= told[name]["high"]
    assert found.bill["cost_usd"].sum() == pytest.approx(found.usd.likely)
    assert (found.items, found.binding_limit) == (10_000, told["binding_limit"])


def test_an_estimate_says_which_knobs_were_fitted_and_refuses_what_has_no_price(capsys):
    estimate("sqs", 100, replications=1, value_max=60_000)
    assert capsys.readouterr().err.startswith("fitted: ")
    with pytest.raises(BadInput, match="no price list has its price"):
        estimate("sqs", 100, warm_write_units=10_000)


def test_a_tuning_leaves_the_knobs_that_are_given_and_takes_the_items_from_theirs():
    given = {"memory_mb": 256, "chunks_per_segment": 740, "items_per_chunk": 25}
    found = tune("durable", 200, within_s=600, value_max=50, cpu_ms=2, **given)
    design = found.cheapest.design
    assert {name: design.knobs()[name] for name in ("value_max", "cpu_ms", "memory_mb")} == {
        "value_max": 50,
        "cpu_ms": 2,
        "memory_mb": 256,
    }
    assert found.goal.fixed == given
    assert found.cheapest.mean_s <= 600


def test_advice_asks_what_the_file_says(monkeypatch):
    asked = []
    monkeypatch.setattr("workbench.advice.answer.advise", lambda *all_: asked.append(all_))
    advise(WORKLOADS / "web_calls.yaml", "20k", item_concurrency=3)
    advise(str(WORKLOADS / "web_calls.yaml"), processes=None, terms=Terms("eu-west-1"))
    [(first, one), (second, every)] = asked
    assert (one, every) == (1, None)
    assert isinstance(first, Question)
    assert (first.items, first.item_concurrency, first.promise) == (20_000, 3, "no_two_owners")
    assert (second.items, second.terms.region) == (10_000, "eu-west-1")
    assert first.item_ms == second.item_ms != item_ms_of({"value_max": 1_000})


def test_no_knob_has_the_name_of_what_is_asked_beside_the_knobs():
    asked = {
        name
        for function in ("run", "estimate", "tune")
        for name in getattr(workbench, function).__kwdefaults__
    } | {"design", "items", "target"}
    knobs = {one.name for design in DESIGNS.values() for one in fields(design)}
    assert asked & knobs == {"item_concurrency"}  # of a tuning: the most, and a knob that it sets
    with pytest.raises(BadKnob):
        tune("sqs", 100, item_concurrency=0)
