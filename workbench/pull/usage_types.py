"""Matching lines of a bill to lines of Cost Explorer, whose usage types carry a region's prefix.

`USE1-Requests-Tier1` and `Requests-Tier1` are one line: names are matched on their end, and what
stands before must be a region's prefix. The end alone would take `IA-WriteRequestUnits` for
`WriteRequestUnits`, and `Lambda-Edge-Request` for `Request`.
"""

import re

from workbench.errors import MissingPrice
from workbench.platform.services import CLOUDWATCH, COST_EXPLORER
from workbench.prices import PriceBook

# USE1-, APN1-, EU- (Ireland), and whole names such as us-east-1- (KMS).
PREFIX = re.compile(r"^(?:EU|[A-Z]{2,4}\d|[a-z]{2}(?:-[a-z]+)+-\d)-(?=.)")

# Lines that no tag reaches: metrics and API requests belong to no resource.
UNTAGGED = {
    (CLOUDWATCH, "CW:Requests"): "telemetry",
    (CLOUDWATCH, "CW:MetricMonitorUsage"): "telemetry",
    (CLOUDWATCH, "CW:GMD-Metrics"): "measuring",
    (CLOUDWATCH, "DataScanned-Bytes"): "measuring",
    (COST_EXPLORER, "APIRequest"): "measuring",
}

Line = tuple[str, str]  # service, usage type without prefix


def plain(usage_type: str) -> str:
    """A usage type without its region's prefix."""
    return PREFIX.sub("", usage_type)


def line_of(service: str, usage_type: str, book: PriceBook) -> Line:
    """The line that a usage type is of: no prefix, and one name where AWS has several."""
    name = plain(usage_type)
    try:
        return service, plain(book.price(service, name).usage_type)
    except MissingPrice:
        return service, name


def is_untagged(line: Line) -> bool:
    """Whether a line is one that carries no tag."""
    return line in UNTAGGED
