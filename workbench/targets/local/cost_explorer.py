"""Cost Explorer on the local target: moto answers with the metered bill of the last run.

moto evaluates no filter and gives each answer once, in order: first what carries the design's tag,
then what carries none, as a pull asks for them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from workbench.targets.local.world.context import EPOCH_S
from workbench.targets.local.world.stack import ACCOUNT

UNTAGGED = ("CW:", "USE1-APIRequest", "DataScanned-Bytes")  # usage types that carry no tag


def load_bill(bill: pd.DataFrame, day: datetime | None = None) -> None:
    """Let moto's Cost Explorer answer with this bill, as of a day (default: the virtual one)."""
    from moto.ce import ce_backends

    day = day or datetime.fromtimestamp(EPOCH_S, UTC)
    answers = ce_backends[ACCOUNT]["aws"].cost_usage_results_queue
    answers.clear()
    without = bill["usage_type"].str.startswith(UNTAGGED)
    period = {"Start": f"{day:%Y-%m-%d}", "End": f"{day + timedelta(days=1):%Y-%m-%d}"}
    for some in (bill[~without], bill[without]):
        groups = list(_groups(some))
        result = {"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": False}
        answers.append({"ResultsByTime": [result], "DimensionValueAttributes": []})


def _groups(bill: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """One group a service and usage type, in the shape of GetCostAndUsage."""
    lines = bill.groupby(["service", "usage_type", "unit"])[["quantity", "cost_usd"]].sum()
    for (service, usage_type, unit), (quantity, cost_usd) in lines.iterrows():
        yield {
            "Keys": [service, usage_type],
            "Metrics": {
                "UnblendedCost": {"Amount": str(cost_usd), "Unit": "USD"},
                "UsageQuantity": {"Amount": str(quantity), "Unit": unit},
            },
        }
