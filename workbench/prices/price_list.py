"""Reading AWS's Price List: products as `get_products` gives them, found by usage type.

Outside us-east-1 a usage type carries its region's prefix (`EU-Requests-Tier1`); in us-east-1 some
services leave it out and some do not (AWS's Price List and Cost Explorer guides).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import BadInput, BadRecord, WorkbenchError
from workbench.prices.book import Tier

# Region prefixes of usage types (AWS Billing user guide, and the list itself).
PREFIXES: dict[str, tuple[str, ...]] = {
    "us-east-1": ("", "USE1-"),
    "us-east-2": ("USE2-",),
    "us-west-1": ("USW1-",),
    "us-west-2": ("USW2-",),
    "af-south-1": ("AFS1-",),
    "ap-east-1": ("APE1-",),
    "ap-northeast-1": ("APN1-",),
    "ap-northeast-2": ("APN2-",),
    "ap-northeast-3": ("APN3-",),
    "ap-south-1": ("APS3-",),
    "ap-south-2": ("APS5-",),
    "ap-southeast-1": ("APS1-",),
    "ap-southeast-2": ("APS2-",),
    "ap-southeast-3": ("APS4-",),
    "ap-southeast-4": ("APS6-",),
    "ca-central-1": ("CAN1-",),
    "eu-central-1": ("EUC1-",),
    "eu-central-2": ("EUC2-",),
    "eu-north-1": ("EUN1-",),
    "eu-south-1": ("EUS1-",),
    "eu-south-2": ("EUS2-",),
    "eu-west-1": ("EU-", "EUW1-"),
    "eu-west-2": ("EUW2-",),
    "eu-west-3": ("EUW3-",),
    "il-central-1": ("ILC1-",),
    "me-central-1": ("MEC1-",),
    "me-south-1": ("MES1-",),
    "sa-east-1": ("SAE1-",),
}

SAME_UNITS = {  # the list's own words for a unit of ours, folded as `folded` does
    "lambda-gb-second": "gb-second",
    "second": "gb-second",
    "processed-gigabyte": "gb",
    "gigabyte": "gb",
    "gb-month": "gb-mo",
    "apirequest": "request",
    "event-poller-unit-hour": "epu-hour",
    "hour": "hr",
    "monthlymetric": "metric",
}


@dataclass(frozen=True)
class Offer:
    """One product's price on demand: its tiers, and what the list itself gives free."""

    attributes: dict[str, str]
    unit: str
    tiers: tuple[Tier, ...]
    free: Decimal | None
    effective: str

    @property
    def usage_type(self) -> str:
        """The usage type, with its region prefix."""
        return self.attributes.get("usagetype", "")

    def is_by(self, unit: str) -> bool:
        """Whether it is priced by that unit of ours."""
        return folded(self.unit) == folded(unit)


def prefixes(region: str) -> tuple[str, ...]:
    """The prefixes that usage types have in a region."""
    if region not in PREFIXES:
        raise BadInput(f"region={region!r} is not known. Take one of {', '.join(PREFIXES)}.")
    return (*PREFIXES[region], f"{region}-")  # KMS writes the region out


def offers(client: Any, service_code: str, region: str) -> list[Offer]:
    """Every on-demand price of a service in a region, from all pages of the answer."""
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=service_code, Filters=filters, FormatVersion="aws_v1"
    )
    try:
        texts = [text for page in pages for text in page["PriceList"]]
    except (ClientError, BotoCoreError) as error:
        raise WorkbenchError(
            f"the Price List API did not answer for {service_code}: {error}. It needs the "
            "permission pricing:GetProducts, and the old price book stays as it is."
        ) from None
    return list(_read(service_code, texts))


def folded(unit: str) -> str:
    """A unit without case, blanks and plural, under one name."""
    plain = unit.casefold().replace(" ", "").removesuffix("s")
    return SAME_UNITS.get(plain, plain)


def _read(service_code: str, texts: list[str]) -> Iterable[Offer]:
    """The offers in the answer's entries; one without a price on demand is left out."""
    for text in texts:
        try:
            entry = json.loads(text)
            attributes = entry["product"]["attributes"]
            for term in entry["terms"].get("OnDemand", {}).values():
                yield _offer(attributes, term)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
            raise BadRecord(
                f"the Price List's answer for {service_code} cannot be read: {error!r}"
            ) from None


def _offer(attributes: dict[str, str], term: dict[str, Any]) -> Offer:
    """One term's price dimensions as tiers; a first tier of zero dollars is a free tier."""
    steps = sorted(term["priceDimensions"].values(), key=lambda step: Decimal(step["beginRange"]))
    free = None
    if len(steps) > 1 and not Decimal(steps[0]["pricePerUnit"]["USD"]):
        free = Decimal(steps[0]["endRange"])
        steps = steps[1:]
    tiers = tuple(
        Tier(
            None if step["endRange"] == "Inf" else Decimal(step["endRange"]),
            _plain(Decimal(step["pricePerUnit"]["USD"])),
        )
        for step in steps
    )
    if not tiers or tiers[-1].up_to is not None:
        raise ValueError(f"{attributes.get('usagetype')}: tiers without an open end")
    return Offer(attributes, steps[0]["unit"], tiers, free, term["effectiveDate"][:10])


def _plain(usd: Decimal) -> Decimal:
    """A price without the zeros that the list pads it with."""
    return usd.normalize() + 0 if usd else Decimal(0)
