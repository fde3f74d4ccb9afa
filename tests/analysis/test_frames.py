"""Side tables are whole, known and of fixed columns."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis import frames as runs_shown
from analysis.frames import (
    Frames,
    beside_reference,
    in_words,
    own_beside_reference,
    read_side_table,
    which_runs,
    write_side_table,
)
from analysis.needs import NothingToShow
from analysis.pictures import answers
from workbench.errors import BadInput, BadRecord
from workbench.runs.records import write_folder
from workbench.runs.sets import pack

LIMITS = pd.DataFrame({"design": ["sqs"], "items": [100], "limit": ["poll"], "held_s": [1.5]})


def test_a_table_is_read_as_it_was_written(tmp_path):
    path = write_side_table(tmp_path, "limits", LIMITS)
    pd.testing.assert_frame_equal(read_side_table(tmp_path, "limits"), LIMITS)
    assert [p.name for p in path.parent.iterdir()] == ["limits.csv"]


def test_a_table_that_nobody_wrote_has_no_rows(tmp_path):
    assert list(read_side_table(tmp_path, "limits").columns) == list(LIMITS.columns)
    assert read_side_table(tmp_path, "limits").empty


def test_unknown_names_and_other_columns_are_refused(tmp_path):
    with pytest.raises(BadInput, match="side table 'limit' is not known"):
        read_side_table(tmp_path, "limit")
    with pytest.raises(BadRecord, match="of limits has columns"):
        write_side_table(tmp_path, "limits", LIMITS.drop(columns="items"))
    write_side_table(tmp_path, "limits", LIMITS)
    (tmp_path / "tables" / "limits.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadRecord, match=r"limits\.csv of limits has columns \['a', 'b'\]"):
        read_side_table(tmp_path, "limits")
    (tmp_path / "tables" / "limits.csv").write_text("")
    with pytest.raises(BadRecord, match=r"limits\.csv cannot be read"):
        read_side_table(tmp_path, "limits")


def test_a_chart_of_a_table_that_nobody_wrote_is_refused_with_what_writes_it(tmp_path):
    for name, command in (("limits", "make study"), ("agreement", "make agreement")):
        with pytest.raises(NothingToShow, match=f"no table of {name} to draw. Run `{command}`"):
            Frames(tmp_path).needed(name)


@pytest.fixture
def reference(folder, tmp_path, monkeypatch):
    """A packed set with a run of each design at 1,000 items, and one of sqs at 100."""
    stored = tmp_path / "kept"
    for design, items in (("sqs", 1_000), ("sfn", 1_000), ("sqs", 100)):
        write_folder(folder(design, "model", items), stored)
    pack(stored, stored / "reference")
    monkeypatch.setattr(runs_shown, "REFERENCE", stored / "reference")
    return Frames(stored / "reference")


@pytest.fixture
def own(folder, tmp_path):
    """One run that the reference has too, dearer and later, and one with knobs of its own."""
    same = folder("sqs", "model", 1_000)
    bill = same.bill.assign(cost_usd=[usd * 2 for usd in same.bill["cost_usd"]])
    run = replace(same.run, detected_s=same.run.detected_s * 1.1, started_at="2026-11-25T06:00:00Z")
    write_folder(replace(same, run=run, bill=bill), tmp_path)
    write_folder(folder("sqs", "model", 1_000, poll_s=5), tmp_path)
    return Frames(tmp_path)


def test_the_set_is_named_with_its_days_and_runs(own, reference):
    assert which_runs(own) == (
        "Your own runs of 2026-11-23 to 2026-11-25: 2 runs (2 on model), 1 seeds, prices of "
        "2026-11-23, commit 8848116b5e01."
    )
    assert which_runs(reference).startswith(
        "The reference set of this project (`make reference`): 3 runs (3 on model), "
    )


def test_runs_of_the_same_order_stand_beside_the_reference_and_no_others(own, reference):
    [row] = beside_reference(own.runs, reference.runs).to_dict("records")
    assert [row[key] for key in ("design", "target", "items", "setting")] == [
        "sqs", "model", 1_000, "default"
    ]  # fmt: skip
    assert row["per_million_usd"] == pytest.approx(2 * row["per_million_usd_reference"])
    assert row["per_million_usd_percent"] == pytest.approx(100)
    assert row["detected_s_percent"] == pytest.approx(10)
    assert row["detection_lag_s"] > row["detection_lag_s_reference"]


def test_dollars_of_other_prices_are_not_set_beside(own, reference):
    [row] = in_words(
        beside_reference(own.runs.assign(price_date="2027-01-01"), reference.runs)
    ).to_dict("records")
    assert row["dollars a million"] == ""
    assert row["known after"].endswith("(+10.0 %)")


def test_the_answers_name_the_set_and_hold_the_comparison(own, reference):
    page = answers(own)._repr_html_()
    assert "Your own runs of" in page
    assert "1 settings that both have run" in page
    assert "(+100.0 %)" in page
    assert page.count("<tr") == 2


def test_the_reference_is_not_compared_with_itself(reference):
    assert own_beside_reference(reference).empty
    assert "settings that both have run" not in answers(reference)._repr_html_()


def test_a_folder_without_runs_says_what_to_do(tmp_path, reference):
    page = answers(Frames(tmp_path / "empty"))._repr_html_()
    assert "Run `make study`, or `workbench run`" in page
    assert "--results results/reference" in page
