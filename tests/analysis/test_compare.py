"""Bills side by side, line by line."""

from decimal import Decimal

import pandas as pd
import pytest

from analysis.compare import KINDS, RECONCILED_COLUMNS, answer, reconcile
from workbench.bill import bill, total_usd
from workbench.prices import load_book
from workbench.pull.tables import tidy
from workbench.runs.records import USAGE_COLUMNS

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


def test_the_answer_says_when_nothing_was_pulled():
    text = answer(reconcile(make_bill(OWN)))
    assert text == (
        "The run's own meter says $1.310000. "
        "There is no Cost Explorer pull of it yet: see `workbench collect`."
    )
