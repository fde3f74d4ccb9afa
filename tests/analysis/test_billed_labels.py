"""What AWS bills for each label, reconciled label by label."""

from decimal import Decimal

import pandas as pd

from analysis.billed_labels import LABEL_COLUMNS, by_label, labels_answer
from workbench.bill import bill
from workbench.prices import load_book
from workbench.pull.store import tidy
from workbench.runs.records import USAGE_COLUMNS

QUEUE = ("Amazon Simple Queue Service", "Requests-Tier1")
OWN = [
    ("AWS Lambda", "Request-ARM", "Requests", "work", 1_000_000),  # $0.20
    (*QUEUE, "Requests", "dispatch", 1_000_000),  # $0.40
    (*QUEUE, "Requests", "knowing", 500_000),  # $0.20
    ("AmazonCloudWatch", "VendedLog-Bytes", "GB", "telemetry", 1),  # $0.50
]
BILLED = [  # a label, its usage type, quantity, of it the stack's, and dollars
    ("work", ("AWS Lambda", "USE1-Request-ARM"), 1_000_000, 0, "0.20"),
    ("dispatch", QUEUE, 1_250_000, 0, "0.50"),
    ("knowing", QUEUE, 700_000, 200_000, "0.28"),
    ("telemetry", ("AmazonCloudWatch", "VendedLog-Bytes"), 1, 0, "0"),
]


def metered():
    rows = [(*name, Decimal(quantity)) for *name, quantity in OWN]
    usage = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
    return bill(usage, load_book())


def pulled(label=lambda one: one):
    when = ("2026-11-20T06:00Z", "2026-11-20T07:00Z", True, False, True)
    return tidy("costs", [
        (*name, "N/A", Decimal(amount), Decimal(stood), Decimal(usd), *when, "a part", label(one))
        for one, name, amount, stood, usd in BILLED
    ])  # fmt: skip


def test_each_label_is_reconciled_by_itself_without_what_the_stack_costs():
    table = by_label(metered(), None, pulled())
    assert list(table.columns) == LABEL_COLUMNS
    found = {row.label: tuple(map(float, row[2:-2])) for row in table.drop(
        columns="modelled_usd").itertuples()}  # fmt: skip
    assert found == {
        "work": (0.2, 0.2, 0.0),
        "dispatch": (0.4, 0.5, 0.0),
        "knowing": (0.2, 0.2, 0.08),
        "telemetry": (0.5, 0.0, 0.0),
    }
    assert list(table["share_explained"]) == [1.0, 0.8, 1.0, None]
    assert list(table["share_of_quantity"]) == [1.0, 0.8, 1.0, 1.0]


def test_the_answer_has_the_dollars_of_each_label_and_what_the_meter_explains():
    assert labels_answer(by_label(metered(), None, pulled())) == (
        "AWS bills the run $0.200000 for work, $0.500000 for dispatch, $0.200000 for knowing and "
        "$0.000000 for telemetry, and $0.080000 for the stack that stands meanwhile. The meter "
        "explains 100.0% of work, 80.0% of dispatch, 100.0% of knowing and 100.0% of telemetry."
    )


def test_cost_explorer_knows_no_label():
    for costs in (None, pulled(label=lambda _: "")):
        table = by_label(metered(), None, costs)
        assert table.empty
        assert labels_answer(table).startswith("AWS's costs have no labels here")
