"""The bill: usage in, dollars out, line by line.

Pricing    bill, price
Totals     total_usd, knowing_usd, by_label, by_service, by, usd_per_million, exact_sum
Tree       bill_tree, usd_text
Usage      workbench.bill.usage: what was done, as AWS counts it
"""

from workbench.bill.pricing import bill, price
from workbench.bill.totals import (
    by,
    by_label,
    by_service,
    exact_sum,
    knowing_usd,
    total_usd,
    usd_per_million,
)
from workbench.bill.tree import bill_tree, usd_text

__all__ = [
    "bill",
    "bill_tree",
    "by",
    "by_label",
    "by_service",
    "exact_sum",
    "knowing_usd",
    "price",
    "total_usd",
    "usd_per_million",
    "usd_text",
]
