"""A prediction is on disk before its run, is written once, and is compared line by line."""

import json
from dataclasses import replace

import pytest

from workbench.errors import BadInput, BadRecord
from workbench.runs.predictions import COLUMNS, check_predictions, predict, read_prediction
from workbench.runs.runner import RunRequest, run_request

ORDER = RunRequest("sqs", "local", 100, seed=3)


def model_run_as(request, results, run_id):
    """The model's run under a name; stands for the run that was predicted."""
    return run_request(replace(request, target="model"), results, lambda _: None, run_id)


def as_local(path):
    """Let a model's run folder count as one of `local`."""
    content = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(content | {"target": "local"}))


def test_a_prediction_has_every_quantity_and_every_line_with_a_range(tmp_path):
    said = read_prediction(predict(ORDER, "r1", tmp_path))
    assert (said.run_id, said.design, said.items, said.seed) == ("r1", "sqs", 100, 3)
    assert {"processed_s", "detected_s", "cost_usd", "knowing_usd"} <= set(said.lines)
    assert any("WriteRequestUnits (knowing)" in name for name in said.lines)
    for _, low, middle, high in said.lines.values():
        assert low <= middle <= high
    lines = sum(middle for name, (_, _, middle, _) in said.lines.items() if name.endswith(")"))
    assert lines == pytest.approx(said.lines["cost_usd"][2], rel=0.05)


def test_the_first_word_counts(tmp_path):
    path = predict(ORDER, "r1", tmp_path)
    before = path.read_bytes()
    assert predict(replace(ORDER, items=999), "r1", tmp_path) == path
    assert path.read_bytes() == before


def test_nothing_is_predicted_after_the_fact(tmp_path):
    model_run_as(ORDER, tmp_path, "r1")
    with pytest.raises(BadInput, match="a prediction comes before its run"):
        predict(ORDER, "r1", tmp_path)


def test_the_model_does_not_predict_itself(tmp_path):
    assert predict(replace(ORDER, target="model"), "r1", tmp_path) is None
    assert not (tmp_path / "predictions").exists()


def test_the_check_gives_the_error_of_every_line(tmp_path):
    predict(ORDER, "r1", tmp_path)
    assert check_predictions(tmp_path).empty  # not run yet
    as_local(model_run_as(ORDER, tmp_path, "r1"))
    found = check_predictions(tmp_path)
    assert list(found.columns) == COLUMNS
    row = found.set_index("line").loc["processed_s"]
    expected = 100 * (row["predicted"] - row["actual"]) / row["actual"]
    assert row["error_percent"] == pytest.approx(expected)
    assert row["low"] <= row["actual"] <= row["high"]  # the model's own first replication
    assert len(found) == len(read_prediction(tmp_path / "predictions/r1.json").lines)


def test_a_run_of_another_order_is_named_and_not_compared(tmp_path, capsys):
    predict(ORDER, "r1", tmp_path)
    model_run_as(ORDER, tmp_path, "r1")  # its target is another
    assert check_predictions(tmp_path).empty
    assert "the prediction of r1 is of another order" in capsys.readouterr().err
    with pytest.raises(BadRecord, match="of another order"):
        check_predictions(tmp_path, "r1")


@pytest.mark.parametrize("line", [["$", 2.0, 1.0, 3.0], ["$", -1.0, 0.0, 1.0], ["$", 0.0, 1.0]])
def test_a_line_that_cannot_be_is_refused(tmp_path, line):
    path = predict(ORDER, "r1", tmp_path)
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"lines": content["lines"] | {"cost_usd": line}}))
    with pytest.raises(BadRecord, match=r"r1\.json is no prediction"):
        read_prediction(path)


def test_a_damaged_prediction_is_an_error(tmp_path):
    path = predict(ORDER, "r1", tmp_path)
    path.write_text("{")
    with pytest.raises(BadRecord, match=r"r1\.json cannot be read"):
        read_prediction(path)


def test_a_prediction_is_told_in_dollars_and_seconds(tmp_path):
    said = read_prediction(predict(ORDER, "r1", tmp_path))
    (_, low, usd, high), known_s = said.lines["cost_usd"], said.lines["detected_s"][2]
    dollars = f"${usd:,.6f} ({low:,.6f} to {high:,.6f})"
    assert said.told == f"{dollars}, known to be done after {known_s:,.0f} s"
