"""Rebuild a price book from AWS's Price List API (boto3 `pricing`, in us-east-1 or ap-south-1).

What the list does not have, or has in two minds, keeps its old price and is marked as not
confirmed. The monthly free tiers of Lambda, SQS, Step Functions and CloudWatch are no part of a
region's list: they are kept as they were.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workbench.errors import BadInput
from workbench.platform import services
from workbench.prices.book import Key, Price, PriceBook
from workbench.prices.files import PRICE_PLACES
from workbench.prices.price_list import Offer, offers, prefixes

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


def refresh(client: Any, region: str, old_book: PriceBook, date: str | None = None) -> PriceBook:
    """The old book's entries at the Price List's prices of that region, dated today.

    `client` is boto3's `pricing`. Raises BadInput for a region that the list does not know.
    """
    names = prefixes(region)
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
