"""The bill: exact to the last decimal, the same in any order, and never silently zero."""

from decimal import Decimal
from math import inf, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worked_usage import price
from workbench.bill import (
    bill,
    by_label,
    by_service,
    exact_sum,
    knowing_usd,
    total_usd,
    usd_per_million,
)
from workbench.designs import make_design
from workbench.errors import BadInput, MissingPrice
from workbench.prices import flat, load_book
from workbench.runs.records import (
    BILL_COLUMNS,
    LABELS,
    TIMELINE_COLUMNS,
    USAGE_COLUMNS,
    Run,
    RunData,
    read_table,
    write_folder,
)

BOOK = load_book()
SQS = "Amazon Simple Queue Service"
TIERED = BOOK.with_prices(flat("Own", "Thing", "Things", ("100", "3"), ("1000", "2"), (None, "1")))

# (service, usage type) pairs of which no two share a free tier or a tier, and some that do
KINDS = [
    ("AWS Lambda", "Request"),
    ("AWS Lambda", "Request-ARM"),
    ("AWS Lambda", "Lambda-GB-Second"),
    ("AWS Lambda", "Lambda-GB-Second-ARM"),
    (SQS, "Requests-Tier1"),
    ("AWS Step Functions", "StepFunctions-GB-Second"),
    ("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    ("Own", "Thing"),
]
CALM = settings(deadline=None, max_examples=60)  # two cores, shared
amounts = st.decimals(0, 10**8, places=13)
labels = st.sampled_from(LABELS)
usages = st.lists(st.tuples(st.sampled_from(KINDS), labels, amounts), max_size=12)


def line(service, usage_type, quantity, label="work", book=TIERED):
    return service, usage_type, book.price(service, usage_type).unit, label, quantity


def frame(*lines):
    return pd.DataFrame(lines, columns=USAGE_COLUMNS).astype({"quantity": object})


def things(*quantities, label="work"):
    return frame(*[("Own", "Thing", "Things", label, q) for q in quantities])


def rows(table):
    return [tuple(row) for row in table.itertuples(index=False)]


def test_a_line_is_quantity_times_unit_price():
    name = (SQS, "Requests-Tier1", "Requests", "dispatch")
    table = bill(frame((*name, 3_000_000)), BOOK)
    assert list(table.columns) == BILL_COLUMNS
    assert rows(table) == [
        (*name, 3_000_000, Decimal("0.0000004"), Decimal("1.2"), "metered"),
    ]


def test_a_line_that_crosses_tiers_has_a_row_a_tier():
    table = bill(things(1500), TIERED, source="modelled")
    assert [row[4:] for row in rows(table)] == [
        (100, 3, 300, "modelled"),
        (900, 2, 1800, "modelled"),
        (500, 1, 500, "modelled"),
    ]


def test_labels_of_one_usage_type_share_its_tiers_work_first():
    usage = frame(
        line("Own", "Thing", 80, "telemetry"),
        line("Own", "Thing", 60, "work"),
        line("Own", "Thing", 10, "knowing"),
    )
    table = bill(usage, TIERED)
    assert [(row[3], row[4], row[6]) for row in rows(table)] == [
        ("work", 60, 180),
        ("knowing", 10, 30),
        ("telemetry", 30, 90),
        ("telemetry", 50, 100),
    ]


def test_the_month_so_far_moves_a_line_up_the_tiers():
    assert total_usd(bill(things(10), TIERED, already={("Own", "Thing"): 95})) == 3 * 5 + 2 * 5
    assert total_usd(bill(things(10), TIERED, already={"Thing": 1000})) == 10


def test_the_month_so_far_must_be_of_one_service():
    with pytest.raises(BadInput, match=r"'Requests-Tier1' is of .*Queue.*Storage.*Notification"):
        bill(things(1), TIERED, already={"Requests-Tier1": 5})
    with pytest.raises(BadInput, match="'Nothing' is of no service"):
        bill(things(1), TIERED, already={"Nothing": 5})
    with pytest.raises(BadInput, match="-5 is not a quantity"):
        bill(things(1), TIERED, already={"Thing": -5})
    with pytest.raises(MissingPrice, match="Own Nothing"):
        bill(things(1), TIERED, already={("Own", "Nothing"): 5})


def test_the_free_tier_is_off_unless_asked_for():
    used = [(SQS, "Requests-Tier1", 1_500_000)]
    assert total_usd(price(used, BOOK)) == Decimal("0.6")
    table = price(used, BOOK, free_tier=True)
    assert [row[4:7] for row in rows(table)] == [
        (1_000_000, 0, 0),
        (500_000, Decimal("0.0000004"), Decimal("0.2")),
    ]


def test_the_free_tier_is_what_the_month_has_left_of_it():
    used = [(SQS, "Requests-Tier1", 300_000)]
    spent = {(SQS, "Requests-Tier1"): 900_000}
    assert total_usd(price(used, BOOK, free_tier=True, already=spent)) == Decimal("0.08")
    spent = {(SQS, "Requests-Tier1"): 5_000_000}
    assert total_usd(price(used, BOOK, free_tier=True, already=spent)) == Decimal("0.12")


def test_lambda_shares_its_free_tier_between_x86_and_arm():
    used = [("AWS Lambda", "Request", 700_000), ("AWS Lambda", "Request-ARM", 700_000)]
    assert total_usd(price(used, BOOK, free_tier=True)) == Decimal("0.08")
    compute = [("AWS Lambda", "Lambda-GB-Second-ARM", 400_000)]
    spent = {("AWS Lambda", "Lambda-GB-Second"): 100_000}
    usd = total_usd(price(compute, BOOK, free_tier=True, already=spent))
    assert usd == 100_000 * Decimal("0.0000133334")


def test_all_queues_share_the_free_tier_of_sqs():
    used = [(SQS, "Requests-Tier1", 800_000), (SQS, "Requests-FIFO-Tier1", 800_000)]
    assert total_usd(price(used, BOOK, free_tier=True)) == 600_000 * Decimal("0.0000004")
    assert total_usd(price(used[:1], BOOK, free_tier=True)) == 0


def test_provisioned_concurrency_has_no_free_tier():
    used = [("AWS Lambda", "Lambda-Provisioned-GB-Second", 1000)]
    assert total_usd(price(used, BOOK, free_tier=True)) == Decimal("0.0097222")


def test_two_names_of_one_usage_type_share_its_tiers():
    book = BOOK.with_prices()
    table = price([(SQS, "Requests-RBP", 10**11), (SQS, "Requests-Tier1", 10**11)], book)
    assert total_usd(table) == 10**11 * (Decimal("0.0000004") + Decimal("0.0000003"))
    assert set(table["usage_type"]) == {"Requests-RBP", "Requests-Tier1"}


def test_nothing_used_costs_nothing_at_the_price_it_would_have():
    table = bill(things(0), TIERED, already={"Thing": 100})
    assert [row[4:7] for row in rows(table)] == [(0, 2, 0)]
    empty = bill(frame(), TIERED)
    assert list(empty.columns) == BILL_COLUMNS
    assert total_usd(empty) == 0


def test_a_usage_type_without_a_price_is_named_with_its_region():
    usage = frame(line("Own", "Thing", 1), ("AWS Lambda", "Rquest", "Requests", "work", 1))
    with pytest.raises(MissingPrice, match=r"no price for AWS Lambda Rquest in .* us-east-1"):
        bill(usage, TIERED)


@pytest.mark.parametrize("quantity", [-1, Decimal("-0.001"), nan, inf, None, "3", np.nan, pd.NA])
def test_what_is_no_quantity_is_refused(quantity):
    with pytest.raises(BadInput, match=r"Own Thing: .* is not a quantity"):
        bill(things(quantity), TIERED)


def test_a_wrong_unit_label_column_or_source_is_refused():
    with pytest.raises(BadInput, match="'GB-Seconds', but its price is by 'Things'"):
        bill(frame(("Own", "Thing", "GB-Seconds", "work", 1)), TIERED)
    with pytest.raises(BadInput, match="label 'play' is none of work, dispatch"):
        bill(things(1, label="play"), TIERED)
    with pytest.raises(BadInput, match="it needs"):
        bill(things(1).drop(columns="unit"), TIERED)
    with pytest.raises(BadInput, match="source='guessed'"):
        bill(things(1), TIERED, source="guessed")


def test_floats_and_numpy_numbers_are_taken_as_they_print():
    assert total_usd(bill(things(0.1, 0.2), TIERED)) == Decimal("0.9")
    assert total_usd(bill(things(np.float64(0.1), np.int64(3)), TIERED)) == Decimal("9.3")
    plain = pd.DataFrame([("Own", "Thing", "Things", "work", 0.1)], columns=USAGE_COLUMNS)
    assert total_usd(bill(plain, TIERED)) == Decimal("0.3")


@CALM
@given(usages)
def test_every_row_is_quantity_times_price_to_the_last_decimal(drawn):
    table = bill(frame(*[line(*kind, q, label) for kind, label, q in drawn]), TIERED)
    for row in table.itertuples():
        exact = row.quantity.as_integer_ratio()[0] * row.unit_price_usd.as_integer_ratio()[0]
        below = row.quantity.as_integer_ratio()[1] * row.unit_price_usd.as_integer_ratio()[1]
        assert row.cost_usd.as_integer_ratio()[0] * below == (
            exact * row.cost_usd.as_integer_ratio()[1]
        )
    for kind in KINDS:
        own = table[(table["service"] == kind[0]) & (table["usage_type"] == kind[1])]
        assert exact_sum(own["quantity"]) == exact_sum(q for k, _, q in drawn if k == kind)


@CALM
@given(usages, st.randoms(use_true_random=False), st.booleans())
def test_the_bill_does_not_depend_on_the_order_of_the_usage(drawn, dice, free_tier):
    lines = [line(*kind, q, label) for kind, label, q in drawn]
    ordered = bill(frame(*lines), TIERED, free_tier=free_tier)
    dice.shuffle(lines)
    assert rows(bill(frame(*lines), TIERED, free_tier=free_tier)) == rows(ordered)


@CALM
@given(st.sampled_from(KINDS), amounts, amounts, amounts, st.booleans())
def test_splitting_a_quantity_over_the_month_costs_the_same(kind, before, first, second, free_tier):
    def usd(quantity, already):
        month = {kind: already}
        table = price([(*kind, quantity)], TIERED, free_tier=free_tier, already=month)
        return total_usd(table)

    whole = usd(first + second, before)
    assert usd(first, before) + usd(second, before + first) == whole


@CALM
@given(st.sampled_from(KINDS), amounts, amounts, st.booleans())
def test_more_usage_never_costs_less(kind, quantity, more, free_tier):
    def usd(amount):
        return total_usd(price([(*kind, amount)], TIERED, free_tier=free_tier))

    assert usd(quantity) <= usd(quantity + more)


@CALM
@given(usages)
def test_the_free_tier_never_makes_a_bill_dearer(drawn):
    usage = frame(*[line(*kind, q, label) for kind, label, q in drawn])
    assert total_usd(bill(usage, TIERED, free_tier=True)) <= total_usd(bill(usage, TIERED))


@CALM
@given(usages)
def test_labels_and_services_add_up_to_the_total(drawn):
    table = bill(frame(*[line(*kind, q, label) for kind, label, q in drawn]), TIERED)
    total = total_usd(table)
    assert exact_sum(by_label(table).values()) == total
    assert exact_sum(by_service(table).values()) == total
    assert knowing_usd(table) == by_label(table)["knowing"]


def test_totals_are_told_by_label_and_by_service():
    usage = frame(
        line("Own", "Thing", 2, "knowing"),
        line("AWS Lambda", "Request", 10_000_000, "work"),
        line("AWS Lambda", "Request", 5_000_000, "knowing"),
    )
    table = bill(usage, TIERED)
    assert (total_usd(table), knowing_usd(table)) == (9, 7)
    assert list(by_label(table).items()) == [
        ("work", 2),
        ("dispatch", 0),
        ("knowing", 7),
        ("telemetry", 0),
        ("measuring", 0),
    ]
    assert list(by_service(table).items()) == [("Own", 6), ("AWS Lambda", 3)]
    assert usd_per_million(Decimal(9), 2_000_000) == Decimal("4.5")
    with pytest.raises(BadInput, match="items=0"):
        usd_per_million(Decimal(9), 0)


@settings(CALM, max_examples=20)
@given(usages)
def test_a_bill_is_read_back_from_a_run_folder_as_it_was(tmp_path_factory, drawn):
    usage = frame(*[line(*kind, q, label) for kind, label, q in drawn])
    table = bill(usage, TIERED)
    run = Run(
        "r", "sqs", "local", 1, 1, make_design("sqs").knobs(), "b", "2026-11-23T06:00:00+00:00"
    )
    timeline = pd.DataFrame(columns=TIMELINE_COLUMNS)
    folder = RunData(run, timeline, usage, table)
    path = write_folder(folder, tmp_path_factory.mktemp("results"))
    assert rows(read_table(path, "usage", USAGE_COLUMNS)) == rows(usage)
    found = read_table(path, "bill", BILL_COLUMNS)
    assert rows(found) == rows(table)
    assert total_usd(found) == total_usd(table)
