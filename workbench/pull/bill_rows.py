"""Cost Explorer's lines in the shape of a bill, so that every sum over bills works on them too."""

from collections.abc import Iterator
from decimal import Decimal

import pandas as pd

from workbench.bill import exact_sum
from workbench.platform.units import QUANTITY_PLACES
from workbench.prices import PriceBook, load_book
from workbench.pull.usage_types import UNTAGGED, Line, line_of
from workbench.runs.records import BILL_COLUMNS, LABELS

STEP = Decimal(1).scaleb(-QUANTITY_PLACES)
UNKNOWN = "dispatch"  # the label of a line of a service that the run's own bill has nothing of


def bill_rows(
    costs: pd.DataFrame, own_bill: pd.DataFrame, book: PriceBook | None = None
) -> pd.DataFrame:
    """A pull's tagged lines as a bill (`BILL_COLUMNS`, source `cost_explorer`).

    Cost Explorer has no labels: a line is split as the run's own meter splits it. One that the
    meter lacks goes to the label that has most dollars of its service. Lines without a tag are the
    whole account's and stay out.
    """
    book = book or load_book()
    tagged = costs[costs["tagged"]]
    names = [
        line_of(*name, book) for name in zip(tagged["service"], tagged["usage_type"], strict=True)
    ]
    rows: list[tuple] = []
    for line in sorted(set(names)):
        same = tagged[[name == line for name in names]]
        quantity, usd = exact_sum(same["quantity"]), exact_sum(same["cost_usd"])
        price = (usd / quantity).quantize(STEP) if quantity else Decimal(0)
        own = own_bill[_is_line(own_bill, line, book)]
        name = own["usage_type"].iloc[0] if len(own) else line[1]
        unit = own["unit"].iloc[0] if len(own) else same["unit"].iloc[0]
        left = quantity, usd
        for label, share in _split(own, own_bill, line):
            part = left  # of the last label, so that nothing is lost to rounding
            if share is not None:
                part = (quantity * share).quantize(STEP), (usd * share).quantize(STEP)
            rows.append((line[0], name, unit, label, part[0], price, part[1], "cost_explorer"))
            left = left[0] - part[0], left[1] - part[1]
    return pd.DataFrame(rows, columns=BILL_COLUMNS)


def _is_line(bill: pd.DataFrame, line: Line, book: PriceBook) -> pd.Series:
    """Which rows of a bill are of a line."""
    names = zip(bill["service"], bill["usage_type"], strict=True)
    return pd.Series([line_of(*name, book) == line for name in names], bill.index, bool)


def _split(
    own: pd.DataFrame, own_bill: pd.DataFrame, line: Line
) -> Iterator[tuple[str, Decimal | None]]:
    """The labels of a line with the share of each; the last has none, and gets the rest."""
    total = exact_sum(own["quantity"])
    labels = [label for label in LABELS if label in set(own["label"])] if total else []
    for label in labels[:-1]:
        yield label, exact_sum(own.loc[own["label"] == label, "quantity"]) / total
    yield labels[-1] if labels else _label(own_bill, line), None


def _label(own_bill: pd.DataFrame, line: Line) -> str:
    """The label of a line that the run's own bill lacks."""
    if line in UNTAGGED:
        return UNTAGGED[line]
    of_service = own_bill[own_bill["service"] == line[0]]
    if of_service.empty:
        return UNKNOWN
    dollars = {label: exact_sum(rows["cost_usd"]) for label, rows in of_service.groupby("label")}
    return max(sorted(dollars), key=dollars.__getitem__)
