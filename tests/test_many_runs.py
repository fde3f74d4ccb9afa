"""What the page on many runs shows is run here, as it stands, on the parts of a sweep."""

import re
from pathlib import Path

import pandas as pd
import pytest

from workbench.runs.sets import read_tables
from workbench.sweep.sweeping import sweep

PAGE = Path(__file__).resolve().parents[1] / "docs" / "extending.md"
STUDY = "seeds: [1, 2]\ngrids: [{designs: [sqs, sfn], items: [100, 10000]}]"


def asked_of(address):
    """What the example on the page finds in a results folder or bucket."""
    [example] = re.findall(r"```python\n(from pyarrow.*?)```", PAGE.read_text(), re.S)
    names = {"RESULTS": address}
    exec(compile(example, str(PAGE), "exec"), names)
    return names


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The study's table, its bills, and what the example on the page finds."""
    results = tmp_path_factory.mktemp("results")
    (results / "mine.yaml").write_text(STUDY)
    table = pd.read_parquet(sweep(results / "mine.yaml", results).table)
    names = asked_of(results.resolve().as_uri())
    return table[table["items"] == 10_000], read_tables(results, "bill"), names


def test_the_example_finds_how_late_completion_is_known(answers):
    large, _, found = answers
    by_design = large.groupby("design")["detected_s"]
    told = found["known_s"].to_pandas().set_index("design").sort_index()
    assert told["detected_s_mean"].to_dict() == pytest.approx(by_design.mean().to_dict())
    assert told["detected_s_max"].to_dict() == pytest.approx(by_design.max().to_dict())


def test_the_example_adds_up_what_knowing_costs(answers):
    large, bills, found = answers
    lines = bills[(bills["label"] == "knowing") & bills["run_id"].isin(large["run_id"])]
    design = lines["run_id"].map(large.set_index("run_id")["design"])
    usd = {name: sum(own) for name, own in lines["cost_usd"].groupby(design)}
    told = dict(
        zip(*(found["knowing_usd"][c].to_pylist() for c in ("design", "cost_usd_sum")), strict=True)
    )
    assert told == usd
    assert set(told) == {"sqs", "sfn"}
