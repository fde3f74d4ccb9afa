"""FOCUS rows come back from both kinds of file as exact as they went."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest

from workbench.bill.focus import COLUMNS, COSTS, PRICES, QUANTITIES, TIMES
from workbench.bill.focus_file import write_focus
from workbench.errors import BadInput

AT = datetime(2026, 12, 31, 23, tzinfo=UTC)
SMALL = Decimal("1.5E-20")
ROW = (
    dict.fromkeys(COLUMNS)
    | dict.fromkeys([*COSTS, *PRICES, *QUANTITIES], SMALL)
    | dict.fromkeys(TIMES, AT)
    | {"x_Items": 100, "ChargeDescription": "one, two"}
)
FRAME = pd.DataFrame([ROW, ROW | {"BilledCost": Decimal(3)}], columns=COLUMNS)


def test_a_csv_has_no_exponent_and_times_that_end_with_z(tmp_path):
    write_focus(tmp_path / "bill.csv", FRAME)
    first, second = csv.DictReader((tmp_path / "bill.csv").open())
    assert list(first) == COLUMNS
    assert first["BilledCost"] == "0.000000000000000000015"
    assert second["BilledCost"] == "3"
    assert first["ChargePeriodStart"] == "2026-12-31T23:00:00Z"
    assert (first["InvoiceId"], first["ChargeDescription"]) == ("", "one, two")


def test_a_parquet_file_has_decimals_and_utc_times(tmp_path):
    write_focus(tmp_path / "new" / "bill.parquet", FRAME)
    found = pd.read_parquet(tmp_path / "new" / "bill.parquet")
    assert found["BilledCost"].to_list() == [SMALL, 3]
    assert found["ChargePeriodStart"].to_list() == [AT, AT]
    assert found["x_Items"].to_list() == [100, 100]
    assert found["InvoiceId"].isna().all()


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"must end with \.parquet or \.csv"):
        write_focus(tmp_path / "bill.xlsx", FRAME)
    assert list(tmp_path.iterdir()) == []
