"""The bill: usage in, dollars out, line by line."""

from workbench.bill.pricing import (
    bill,
    by_label,
    by_service,
    coordination_usd,
    exact_sum,
    knowing_usd,
    total_usd,
    usd_per_million,
)
from workbench.bill.tree import bill_tree, usd_text

__all__ = [
    "bill",
    "bill_tree",
    "by_label",
    "by_service",
    "coordination_usd",
    "exact_sum",
    "knowing_usd",
    "total_usd",
    "usd_per_million",
    "usd_text",
]
