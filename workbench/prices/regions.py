"""Which regions a price book may be of, and how their usage types begin.

Outside us-east-1 a usage type carries its region's prefix (`EU-Requests-Tier1`); in us-east-1 some
services leave it out and some do not (AWS's Price List and Cost Explorer guides). No page lists all
prefixes, so they are read off the list itself: whatever stands before a name that nothing else ends
with.
"""

import re
from collections.abc import Iterable

from workbench.errors import BadInput

PARTITION = "aws"
REASONS = {  # why the others are refused
    "aws-cn": "its prices are in CNY, in lists of its own (pricing.cn-north-1.amazonaws.com.cn)",
    "aws-us-gov": "its accounts are apart from those that the stacks here are made for",
}
OTHER = "its price lists, currency and accounts are its own"
PREFIX = re.compile(r"[A-Z]{2,4}\d*-")
ANCHORS = (
    *("Lambda-GB-Second", "StateTransition", "Requests-RBP", "Event-64K-Chunks"),
    *("CW:GMD-Metrics", "DataScanned-Bytes", "DataTransfer-Out-Bytes"),
)


def refuse_foreign(region: str) -> None:
    """Raise BadInput for a region that AWS does not have, or that is of another partition."""
    from botocore.exceptions import UnknownRegionError  # a tenth of a second, seldom needed
    from botocore.session import Session

    try:
        partition = Session().get_partition_for_region(region)
    except UnknownRegionError:
        raise BadInput(
            f"region={region!r} is not known. Take a region of AWS, such as eu-west-1."
        ) from None
    if partition != PARTITION:
        raise BadInput(
            f"region={region!r} is in the partition {partition}: "
            f"{REASONS.get(partition, OTHER)}. Books are of the partition {PARTITION}, in USD."
        )


def prefixes(usage_types: Iterable[str], region: str) -> tuple[str, ...]:
    """What may stand before a name in a region whose list has these usage types; first nothing."""
    found = {""}
    for name in usage_types:
        for anchor in ANCHORS:
            before = name.removesuffix(anchor)
            if before != name and PREFIX.fullmatch(before):
                found.add(before)
    return (*sorted(found), f"{region}-")  # KMS writes the region out
