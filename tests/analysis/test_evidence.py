"""The bills of one run: found, read, and said in plain words."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import nbformat
import pandas as pd
import pytest

from analysis.evidence import gather, newest_run
from workbench import notebooks
from workbench.bill import bill
from workbench.designs import make_design
from workbench.errors import BadInput, BadRecord
from workbench.prices import load_book
from workbench.pull.store import tidy, write_pull
from workbench.runs.records import TIMELINE_COLUMNS, USAGE_COLUMNS, Run, RunData, write_folder

LAMBDA = "AWS Lambda"
NOW = datetime(2026, 11, 23, 6, 3, tzinfo=UTC)
RUN = Run(
    run_id="sqs-aws-1000-7",
    design="sqs",
    target="aws",
    items=1_000,
    seed=7,
    knobs=make_design("sqs").knobs(),
    batch_id="b-1",
    started_at="2026-11-20T06:00:00Z",
    processed_s=170.0,
    detected_s=180.0,
)


def write(results, requests=1_000_000, with_bill=True, **changes):
    """A run folder whose bill is $0.20 for each million requests."""
    run = replace(RUN, **changes)
    rows = [(LAMBDA, "Request-ARM", "Requests", "work", Decimal(requests))]
    usage = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
    source = "modelled" if run.target == "model" else "metered"
    table = bill(usage, load_book(), source=source) if with_bill else None
    return write_folder(RunData(run, pd.DataFrame(columns=TIMELINE_COLUMNS), usage, table), results)


def pull(path, usd="0.21", settled=True, now=NOW):
    when = ("2026-11-20T06:00Z", "2026-11-20T07:00Z")
    line = (LAMBDA, "Request-ARM", "N/A", Decimal(1_050_000), Decimal(0), Decimal(usd), *when)
    facts = {"settled": settled, "prorated": False}
    spent = {"metrics": 0, "scanned_bytes": 0, "cost_pages": 2}
    frame = tidy("costs", [(*line, True, False, settled, "", "")])
    return write_pull(path, "costs", frame, facts | {"spent": spent}, now)


def test_all_three_bills_of_a_run_are_found(tmp_path):
    path = write(tmp_path)
    pull(path)
    write(tmp_path, 900_000, run_id="m-1", target="model", started_at="2026-11-21T00:00:00Z")
    found = gather(tmp_path, RUN.run_id)
    assert list(found.bill["cost_usd"]) == [Decimal("0.20")]
    assert list(found.modelled["cost_usd"]) == [Decimal("0.18")]
    assert list(found.billed["cost_usd"]) == [Decimal("0.21")]
    assert found.days_since_run == 3.0


def test_the_models_run_has_the_same_knobs_and_items_and_its_seed_if_it_can(tmp_path):
    write(tmp_path)
    model = {"target": "model"}
    other = make_design("sqs", settings={"items_per_message": 1}).knobs()
    write(tmp_path, 1, run_id="m-knobs", knobs=other, **model)
    write(tmp_path, 2, run_id="m-items", items=10, **model)
    assert gather(tmp_path, RUN.run_id).modelled is None
    write(tmp_path, 3, run_id="m-same-seed", **model)
    write(tmp_path, 4, run_id="m-newer", seed=8, started_at="2026-11-22T00:00:00Z", **model)
    assert list(gather(tmp_path, RUN.run_id).modelled["quantity"]) == [3]


def test_what_is_not_there_is_said_in_plain_words(tmp_path):
    write(tmp_path)
    text = str(gather(tmp_path, RUN.run_id, now=NOW))
    assert text.splitlines() == [
        "sqs-aws-1000-7: design sqs on aws, 1,000 items, complete, 3.0 days ago.",
        "Modelled: no run of the model with the same knobs and items is there.",
        "Billed: nothing was pulled yet. `workbench collect` pulls it.",
    ]


def test_an_unsettled_pull_is_said_to_be_one(tmp_path):
    pull(write(tmp_path), settled=False)
    text = str(gather(tmp_path, RUN.run_id))
    assert "Billed: by Cost Explorer, pulled 2026-11-23 06:03 UTC, not settled yet." in text


def test_without_a_name_the_newest_run_is_taken(tmp_path):
    write(tmp_path)
    write(tmp_path, run_id="a-later", started_at="2026-11-22T00:00:00Z")
    assert newest_run(tmp_path).name == gather(tmp_path).run.run_id == "a-later"


def test_a_run_on_aws_comes_before_newer_ones_on_local_and_none_of_the_model_counts(tmp_path):
    write(tmp_path, run_id="m-1", target="model", started_at="2026-11-29T00:00:00Z")
    with pytest.raises(BadInput, match="no run on aws or local yet: a run of the model would be"):
        gather(tmp_path)
    write(tmp_path, run_id="l-1", target="local", started_at="2026-11-22T00:00:00Z")
    assert newest_run(tmp_path).name == "l-1"
    write(tmp_path)
    assert newest_run(tmp_path).name == RUN.run_id
    with pytest.raises(BadInput, match=r"run_id='m-1' ran on model: a run of the model would be"):
        gather(tmp_path, "m-1")


def test_no_run_no_bill_and_a_damaged_pull_are_errors(tmp_path):
    with pytest.raises(BadInput, match="no run on aws or local yet"):
        gather(tmp_path)
    path = write(tmp_path)
    with pytest.raises(BadInput, match="no run folder"):
        gather(tmp_path, "another")
    write(tmp_path, with_bill=False, run_id="no-bill")
    with pytest.raises(BadRecord, match=r"no bill\.parquet"):
        gather(tmp_path, "no-bill")
    stamp = pull(path).stamp
    (path / "pulls" / f"{stamp}-costs.parquet").write_bytes(b"half")
    with pytest.raises(BadRecord, match="is damaged"):
        gather(tmp_path, RUN.run_id)


@pytest.mark.parametrize(
    ("pulled", "words"),
    [
        (True, "of which the meter explains 95.2% and leaves $0.010000, 3.0 days after the run."),
        (False, "AWS's bill of it was not pulled yet"),
    ],
)
def test_the_notebook_shows_what_there_is_with_a_pull_and_without(tmp_path, pulled, words):
    path = write(tmp_path)
    if pulled:
        pull(path)
    executed = tmp_path / "reconcile.ipynb"
    parameters = {"results": str(tmp_path), "run_id": RUN.run_id}
    notebooks.execute("reconcile", parameters, executed)
    last = nbformat.read(executed, as_version=4).cells[-1]
    assert words in last.outputs[0]["text"]
