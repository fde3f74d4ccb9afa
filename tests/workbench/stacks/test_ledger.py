"""The ledger: what was begun is found again, and nothing in it is half written."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from workbench.designs import make_design
from workbench.errors import BadRecord
from workbench.runs.records import TIMELINE_COLUMNS, USAGE_COLUMNS, Run, RunData, write_folder
from workbench.stacks.ledger import Entry, Ledger

KNOBS = make_design("sqs").knobs()

ENTRY = Entry("b-1", "order", "sqs", 100, 7, "stack", "us-east-1", {})


def keep(ledger_results, run_id="b-1", batch_id="b-1", status="complete"):
    """A run folder of a batch."""
    run = Run(run_id, "sqs", "aws", 100, 7, KNOBS, batch_id, "2026-11-23T06:00:00Z", status=status)
    timeline = pd.DataFrame(columns=TIMELINE_COLUMNS)
    write_folder(RunData(run, timeline, pd.DataFrame(columns=USAGE_COLUMNS)), ledger_results)


def test_an_entry_is_read_as_it_was_written(tmp_path):
    ledger = Ledger(tmp_path)
    entry = ledger.write(ENTRY.at("triggered", triggered_at=1.5))
    assert (ledger.read("b-1"), ledger.entries()) == (entry, [entry])
    assert ledger.read("b-2") is None


@pytest.mark.parametrize("phase", ["planned", "triggered", "notified", "stopped"])
def test_a_batch_that_did_not_end_is_found_by_its_order(tmp_path, phase):
    ledger = Ledger(tmp_path)
    entry = ledger.write(ENTRY.at(phase))
    assert ledger.find("order") == entry
    assert ledger.find("another") is None
    assert ledger.live("stack") == [entry]


@pytest.mark.parametrize("phase", ["collected", "failed", "purged", "destroyed"])
def test_a_batch_that_ended_is_not_found(tmp_path, phase):
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY.at(phase))
    assert (ledger.find("order"), ledger.live("stack")) == (None, [])


def test_the_newest_of_two_is_gone_on_with(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)
    newest = ledger.write(replace(ENTRY, batch_id="b-2"))
    assert ledger.find("order") == newest


def test_a_notified_batch_has_ended_once_its_folder_is_there(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY.at("notified"))
    keep(tmp_path, status="incomplete")
    keep(tmp_path, run_id="b-10", batch_id="b-10")  # of another batch
    assert ledger.find("order") is not None
    keep(tmp_path, run_id="another-name")
    assert ledger.find("order") is None
    assert ledger.read("b-1").phase == "collected"


def test_settings_are_kept_until_they_are_dropped(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.settings("stack") is None
    ledger.keep_settings("stack", {"cron": True})
    assert (ledger.settings("stack"), ledger.entries()) == ({"cron": True}, [])
    ledger.drop_settings("stack")
    ledger.drop_settings("stack")
    assert ledger.settings("stack") is None


def test_no_half_written_file_takes_a_place(tmp_path, monkeypatch):
    """The machine goes off while the file is written: the old entry is there, whole."""
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)

    def crash(descriptor):
        raise OSError("no power")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="no power"):
        ledger.write(ENTRY.at("triggered"))
    assert ledger.read("b-1") == ENTRY


@pytest.mark.parametrize("text", ["", "{", "[]", '{"batch_id": "b-1"}', "[" * 100_000])
def test_a_damaged_entry_is_named(tmp_path, text):
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)
    (tmp_path / "ledger" / "b-1.json").write_text(text)
    with pytest.raises(BadRecord, match=r"b-1\.json"):
        ledger.find("order")


@pytest.mark.parametrize(
    "changes",
    [{"batch_id": "../../b"}, {"batch_id": "b-2"}, {"items": "100"}, {"triggered_at": "noon"},
     {"triggered_at": float("nan")}, {"region": None}],
)  # fmt: skip
def test_an_entry_that_is_not_its_own_is_named(tmp_path, changes):
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)
    path = tmp_path / "ledger" / "b-1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(BadRecord, match=r"b-1\.json.*Move the file away"):
        ledger.entries()


def test_a_batch_whose_name_is_a_path_is_none_of_the_ledger(tmp_path):
    (tmp_path / "ledger").mkdir()
    (tmp_path / "b-1.json").write_text("{")
    assert Ledger(tmp_path).read("../b-1") is None


def test_an_unknown_phase_is_refused(tmp_path):
    with pytest.raises(BadRecord, match="phase 'begun' is none of planned"):
        ENTRY.at("begun")
    ledger = Ledger(tmp_path)
    ledger.write(ENTRY)
    path = tmp_path / "ledger" / "b-1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"phase": "begun"}))
    with pytest.raises(BadRecord, match="phase 'begun'"):
        ledger.entries()
