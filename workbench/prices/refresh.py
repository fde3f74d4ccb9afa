"""Rebuild a price book from AWS's Price List API (boto3 `pricing`, in us-east-1 or ap-south-1).

What the list does not have, or has in two minds, keeps its old price and is marked as not
confirmed. The monthly free tiers of Lambda, SQS, Step Functions and CloudWatch are no part of a
region's list: they are kept as they were. Outside us-east-1 a usage type carries its region's
prefix (`EU-Requests-Tier1`); in us-east-1 some services leave it out and some do not (AWS's Price
List and Cost Explorer guides).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import BadInput, BadRecord, WorkbenchError
from workbench.platform import services
from workbench.prices.book import Key, Price, PriceBook, Tier
from workbench.prices.files import PRICE_PLACES

SERVICE_CODES = {
    services.LAMBDA: "AWSLambda",
    services.SQS: "AWSQueueService",
    services.DYNAMODB: "AmazonDynamoDB",
    services.STEP_FUNCTIONS: "AmazonStates",
    services.S3: "AmazonS3",
    services.SNS: "AmazonSNS",
    services.EVENTBRIDGE: "AWSEvents",
    services.CLOUDWATCH: "AmazonCloudWatch",
    services.COST_EXPLORER: "AWSCostExplorer",
    services.KMS: "awskms",
    services.DATA_TRANSFER: "AWSDataTransfer",
}
HOME_REGION = "us-east-1"
HOME_SERVICES = {services.COST_EXPLORER}  # billed there, whatever region is used

# One usage type may name several products; these attributes tell ours.
ATTRIBUTES: dict[Key, dict[str, str]] = {
    (services.S3, "TimedStorage-ByteHrs"): {"volumeType": "Standard"},
    (services.EVENTBRIDGE, "Event-64K-Chunks"): {"eventType": "Custom Event"},
    (services.DATA_TRANSFER, "DataTransfer-Out-Bytes"): {"transferType": "AWS Outbound"},
}
# Region prefixes of usage types (AWS Billing user guide, and the list itself).
PREFIXES: dict[str, tuple[str, ...]] = {
    "us-east-1": ("", "USE1-"),
    "eu-west-1": ("EU-", "EUW1-"),
} | {
    region: (f"{prefix}-",)
    for region, prefix in (
        pair.split(":")
        for pair in (
            "us-east-2:USE2 us-west-1:USW1 us-west-2:USW2 af-south-1:AFS1 ap-east-1:APE1 "
            "ap-northeast-1:APN1 ap-northeast-2:APN2 ap-northeast-3:APN3 ap-south-1:APS3 "
            "ap-south-2:APS5 ap-southeast-1:APS1 ap-southeast-2:APS2 ap-southeast-3:APS4 "
            "ap-southeast-4:APS6 ca-central-1:CAN1 eu-central-1:EUC1 eu-central-2:EUC2 "
            "eu-north-1:EUN1 eu-south-1:EUS1 eu-south-2:EUS2 eu-west-2:EUW2 eu-west-3:EUW3 "
            "il-central-1:ILC1 me-central-1:MEC1 me-south-1:MES1 sa-east-1:SAE1"
        ).split()
    )
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


def refresh(client: Any, region: str, old_book: PriceBook, date: str | None = None) -> PriceBook:
    """The old book's entries at the Price List's prices of that region, dated today.

    `client` is boto3's `pricing`. Raises BadInput for a region that the list does not know.
    """
    if region not in PREFIXES:
        raise BadInput(f"region={region!r} is not known. Take one of {', '.join(PREFIXES)}.")
    names = (*PREFIXES[region], f"{region}-")  # KMS writes the region out
    date = date or datetime.now(UTC).date().isoformat()
    known: dict[str, list[Offer]] = {}
    for service in dict.fromkeys(price.service for price in old_book.prices):
        if service in SERVICE_CODES:
            where = HOME_REGION if service in HOME_SERVICES else region
            known[service] = offers(client, SERVICE_CODES[service], where)
    if not any(known.values()):
        raise BadInput(f"region={region!r}: the Price List has no product of ours there.")
    prices = [
        _refreshed(price, known.get(price.service, []), names, old_book, date)
        for price in old_book.prices
    ]
    note = f"Rebuilt from the AWS Price List API on {date}; what it lacks is kept from the book "
    note += f"of {old_book.region}, {old_book.date}."
    return PriceBook(region, date, tuple(prices), note)


def _refreshed(
    price: Price, known: list[Offer], names: tuple[str, ...], old: PriceBook, date: str
) -> Price:
    """A price as the list has it, or the old one, marked."""
    found = _find(price, known, names)
    if reason := _doubt(price, found):
        note = f"Price of {old.region}, {old.date}, not confirmed on {date}: {reason}."
        return replace(price, confirmed=False, note=f"{note} {_settled(price.note)}".rstrip())
    free = next((offer.free for offer in found if offer.free is not None), None)
    return replace(
        price,
        tiers=found[0].tiers,
        # A free tier that is shared stays as it was, or its members would disagree.
        free_per_month=price.free_per_month if free is None or price.free_pool else free,
        source=f"AWS Price List API, {SERVICE_CODES[price.service]} {found[0].usage_type}, "
        f"effective {found[0].effective}, read on {date}",
        sure="A",
        confirmed=True,
        note=_settled(price.note),
    )


def _find(price: Price, known: list[Offer], names: tuple[str, ...]) -> list[Offer]:
    """The offers of a price: its own name first, then its aliases, bare and with each prefix."""
    wanted = ATTRIBUTES.get(price.key, {}).items()
    fitting = [offer for offer in known if wanted <= offer.attributes.items()]
    for name in (price.usage_type, *price.aliases):
        for prefix in dict.fromkeys(("", *names)):
            if found := [offer for offer in fitting if offer.usage_type == prefix + name]:
                return found
    return []


def _doubt(price: Price, found: list[Offer]) -> str:
    """Why the list's answer cannot be taken; empty if it can."""
    if not found:
        return "the Price List has no such usage type"
    if not all(offer.is_by(price.unit) for offer in found):
        units = ", ".join(sorted({offer.unit for offer in found}))
        return f"the Price List counts it in {units}, not in {price.unit}"
    if len({offer.tiers for offer in found}) > 1:
        return f"the Price List has {len(found)} prices for it"
    finest = min(tier.usd.as_tuple().exponent for tier in found[0].tiers)
    if finest < -PRICE_PLACES:
        return f"the Price List's price has more than {PRICE_PLACES} decimals"
    return ""


def _settled(note: str) -> str:
    """A note without its older doubts."""
    said = [part.removesuffix(".") for part in note.split(". ") if "not confirmed" not in part]
    return ". ".join(said) + "." if any(said) else ""


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
