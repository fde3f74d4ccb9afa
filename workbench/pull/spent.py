"""What looking costs: each pull counts what it asked for, to be billed apart as `measuring`."""

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from workbench.platform.services import CLOUDWATCH, COST_EXPLORER
from workbench.platform.units import GB
from workbench.runs.records import USAGE_COLUMNS


@dataclass
class Spent:
    """What was asked of AWS so far. Pulls add to it before each request."""

    metrics: int = 0  # of GetMetricData: each statistic is one, and each page counts them again
    scanned_bytes: int = 0  # by Logs Insights
    cost_pages: int = 0  # requests to Cost Explorer, each page one


def measurement_usage(spent: Spent) -> pd.DataFrame:
    """The usage lines (`USAGE_COLUMNS`) of what was spent on looking; what is nothing is left out.

    Sources: aws.amazon.com/cloudwatch/pricing (metrics requested by GetMetricData, data scanned by
    Logs Insights queries), aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing.
    """
    lines = [
        (CLOUDWATCH, "CW:GMD-Metrics", "Metrics", Decimal(spent.metrics)),
        (CLOUDWATCH, "DataScanned-Bytes", "GB", Decimal(spent.scanned_bytes) / GB),
        (COST_EXPLORER, "USE1-APIRequest", "Requests", Decimal(spent.cost_pages)),
    ]
    rows = [(*name, "measuring", quantity) for *name, quantity in lines if quantity]
    return pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
