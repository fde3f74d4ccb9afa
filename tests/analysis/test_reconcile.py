"""Bills side by side, line by line."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import nbformat
import pandas as pd
import pytest

from analysis.reconcile import KINDS, RECONCILED_COLUMNS, answer, gather, newest_run, reconcile
from workbench import notebooks
from workbench.bill import bill, total_usd
from workbench.designs import make_design
from workbench.errors import BadInput, BadRecord
from workbench.prices import load_book
from workbench.pull.store import tidy, write_pull
from workbench.runs.records import TIMELINE_COLUMNS, USAGE_COLUMNS, Run, RunData, write_folder

BOOK = load_book()
LAMBDA, DDB, CW = "AWS Lambda", "Amazon DynamoDB", "AmazonCloudWatch"
OWN = [
    (LAMBDA, "Request-ARM", "Requests", "work", 1_000_000),  # $0.20
    (LAMBDA, "Request-ARM", "Requests", "knowing", 500_000),  # $0.10
    (DDB, "WriteRequestUnits", "WriteRequestUnits", "knowing", 1_600_000),  # $1.00
    (CW, "CW:GMD-Metrics", "Metrics", "measuring", 1_000),  # $0.01
]
PULLED = [
    (LAMBDA, "USE1-Request-ARM", 1_400_000, "0.28", True),
    (DDB, "WriteRequestUnits", 1_000_000, "0.60", True),
    (DDB, "WriteRequestUnits", 1_000_000, "0.65", True),  # the next hour
    (DDB, "USE1-TimedStorage-ByteHrs", 1, "0.07", True),
    (CW, "CW:GMD-Metrics", 9_000, "0.09", False),
    (CW, "CW:MetricMonitorUsage", 1, "0.30", False),
]
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


def make_bill(rows, source="metered"):
    exact = [(*name, Decimal(quantity)) for *name, quantity in rows]
    usage = pd.DataFrame(exact, columns=USAGE_COLUMNS).astype({"quantity": object})
    return bill(usage, BOOK, source=source)


def pulled(rows=PULLED):
    when = ("2026-11-20T06:00Z", "2026-11-20T07:00Z")
    return tidy(
        "costs",
        [
            (service, kind, "N/A", Decimal(quantity), Decimal(usd), *when, tagged, False, True)
            for service, kind, quantity, usd, tagged in rows
        ],
    )


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def test_every_line_stands_beside_itself_and_the_sums_add_up():
    table = reconcile(make_bill(OWN), None, pulled(), days_since_run=3.5)
    assert list(table.columns) == RECONCILED_COLUMNS
    columns = ("kind", "usage_type", "metered_usd", "cost_explorer_usd")
    assert [
        (kind, name, *(None if usd is None else float(usd) for usd in dollars))
        for kind, name, *dollars in rows(table, *columns)
    ] == [
        ("line", "Request-ARM", 0.30, 0.28),
        ("line", "TimedStorage-ByteHrs", 0.0, 0.07),
        ("line", "WriteRequestUnits", 1.0, 1.25),
        ("residual", None, None, 0.32),
        ("subtotal", None, 1.3, 1.6),
        ("untagged", "CW:GMD-Metrics", 0.01, 0.09),
        ("untagged", "CW:MetricMonitorUsage", 0.0, 0.30),
        ("untagged subtotal", None, 0.01, 0.39),
        ("total", None, 1.31, None),
    ]
    assert set(table["days_since_run"]) == {3.5}
    assert set(table["kind"]) <= set(KINDS)


def test_too_much_in_one_line_never_explains_too_little_in_another():
    table = reconcile(make_bill(OWN), None, pulled()).set_index("usage_type")
    assert table.loc["Request-ARM", "share_explained"] == 1.0  # the meter has more
    assert table.loc["TimedStorage-ByteHrs", "share_explained"] == 0.0
    assert table.loc["WriteRequestUnits", "share_explained"] == 0.8
    subtotal = table[table["kind"] == "subtotal"].iloc[0]
    assert subtotal["share_explained"] == pytest.approx((0.28 + 1.0) / 1.6)
    assert subtotal["cost_explorer_minus_metered_usd"] == Decimal("0.30")


def test_quantities_and_units_are_those_of_the_whole_line():
    table = reconcile(make_bill(OWN), None, pulled()).set_index("usage_type")
    columns = ["unit", "metered_quantity", "cost_explorer_quantity"]
    assert tuple(table.loc["Request-ARM", columns]) == ("Requests", 1_500_000, 1_400_000)
    assert tuple(table.loc["WriteRequestUnits", columns]) == (
        "WriteRequestUnits",
        1_600_000,
        2_000_000,
    )
    assert tuple(table.loc["TimedStorage-ByteHrs", columns]) == ("N/A", 0, 1)


def test_the_model_stands_beside_the_meter():
    own = make_bill(OWN)
    modelled = make_bill([OWN[0], (LAMBDA, "Request", "Requests", "work", 10)], source="modelled")
    table = reconcile(own, modelled)
    assert rows(table, "kind", "usage_type", "modelled_minus_metered_usd") == [
        ("line", "Request", Decimal("0.000002")),
        ("line", "Request-ARM", Decimal("-0.10")),
        ("line", "WriteRequestUnits", Decimal("-1.00")),
        ("subtotal", None, Decimal("-1.099998")),
        ("untagged", "CW:GMD-Metrics", Decimal("-0.01")),
        ("untagged subtotal", None, Decimal("-0.01")),
        ("total", None, Decimal("-1.109998")),
    ]
    total = table[table["kind"] == "total"].iloc[0]
    assert (total["metered_usd"], total["modelled_usd"]) == (total_usd(own), total_usd(modelled))


def test_a_source_that_is_not_there_is_empty_and_never_zero():
    table = reconcile(make_bill(OWN))
    assert list(table["kind"]) == [
        *["line"] * 2,
        "subtotal",
        "untagged",
        "untagged subtotal",
        "total",
    ]
    absent = [name for name in table if name.startswith(("modelled", "cost_explorer", "share"))]
    assert all(value is None for name in absent for value in table[name])


def test_a_line_that_does_carry_the_tag_is_the_runs_own():
    table = reconcile(make_bill(OWN), None, pulled([(CW, "CW:GMD-Metrics", 1_000, "0.01", True)]))
    assert ("line", "CW:GMD-Metrics") in rows(table, "kind", "usage_type")
    assert "untagged" not in set(table["kind"])


def test_equal_bills_leave_nothing_unexplained():
    own = make_bill(OWN[:3])
    same = pulled(
        [(LAMBDA, "Request-ARM", 1, "0.30", True), (DDB, "WriteRequestUnits", 1, "1", True)]
    )
    table = reconcile(own, None, same)
    residual = table[table["kind"] == "residual"].iloc[0]
    subtotal = table[table["kind"] == "subtotal"].iloc[0]
    assert (residual["cost_explorer_usd"], subtotal["share_explained"]) == (0, 1.0)


@pytest.mark.parametrize(
    ("days", "end"),
    [
        (None, "and leaves $0.320000."),
        (0.5, "0.5 days after the run (not settled before two days)."),
        (3.0, "and leaves $0.320000, 3.0 days after the run."),
    ],
)
def test_the_answer_is_a_sentence_of_the_tables_numbers(days, end):
    text = answer(reconcile(make_bill(OWN), make_bill(OWN), pulled(), days_since_run=days))
    assert text.startswith(
        "The run's own meter says $1.310000. The model says $1.310000. Cost Explorer bills "
        "$1.600000 under the design's tag, of which the meter explains 80.0%"
    )
    assert text.endswith(end)


USED = [(LAMBDA, "Request-ARM", 1_500_000), (DDB, "WriteRequestUnits", 2_000_000)]


@pytest.mark.parametrize(
    ("paid", "why"),
    [
        (("0", "0"), "2 of its lines cost nothing: the free tier, credits or a savings plan"),
        (("0", "1.25"), "1 of its lines cost nothing"),
        (("0.24", "1.0"), "a savings plan or a discount"),
    ],
)
def test_dollars_below_the_list_price_are_not_compared(paid, why):
    """The meter then explains by quantity: all requests, and 1.6 of 2 million write units."""
    used = [(*line, usd, True) for line, usd in zip(USED, paid, strict=True)]
    table = reconcile(make_bill(OWN), None, pulled(used))
    assert list(table.loc[table["kind"] == "line", "share_of_quantity"]) == [1.0, 0.8]
    text = answer(table)
    assert f"At list prices that would be $1.550000 ({why}" in text
    assert text.endswith("so dollars are not compared: by quantity the meter explains 83.9%.")


def test_the_answer_says_when_nothing_was_pulled():
    text = answer(reconcile(make_bill(OWN)))
    assert text == (
        "The run's own meter says $1.310000. "
        "There is no Cost Explorer pull of it yet: see `workbench collect`."
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
    line = (LAMBDA, "Request-ARM", "N/A", Decimal(1_050_000), Decimal(usd), *when)
    facts = {"settled": settled, "prorated": False}
    spent = {"metrics": 0, "scanned_bytes": 0, "cost_pages": 2}
    frame = tidy("costs", [(*line, True, False, settled)])
    return write_pull(path, "costs", frame, facts | {"spent": spent}, now)


def test_all_three_bills_of_a_run_are_found(tmp_path):
    path = write(tmp_path)
    pull(path)
    write(tmp_path, 900_000, run_id="m-1", target="model", started_at="2026-11-21T00:00:00Z")
    found = gather(tmp_path, RUN.run_id)
    assert list(found.bill["cost_usd"]) == [Decimal("0.20")]
    assert list(found.modelled["cost_usd"]) == [Decimal("0.18")]
    assert list(found.cost_explorer["cost_usd"]) == [Decimal("0.21")]
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
        "Cost Explorer: nothing was pulled yet. `workbench collect` pulls it.",
    ]


def test_an_unsettled_pull_is_said_to_be_one(tmp_path):
    pull(write(tmp_path), settled=False)
    text = str(gather(tmp_path, RUN.run_id))
    assert "Cost Explorer: pulled 2026-11-23 06:03 UTC, not settled yet." in text


def test_without_a_name_the_newest_run_is_taken(tmp_path):
    write(tmp_path)
    write(tmp_path, run_id="a-later", started_at="2026-11-22T00:00:00Z")
    assert newest_run(tmp_path).name == gather(tmp_path).run.run_id == "a-later"


def test_no_run_no_bill_and_a_damaged_pull_are_errors(tmp_path):
    with pytest.raises(BadInput, match="no run yet"):
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
        (False, "There is no Cost Explorer pull of it yet"),
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
