"""A packed set has the same runs and tables as the run folders that it was packed of."""

from decimal import Decimal

import pandas as pd
import pytest

from workbench.errors import BadInput, BadRecord
from workbench.runs import sets
from workbench.runs.records import TABLES
from workbench.runs.results_folder import is_packed, published, refuse_unwritable
from workbench.runs.runner import RunRequest, run_request
from workbench.runs.sets import (
    pack,
    read_runs,
    read_tables,
    runs_frame,
    usd_by_label,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Three runs: two of the model, and one of local, which keeps its invocations."""
    results = tmp_path_factory.mktemp("results")
    for design, target in (("sqs", "model"), ("sfn", "model"), ("sfn", "local")):
        name = f"{design}-{target}"
        run_request(RunRequest(design, target, 20, 7), results, lambda _: None, name)
    return results


@pytest.fixture(scope="module")
def packed(results):
    """The same, packed."""
    pack(results, results / "reference")
    return results / "reference"


def test_the_runs_are_the_same(results, packed):
    assert (is_packed(results), is_packed(packed)) == (False, True)
    assert read_runs(packed) == read_runs(results)
    assert [run.run_id for run in read_runs(packed, {"sfn-local"})] == ["sfn-local"]
    pd.testing.assert_frame_equal(runs_frame(packed), runs_frame(results))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("run_ids", [None, {"sfn-local", "nobody"}, set()])
def test_the_tables_are_the_same_to_the_last_decimal(results, packed, name, run_ids):
    found, stored = (read_tables(place, name, run_ids) for place in (packed, results))
    assert list(found.columns) == list(stored.columns) == ["run_id", *TABLES[name]]
    if len(stored) or len(found):
        pd.testing.assert_frame_equal(found, stored)
    if name == "bill" and len(found):
        assert {type(usd) for usd in found["cost_usd"]} == {Decimal}


def test_dollars_by_label_are_the_same(results, packed):
    keys = ["run_id", "label"]
    found, stored = (usd_by_label(one).sort_values(keys).to_numpy() for one in (packed, results))
    assert found.tolist() == stored.tolist()
    assert len(found) > len(read_runs(results))


def test_packing_twice_gives_the_same_bytes_and_leaves_nothing_else(results, tmp_path):
    first = {path.name: path.read_bytes() for path in pack(results, tmp_path)}
    assert {path.name: path.read_bytes() for path in pack(results, tmp_path)} == first
    assert {path.name for path in tmp_path.iterdir()} == set(first)
    stored = TABLES.keys() - {"failures"}  # no item failed
    assert set(first) == {"runs.parquet", *(f"{name}.parquet" for name in stored)}


def test_a_packed_set_takes_no_runs_and_its_charts_go_beside_it(results, packed):
    with pytest.raises(BadInput, match="is a packed set of runs, which is only read"):
        refuse_unwritable(packed)
    assert refuse_unwritable(results) == results
    assert published(packed) == results / "published" / "reference"
    assert published(results) == results / "published"


def test_no_runs_make_no_set(tmp_path):
    with pytest.raises(BadRecord, match="there are no runs"):
        pack(tmp_path, tmp_path / "reference")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_set_is_named(results, tmp_path):
    pack(results, tmp_path)
    for name in ("runs", "bill"):
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BadRecord, match=r"runs\.parquet cannot be read"):
        read_runs(tmp_path)
    for reader in (usd_by_label, lambda folder: read_tables(folder, "bill")):
        with pytest.raises(BadRecord, match=r"bill\.parquet cannot be read"):
            reader(tmp_path)


def test_a_run_of_another_schema_in_a_set_is_refused_by_name(results, tmp_path, monkeypatch):
    runs = read_runs(results)
    object.__setattr__(runs[0], "schema_version", 2)
    monkeypatch.setattr(sets, "read_runs", lambda _: runs)
    pack(results, tmp_path)
    with pytest.raises(BadRecord, match=r"run sfn-local has schema version 2"):
        read_runs(tmp_path)
