"""Pulls are kept whole, beside their run, and no older one is touched."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from workbench.errors import BadRecord
from workbench.pull.store import COLUMNS, newest_pull, pull_stamps, read_pull, tidy, write_pull

NOW = datetime(2026, 11, 23, 6, 45, tzinfo=UTC)
STAMPS = ["20261123T064500000000Z", "20261123T074500000000Z"]


def costs(usd):
    start, end = NOW, NOW + timedelta(hours=1)
    flags = (True, False, False)
    return tidy(
        "costs",
        [
            (
                "Amazon Simple Queue Service",
                "Requests-Tier1",
                "N/A",
                Decimal(3),
                Decimal(0),
                Decimal(usd),
                start,
                end,
                *flags,
                *("item_queue", "dispatch"),
            )
        ],
    )


@pytest.fixture
def run_folder(tmp_path):
    """A run's folder with two pulls in it."""
    folder = tmp_path / "run-1"
    folder.mkdir()
    for hour, usd in enumerate(("0.1", "0.2")):
        write_pull(folder, "costs", costs(usd), {"settled": False}, NOW + timedelta(hours=hour))
    return folder


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "pulls").iterdir()}


def test_the_newest_pull_is_read_and_an_older_one_by_its_time(run_folder):
    newest, oldest = read_pull(run_folder, "costs"), read_pull(run_folder, "costs", STAMPS[0])
    pd.testing.assert_frame_equal(newest.frame, costs("0.2"))
    pd.testing.assert_frame_equal(oldest.frame, costs("0.1"))
    assert (newest.run_id, newest.stamp, newest.facts) == ("run-1", STAMPS[1], {"settled": False})
    assert oldest.pulled_at == NOW
    assert pull_stamps(run_folder, "costs") == STAMPS


@pytest.mark.parametrize("kind", ["cloudwatch", "insights", "costs", "failed"])
def test_every_kind_comes_back_with_its_types_even_when_empty(run_folder, kind):
    write_pull(run_folder, kind, tidy(kind, []), {}, NOW + timedelta(days=1))
    kept = read_pull(run_folder, kind).frame
    assert list(kept.columns) == list(tidy(kind, []).columns)
    assert len(kept) == 0


def test_pulls_of_other_kinds_are_others(run_folder):
    assert newest_pull(run_folder, "cloudwatch") is None
    with pytest.raises(BadRecord, match="Make one with `workbench collect run-1`"):
        read_pull(run_folder, "cloudwatch")
    with pytest.raises(BadRecord, match="has no costs pull of 2025"):
        read_pull(run_folder, "costs", "2025")


def test_a_second_pull_never_overwrites_a_first(run_folder):
    before = files(run_folder)
    with pytest.raises(BadRecord, match="never written twice"):
        write_pull(run_folder, "costs", costs("9"), {}, NOW)
    assert files(run_folder) == before


def test_a_frame_of_another_shape_is_refused_and_leaves_nothing(run_folder):
    before = files(run_folder)
    half = costs("1").drop(columns="settled")
    with pytest.raises(BadRecord, match="has columns"):
        write_pull(run_folder, "costs", half, {}, NOW + timedelta(days=1))
    with pytest.raises(BadRecord, match="no known kind"):
        write_pull(run_folder, "taxes", half, {}, NOW + timedelta(days=1))
    assert files(run_folder) == before


@pytest.mark.parametrize("step", [0, 1])
def test_a_crash_while_writing_leaves_the_older_pull_as_the_newest(run_folder, monkeypatch, step):
    before, renames, rename = files(run_folder), [], os.replace

    def crash(source, target):
        renames.append(target)
        if len(renames) > step:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        write_pull(run_folder, "costs", costs("9"), {}, NOW + timedelta(days=1))
    assert read_pull(run_folder, "costs").stamp == STAMPS[1]
    assert before.items() <= files(run_folder).items()
    assert not list((run_folder / "pulls").glob(".tmp*"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data, text: (data[:-1], text),
        lambda data, text: (b"", text),
        lambda data, text: (None, text),
        lambda data, text: (data, text[: len(text) // 2]),
        lambda data, text: (data, b"[]"),
        lambda data, text: (data, text.replace(b'"run-1"', b'"run-2"')),
        lambda data, text: (data, text.replace(b'"schema_version": 1', b'"schema_version": 2')),
    ],
)
def test_a_damaged_pull_is_an_error_that_names_the_older_one(run_folder, damage):
    table, facts = (
        run_folder / "pulls" / f"{STAMPS[1]}-costs{end}" for end in (".parquet", ".json")
    )
    data, text = damage(table.read_bytes(), facts.read_bytes())
    table.unlink()
    if data is not None:
        table.write_bytes(data)
    facts.write_bytes(text)
    with pytest.raises(BadRecord, match=f"an older one is of {STAMPS[0]}"):
        read_pull(run_folder, "costs")
    pd.testing.assert_frame_equal(read_pull(run_folder, "costs", STAMPS[0]).frame, costs("0.1"))


def test_an_older_pull_of_costs_knew_no_resource_and_no_label(run_folder, monkeypatch):
    older = costs("3").drop(columns=["resource", "label"])
    with monkeypatch.context() as then:
        then.setitem(COLUMNS, "costs", list(older.columns))
        write_pull(run_folder, "costs", older, {}, NOW + timedelta(days=1))
    found = read_pull(run_folder, "costs").frame
    pd.testing.assert_frame_equal(found, costs("3").assign(resource="", label=""))
