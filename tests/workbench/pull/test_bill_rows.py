"""Cost Explorer's lines as a bill."""

from decimal import Decimal

import pandas as pd

from workbench.bill import exact_sum, knowing_usd
from workbench.pull.bill_rows import bill_rows
from workbench.pull.costs import CostQuestion, pull_costs
from workbench.runs.records import BILL_COLUMNS


def pulled(recorded, folder, window):
    question = CostQuestion(window, granularity="DAILY")
    return pull_costs(recorded("ce", "costs_days"), folder, question)


def test_lines_get_the_units_and_labels_of_the_runs_own_meter(recorded, folder, window):
    rows = bill_rows(pulled(recorded, folder, window), folder.bill)
    assert list(rows.columns) == BILL_COLUMNS
    columns = ["usage_type", "unit", "label", "quantity", "cost_usd"]
    assert list(rows[columns].itertuples(index=False, name=None)) == [
        ("Lambda-GB-Second-ARM", "GB-Seconds", "work", Decimal(63), Decimal("0.00084")),
        ("Request-ARM", "Requests", "work", Decimal(10), Decimal("0.000002")),
        ("Request-ARM", "Requests", "knowing", Decimal(30), Decimal("0.000006")),
        ("TimedStorage-ByteHrs", "N/A", "knowing", Decimal("1E-7"), Decimal(0)),
        ("WriteRequestUnits", "WriteRequestUnits", "knowing", Decimal(2000), Decimal("0.00125")),
        ("Requests-Tier1", "Requests", "dispatch", Decimal(220), Decimal("0.000088")),
    ]
    assert set(rows["source"]) == {"cost_explorer"}
    assert knowing_usd(rows) == Decimal("0.001256")


def test_no_dollar_of_the_tagged_lines_is_lost_in_the_split(recorded, folder, window):
    costs = pulled(recorded, folder, window)
    thirds = folder.bill.copy()
    thirds["quantity"] = [Decimal(q) for q in (1, 1, 1, 1, 1, 1, 1)]
    rows = bill_rows(costs, thirds)
    assert exact_sum(rows["cost_usd"]) == exact_sum(costs.loc[costs["tagged"], "cost_usd"])


def test_a_run_whose_meter_has_nothing_still_has_every_line(recorded, folder, window):
    empty = pd.DataFrame(columns=BILL_COLUMNS)
    rows = bill_rows(pulled(recorded, folder, window), empty)
    assert len(rows) == 5
    assert set(rows["label"]) == {"dispatch"}
