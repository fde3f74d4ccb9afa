"""The frames that charts stand on."""

from decimal import Decimal

import pandas as pd
import pytest

from analysis import measures
from analysis.needs import NothingToShow, usable, usual_length
from workbench.designs import DESIGNS, make_design
from workbench.runs.sets import usd_by_label


@pytest.mark.parametrize(
    ("preset", "settings", "name"),
    [
        ("default", {}, "default"),
        ("published", {}, "published"),
        ("tuned", {}, "tuned"),
        ("default", {"poll_s": 5, "track": "message"}, "poll_s=5, track=message"),
        ("default", {"value_max": 20, "poison_per_million": 3}, "default"),
    ],
)
def test_a_setting_is_named_by_its_preset_or_by_what_differs(preset, settings, name):
    knobs = make_design("sqs", preset, settings).knobs()
    words = measures.setting("sqs", knobs).split(", ")
    assert sorted(words) == sorted(name.split(", "))


def test_runs_carry_their_knobs_and_dollars(frames):
    runs = frames.runs
    assert {"knobs", "setting", "changes", "item_ms", "mean_ms", "batch_usd"} <= set(runs.columns)
    assert (runs["changes"] == 0).equals(runs["setting"] == "default")
    assert runs["per_million_usd"].tolist() == pytest.approx(
        (runs["cost_usd"] * 1e6 / runs["items"]).tolist()
    )


def test_items_are_told_apart_by_all_that_they_are(folder, stored):
    """Else a chart would mix runs of different work."""
    heavy = {"item_bytes": 300, "cpu_ms": 40}
    results = stored(folder("sqs", "model", 100, 1), folder("sqs", "model", 100, 2, **heavy))
    runs = measures.runs_with_knobs(results).sort_values("seed")
    words = ["0 to 1,000 ms", "0 to 1,000 ms, cpu_ms=40, item_bytes=300"]
    assert (runs["item_ms"].tolist(), runs["mean_ms"].tolist()) == (words, [500, 540])
    assert set(usual_length(usable(runs)).runs["item_ms"]) == {words[0]}


def test_what_the_look_itself_cost_is_not_the_batchs(folder, stored):
    one = folder("sqs", "aws", 100)
    line = one.bill.iloc[[0]].assign(label="measuring", cost_usd=[Decimal(5)])
    one.bill.loc[len(one.bill)] = line.iloc[0]
    results = stored(one)
    runs = measures.runs_with_knobs(results)
    found = measures.with_batch_usd(runs, usd_by_label(results)).iloc[0]
    assert found["batch_usd"] == pytest.approx(one.run.cost_usd)
    assert found["knowing_per_million_usd"] == pytest.approx(one.run.knowing_usd * 10_000)


def test_a_run_without_a_bill_has_no_dollars_rather_than_none_to_pay(folder, stored):
    one = folder("sqs", "model", 100)
    results = stored(one)
    (results / "runs" / one.run.run_id / "bill.parquet").unlink()
    runs = measures.runs_with_knobs(results)
    found = measures.with_batch_usd(runs, usd_by_label(results))
    assert found[["batch_usd", "knowing_per_million_usd"]].isna().all(axis=None)


def test_a_damaged_bill_is_named(folder, stored, capsys):
    one = folder("sqs", "model", 100)
    results = stored(one)
    path = results / "runs" / one.run.run_id / "bill.parquet"
    path.write_bytes(path.read_bytes()[:40])
    assert usd_by_label(results).empty
    assert "bill.parquet" in capsys.readouterr().err


def test_runs_of_another_schema_are_named_and_passed_over(folder, stored, capsys):
    stored(folder("sqs", "model", 100))
    other = folder("sfn", "model", 100)
    results = stored(other)
    record = results / "runs" / other.run.run_id / "run.json"
    record.write_text(record.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    assert measures.runs_with_knobs(results)["design"].tolist() == ["sqs"]
    assert "has schema version 2" in capsys.readouterr().err


def test_runs_of_one_size_have_a_middle_and_extremes():
    runs = pd.DataFrame(
        {"design": "sqs", "target": "model", "items": 100, "processed_s": [1.0, 2.0, 3.0, None]}
    )
    [row] = measures.by_size(runs, "processed_s").to_dict("records")
    assert row == {
        "design": "sqs",
        "target": "model",
        "items": 100,
        "low": pytest.approx(1.1),
        "middle": 2.0,
        "high": pytest.approx(2.9),
        "runs": 3,
    }


def test_the_bill_by_label_sums_up_to_the_bill(frames):
    sums = measures.usd_per_million(frames.bills, "label").groupby("design")["usd"].sum()
    runs = frames.runs[frames.runs["run_id"].isin(frames.bills["run_id"])]
    assert sums.to_dict() == pytest.approx(
        runs.groupby("design")["per_million_usd"].mean().to_dict()
    )


def test_the_film_shows_one_batch_near_a_hundred_thousand_items(frames):
    batch = frames.batch
    assert list(batch["design"]) == list(DESIGNS)
    assert set(batch["items"]) == {100_000}
    assert batch["seed"].nunique() == batch["target"].nunique() == 1
    assert set(frames.batch_timelines["run_id"]) == set(batch["run_id"])


def test_two_runs_of_different_batches_are_no_pair(folder, stored):
    results = stored(folder("sqs", "model", 100, 7), folder("sfn", "model", 100, 8))
    with pytest.raises(NothingToShow, match="no two runs"):
        measures.story_batch(measures.runs_with_knobs(results))


def test_designs_without_a_size_in_common_are_not_set_side_by_side(folder, stored):
    results = stored(folder("sqs", "model", 100), folder("sfn", "model", 1_000))
    with pytest.raises(NothingToShow, match="no number of items in common"):
        measures.near_a_million(usable(measures.runs_with_knobs(results)))
