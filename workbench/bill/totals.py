"""Sums over a bill, exact to the last decimal."""

from collections.abc import Iterable
from decimal import Decimal, localcontext

import pandas as pd

from workbench.bill.pricing import EXACT
from workbench.errors import BadInput
from workbench.runs.records import LABELS

MILLION = 1_000_000


def total_usd(bill: pd.DataFrame) -> Decimal:
    """All of a bill, in dollars."""
    return exact_sum(bill["cost_usd"])


def knowing_usd(bill: pd.DataFrame) -> Decimal:
    """The price of knowing that the batch is done, in dollars: the lines labelled `knowing`."""
    return exact_sum(bill.loc[bill["label"] == "knowing", "cost_usd"])


def by_label(bill: pd.DataFrame) -> pd.DataFrame:
    """Dollars by label, every label, in their usual order."""
    sums = [exact_sum(bill.loc[bill["label"] == label, "cost_usd"]) for label in LABELS]
    return pd.DataFrame({"label": LABELS, "cost_usd": pd.Series(sums, dtype=object)})


def by_service(bill: pd.DataFrame) -> pd.DataFrame:
    """Dollars by service, dearest first."""
    return by(bill, "service").sort_values(
        "cost_usd", ascending=False, kind="stable", ignore_index=True
    )


def by(bill: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Dollars by these columns, in order of their names."""
    rows = [
        (*key, exact_sum(group["cost_usd"]))
        for key, group in bill.groupby(list(columns), sort=True, observed=True)
    ]
    return pd.DataFrame(rows, columns=[*columns, "cost_usd"])


def usd_per_million(usd: Decimal, items: int) -> Decimal:
    """Dollars per million items."""
    if items < 1:
        raise BadInput(f"items={items}: a cost per million items needs at least one item")
    return usd * MILLION / items


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of decimals, of any length."""
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))
