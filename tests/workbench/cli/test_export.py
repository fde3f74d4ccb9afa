"""`workbench export`: bills of every design's runs, simulated ones too, in one file."""

from decimal import Decimal

import pandas as pd
import pytest

from tests.simulated_runs import run_every_design
from workbench.designs import DESIGNS
from workbench.project import REFERENCE
from workbench.runs.records import read_folder
from workbench.runs.sets import read_runs


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run of each design on each simulated target."""
    folder = tmp_path_factory.mktemp("results")
    assert len(list(run_every_design(folder, 40))) == 2 * len(DESIGNS)
    return folder


def test_the_bills_of_all_designs_add_up_in_both_kinds_of_file(results, tmp_path, command):
    runs = [f"{design}-{target}" for design in DESIGNS for target in ("local", "model")]
    bills = {run: read_folder(results / "runs" / run).bill["cost_usd"].sum() for run in runs}
    for ending in ("csv", "parquet"):
        file = tmp_path / f"bill.{ending}"
        code, out, error = command("export", *runs, "--focus", file, "--results", results)
        assert (code, out) == (0, f"{file}\n")
        assert f"of {len(runs)} runs: " in error
        assert " simulated, " in error
        assert error.endswith(" modelled, $0 spent\n")
        if ending == "csv":
            found = pd.read_csv(file, dtype=str)
            found["BilledCost"] = found["BilledCost"].map(Decimal)
        else:
            found = pd.read_parquet(file)
        assert found.groupby("x_RunId")["BilledCost"].sum().to_dict() == bills
        told = set(zip(found["x_Target"], found["x_Source"], strict=True))
        assert told == {("local", "simulated"), ("model", "modelled")}
        assert set(found["x_Label"]) == {"work", "dispatch", "knowing", "telemetry"}


def test_a_run_of_the_kept_set_is_exported_by_the_beginning_of_its_name(tmp_path, command):
    run = next(one for one in read_runs(REFERENCE) if one.target == "local")
    file = tmp_path / "bill.parquet"
    code, _, _ = command("export", run.run_id, run.run_id, "--focus", file, "--results", REFERENCE)
    found = pd.read_parquet(file)
    assert code == 0
    assert float(found["BilledCost"].sum()) == run.cost_usd


@pytest.mark.parametrize(
    ("run", "file", "told"),
    [
        ("sqs-local", "bill.xlsx", "must end with .parquet or .csv"),
        ("nothing", "bill.csv", "is called 'nothing'"),
        ("sqs", "bill.csv", "'sqs' begins 2 runs"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_no_file(
    results, tmp_path, command, run, file, told
):
    code, out, error = command("export", run, "--focus", tmp_path / file, "--results", results)
    assert (code, out) == (2, "")
    assert told in error
    assert list(tmp_path.iterdir()) == []
