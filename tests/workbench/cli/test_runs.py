"""`workbench runs`: what lies in the results folder is listed, shown, and removed when told to."""

import io
import json
import shutil

import pandas as pd
import pytest

from workbench.runs.records import read_run
from workbench.runs.runner import RunRequest, run_request
from workbench.runs.sets import pack
from workbench.stacks.ledger import Entry, Ledger

LISTED = (
    "run_id design target items seed started_at status reason items_failed cost_usd figures "
    "detected_s detection_lag_s path"
).split()


@pytest.fixture
def answer(command, stored):
    """What `workbench runs` says about the stored runs: exit code, output, errors."""
    return lambda *words: command("runs", *words, "--results", stored.results)


def test_the_list_has_damaged_folders_first_and_the_newest_run_last(answer, stored):
    code, out, err = answer("list")
    lines = out.splitlines()
    assert (code, err) == (0, f"3 runs in {stored.results}\n")
    assert lines[0].startswith(f"damaged: {stored.damaged}/run.json is damaged: ")
    assert lines[1].split()[0] == "run"
    assert [line.split()[0] for line in lines[2:]] == ["sqs-a", "sfn-a"]
    assert all("complete" in line and "modelled" in line for line in lines[2:])


def test_the_list_as_json(answer, stored):
    code, out, err = answer("list", "--json")
    told = json.loads(out)
    damaged, sqs, sfn = told.pop("runs")
    assert (code, err) == (0, "")
    assert told == {"schema": 1, "command": "runs list", "results": str(stored.results)}
    assert damaged.pop("reason").startswith(f"{stored.damaged}/run.json is damaged: ")
    assert damaged == {"run_id": "sqs-b", "status": "damaged", "path": str(stored.damaged)}
    for row, path in ((sqs, stored.sqs), (sfn, stored.sfn)):
        run = read_run(path)
        own = {name: getattr(run, name) for name in LISTED[:10]}
        assert row == own | {
            "figures": "modelled",
            "detected_s": run.detected_s,
            "detection_lag_s": run.detection_lag_s,
            "path": str(path),
        }


def test_the_list_can_be_of_one_design_and_one_target(answer):
    rows = json.loads(answer("list", "--design", "sfn", "--target", "model", "--json")[1])["runs"]
    assert [row["run_id"] for row in rows] == ["sqs-b", "sfn-a"]  # the damaged one may be either
    rows = json.loads(answer("list", "--target", "local", "--json")[1])["runs"]
    assert [row["run_id"] for row in rows] == ["sqs-b"]


@pytest.mark.parametrize("words", [("--design", "sqsx"), ("--target", "moon")])
def test_a_filter_that_nothing_can_pass_is_refused(answer, words):
    code, out, err = answer("list", *words)
    assert (code, out) == (2, "")
    assert f"{words[0][2:]}={words[1]!r} is not known. Take one of " in err


def test_a_run_is_shown_with_dollars_by_label_and_changed_knobs(answer, stored):
    code, out, _ = answer("show", "sfn-a")
    run = read_run(stored.sfn)
    assert code == 0
    assert out.startswith("sfn-a: sfn on model, 100 items, seed 7\n")
    assert f"  dollars    {run.cost_usd:,.6f} modelled\n" in out
    assert "    items_per_child = 50 (default 100)\n" in out
    assert f"    knowing    {run.knowing_usd:,.6f}\n" in out
    assert answer("show", "sqs-a")[1].endswith("  knobs      all default\n")


def test_a_run_as_json_is_its_record_and_what_was_worked_out(answer, stored):
    code, out, err = answer("show", "sfn-a", "--json")
    told = json.loads(out)
    record = json.loads((stored.sfn / "run.json").read_text())
    shown = told.pop("run")
    assert (code, err) == (0, "")
    assert told == {"schema": 1, "command": "runs show"}
    assert {name: shown.pop(name) for name in record} == record
    labels = shown.pop("usd_by_label")
    assert list(labels) == ["work", "dispatch", "knowing", "telemetry", "measuring"]
    assert sum(map(float, labels.values())) == pytest.approx(record["cost_usd"])
    assert {type(usd) for usd in labels.values()} == {str}
    assert shown == {
        "failures": [],
        "billed_anew": False,
        "cost_usd_stored": record["cost_usd"],
        "free_tier": False,
        "discounts": [],
        "path": str(stored.sfn),
        "figures": "modelled",
        "detection_lag_s": record["detected_s"] - record["processed_s"],
        "changed_knobs": {"items_per_child": {"value": 50, "default": 100}},
    }


def test_a_run_that_is_not_there_is_one_line(answer):
    code, out, err = answer("show", "sqs-z")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "is called 'sqs-z'. `workbench runs list` lists them." in err


def test_removing_asks_and_a_no_keeps_everything(answer, stored, monkeypatch):
    asked = []
    monkeypatch.setattr("typer.confirm", lambda text, **_: asked.append(text))
    assert answer("rm", "sqs-a")[:2] == (0, f"removed: {stored.sqs}\n")
    assert asked == ["Remove these for good?"]


def test_without_an_answer_nothing_is_removed(command, stored, monkeypatch):
    for typed in ("n\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code, out, _ = command("runs", "rm", "sqs-a", "--results", stored.results)
        assert (code, out.strip(), stored.sqs.is_dir()) == (1, "", True)


def test_several_are_removed_with_their_predictions(answer, stored):
    predictions = stored.results / "predictions"
    predictions.mkdir()
    for run_id in ("sqs-a", "sfn-a"):
        (predictions / f"{run_id}.json").write_text("{}")
    code, out, _ = answer("rm", "sqs-a", stored.damaged, "--yes")
    assert (code, out) == (0, f"removed: {stored.sqs}\nremoved: {stored.damaged}\n")
    assert [path.name for path in (stored.results / "runs").iterdir()] == ["sfn-a"]
    assert [path.name for path in predictions.iterdir()] == ["sfn-a.json"]


def test_an_open_batch_is_refused_before_any_run_is_removed(answer, stored):
    entry = Entry("sfn-a", "order", "sfn", 100, 7, "stack", "us-east-1", {}, phase="triggered")
    Ledger(stored.results).write(entry)
    code, out, err = answer("rm", "sqs-a", "sfn-a", "--yes")
    assert (code, out) == (2, "")
    assert "the batch sfn-a is still open on AWS" in err
    assert (stored.sqs.is_dir(), stored.sfn.is_dir()) == (True, True)
    Ledger(stored.results).write(entry.at("purged"))
    assert answer("rm", "sqs-a", "sfn-a", "--yes")[0] == 0


def test_the_items_that_failed_are_shown_with_their_reasons(answer, stored):
    request = RunRequest("sfn", "model", 100, settings={"poison_per_million": 500_000})
    path = run_request(request, stored.results, lambda _: None, "poisoned")
    table = pd.DataFrame(
        {"item": ["i-1", "i-2"], "items": [1, 1], "reason": ["worn out"] * 2, "attempts": [2, None]}
    ).astype({"attempts": "Int64"})
    table.to_parquet(path / "failures.parquet", index=False)
    run = json.loads(answer("show", "poisoned", "--json")[1])["run"]
    assert run["failures"] == [
        {"item": "i-1", "items": 1, "reason": "worn out", "attempts": 2},
        {"item": "i-2", "items": 1, "reason": "worn out", "attempts": None},
    ]
    line = f"  failed     {run['items_failed']} of 100 items failed: "
    assert line in answer("show", "poisoned")[1]


def test_a_run_of_a_packed_set_is_shown_as_from_its_folder_and_is_not_removed(
    answer, command, stored
):
    shutil.rmtree(stored.damaged)
    packed = stored.results / "packed"
    pack(stored.results, packed)
    code, out, _ = command("runs", "show", "sfn", "--json", "--results", packed)
    shown, folder = (json.loads(text)["run"] for text in (out, answer("show", "sfn", "--json")[1]))
    paths = (shown.pop("path"), folder.pop("path"))
    assert (code, shown) == (0, folder)
    assert paths == (str(packed / "runs" / "sfn-a"), str(stored.sfn))
    code, _, err = command("runs", "rm", "sfn", "--yes", "--results", packed)
    assert (code, "is in a packed set" in err) == (2, True)
