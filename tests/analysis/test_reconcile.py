"""Bills side by side, line by line."""

from decimal import Decimal

import pandas as pd
import pytest

from analysis.reconcile import KINDS, RECONCILED_COLUMNS, answer, reconcile
from workbench.bill import bill, total_usd
from workbench.prices import load_book
from workbench.pull.store import tidy
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
    (DDB, "USE1-TimedStorage-ByteHrs", "0.28", "0.07", True),
    (CW, "CW:GMD-Metrics", 9_000, "0.09", False),
    (CW, "CW:MetricMonitorUsage", 1, "0.30", False),
]


def make_bill(rows, source="metered"):
    exact = [(*name, Decimal(quantity)) for *name, quantity in rows]
    usage = pd.DataFrame(exact, columns=USAGE_COLUMNS).astype({"quantity": object})
    return bill(usage, BOOK, source=source)


def pulled(rows=PULLED, standing=None):
    """A pull of these lines; `standing` is how much of a usage type may be the stack's."""
    standing = {name: Decimal(amount) for name, amount in (standing or {}).items()}
    when = ("2026-11-20T06:00Z", "2026-11-20T07:00Z")
    return tidy(
        "costs",
        [
            (
                *(service, kind, "N/A", Decimal(quantity), standing.get(kind, Decimal(0))),
                *(Decimal(usd), *when, tagged, False, True, "", ""),
            )
            for service, kind, quantity, usd, tagged in rows
        ],
    )


def rows(table, *columns):
    return list(table[list(columns)].itertuples(index=False, name=None))


def test_every_line_stands_beside_itself_and_the_sums_add_up():
    table = reconcile(make_bill(OWN), None, pulled(), days_since_run=3.5)
    assert list(table.columns) == RECONCILED_COLUMNS
    columns = ("kind", "usage_type", "metered_usd", "billed_usd")
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
    assert subtotal["billed_minus_metered_usd"] == Decimal("0.30")


def test_quantities_and_units_are_those_of_the_whole_line():
    table = reconcile(make_bill(OWN), None, pulled()).set_index("usage_type")
    columns = ["unit", "metered_quantity", "billed_quantity"]
    assert tuple(table.loc["Request-ARM", columns]) == ("Requests", 1_500_000, 1_400_000)
    assert tuple(table.loc["WriteRequestUnits", columns]) == (
        "WriteRequestUnits",
        1_600_000,
        2_000_000,
    )
    assert tuple(table.loc["TimedStorage-ByteHrs", columns]) == ("N/A", 0, Decimal("0.28"))


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
    absent = [name for name in table if name.startswith(("modelled", "billed", "share"))]
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
    assert (residual["billed_usd"], subtotal["share_explained"]) == (0, 1.0)


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
        "The run's own meter says $1.310000, $0.010000 of it in lines that carry no tag. "
        "The model says $1.310000. Cost Explorer bills "
        "$1.600000 under the design's tag, of which the meter explains 80.0%"
    )
    assert text.endswith(end)


USED = [(LAMBDA, "Request-ARM", 1_500_000), (DDB, "WriteRequestUnits", 2_000_000)]
ON_TERMS = [
    (("0", "0"), {}, "2 of its lines cost nothing: the free tier, a savings plan or a discount"),
    (("0", "0"), {"Usage": "0"}, "2 of its lines cost nothing: the free tier"),
    (
        ("0", "1.25"),
        {"SavingsPlanCoveredUsage": "0.3", "SavingsPlanNegation": "-0.3", "Usage": "1.25"},
        "1 of its lines cost nothing: a savings plan (SavingsPlanCoveredUsage, "
        "SavingsPlanNegation)",
    ),
    (
        ("0.24", "1.0"),
        {"Usage": "1.55", "Enterprise Discount Program Discount": "-0.31"},
        "a discount (Enterprise Discount Program Discount)",
    ),
    (
        ("0", "1.0"),
        {"Usage": "1.25", "BundledDiscount": "-0.25"},
        "1 of its lines cost nothing: the free tier and a discount (BundledDiscount)",
    ),
]


@pytest.mark.parametrize(("paid", "records", "why"), ON_TERMS)
def test_dollars_below_the_list_price_are_not_compared_and_the_reason_is_named(paid, records, why):
    """The meter then explains by quantity: all requests, and 1.6 of 2 million write units."""
    used = [(*line, usd, True) for line, usd in zip(USED, paid, strict=True)]
    table = reconcile(make_bill(OWN), None, pulled(used))
    assert list(table.loc[table["kind"] == "line", "share_of_quantity"]) == [1.0, 0.8]
    assert table.loc[table["kind"] == "subtotal", "share_explained"].iloc[0] is None
    text = answer(table, records)
    assert f"At list prices the run's part would be $1.550000 ({why}), so" in text
    assert text.endswith("so dollars are not compared: by quantity the meter explains 83.9%.")


def test_a_line_that_is_paid_below_its_list_price_has_no_share_in_dollars():
    used = [(*USED[0], "0", True), (*USED[1], "1.25", True)]
    table = reconcile(make_bill(OWN), None, pulled(used)).set_index("usage_type")
    assert list(table.loc[["Request-ARM", "WriteRequestUnits"], "share_explained"]) == [None, 0.8]


def test_credits_refunds_and_tax_are_named_and_on_no_side():
    records = {"Usage": "1.6", "Credit": "-1.6", "Refund": "0", "Tax": "0.16"}
    plain = answer(reconcile(make_bill(OWN), None, pulled()))
    text = answer(reconcile(make_bill(OWN), None, pulled()), records)
    besides = " Not compared in that time: credits of $1.600000 and tax of $0.160000."
    assert text == plain + besides


QUEUE, ALARM, KEPT = "Requests-Tier1", "CW:AlarmMonitorUsage", "TimedStorage-ByteHrs"
SQS, S3 = "Amazon Simple Queue Service", "Amazon Simple Storage Service"
DAY = [  # of a run of 1,000 items: 1,000 requests and an hour's storage, and what stood that day
    (SQS, "USE1-Requests-RBP", 61_000, "0.0244", True),
    (CW, "USE1-CW:AlarmMonitorUsage", "0.033", "0.0033", True),
    (S3, "USE1-TimedStorage-ByteHrs", "0.01", "0.00023", True),
    (DDB, "WriteRequestUnits", 2_000, "0.00125", True),
]
STOOD = {
    "USE1-Requests-RBP": 60_000,
    "USE1-CW:AlarmMonitorUsage": "0.033",
    "USE1-TimedStorage-ByteHrs": "0.01",
}
RUN = [
    (SQS, QUEUE, "Requests", "dispatch", 1_000),
    (S3, KEPT, "GB-Mo", "dispatch", "0.001"),
    (DDB, "WriteRequestUnits", "WriteRequestUnits", "knowing", 1_900),
]


def test_what_the_stack_costs_while_it_stands_is_a_kind_of_its_own():
    table = reconcile(make_bill(RUN), None, pulled(DAY, STOOD))
    columns = ("kind", "usage_type", "billed_quantity", "billed_usd")
    assert rows(table, *columns)[:9] == [
        ("line", "WriteRequestUnits", Decimal(2_000), Decimal("0.00125")),
        ("line", QUEUE, Decimal(1_000), Decimal("0.0004")),
        ("line", KEPT, Decimal("0.001"), Decimal("0.000023")),
        ("residual", None, None, Decimal("0.0000625")),
        ("subtotal", None, None, Decimal("0.001673")),
        ("standing", QUEUE, Decimal(60_000), Decimal("0.024")),
        ("standing", KEPT, Decimal("0.009"), Decimal("0.000207")),
        ("standing", ALARM, Decimal("0.033"), Decimal("0.0033")),
        ("standing subtotal", None, None, Decimal("0.027507")),
    ]
    assert answer(table).endswith(
        "bills $0.029180 under the design's tag. $0.027507 is what the stack costs while it stands "
        "in that time, and of the other $0.001673 the meter explains 96.3% and leaves $0.000062."
    )


def test_the_stacks_part_never_takes_what_the_meter_has():
    """CloudWatch has more polls than were billed; the run's own requests stay its own."""
    table = reconcile(make_bill(RUN), None, pulled(DAY, STOOD | {"USE1-Requests-RBP": 61_000}))
    line = table[(table["kind"] == "line") & (table["usage_type"] == QUEUE)].iloc[0]
    assert line["billed_quantity"] == 1_000


def test_a_day_inside_the_free_tier_is_compared_by_quantity_without_the_stacks_part():
    free = [(*line[:3], "0", True) for line in DAY]
    table = reconcile(make_bill(RUN), None, pulled(free, STOOD))
    text = answer(table, {"Usage": "0"})
    assert "Cost Explorer bills $0.000000 under the design's tag" in text
    assert "$0.001673 (4 of its lines cost nothing: the free tier), so dollars are not" in text
    assert text.endswith("by quantity the meter explains 96.3%.")


def test_the_answer_says_when_nothing_was_pulled():
    text = answer(reconcile(make_bill(OWN)))
    assert text == (
        "The run's own meter says $1.310000, $0.010000 of it in lines that carry no tag. "
        "AWS's bill of it was not pulled yet: see `workbench collect`."
    )
