"""Rebuild a price book of a region from AWS's price list.

What the list does not have, or has in two minds, keeps its old price and is marked as not
confirmed. The monthly free tiers of Lambda, SQS, Step Functions and CloudWatch are no part of a
region's list: they are kept as they were.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workbench.errors import BadInput
from workbench.platform import services
from workbench.prices.book import Key, Price, PriceBook
from workbench.prices.files import PRICE_PLACES
from workbench.prices.offers import Offer
from workbench.prices.regions import prefixes, refuse_foreign
from workbench.prices.sources import Source

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
HOME_SERVICES = {services.COST_EXPLORER}  # billed there, whatever region is used

# One usage type may name several products; these attributes tell ours.
ATTRIBUTES: dict[Key, dict[str, str]] = {
    (services.S3, "TimedStorage-ByteHrs"): {"volumeType": "Standard"},
    (services.EVENTBRIDGE, "Event-64K-Chunks"): {"eventType": "Custom Event"},
    (services.DATA_TRANSFER, "DataTransfer-Out-Bytes"): {"transferType": "AWS Outbound"},
}


def refresh(
    source: Source,
    region: str,
    old_book: PriceBook,
    date: str | None = None,
    say: Callable[[str], None] = str,
) -> PriceBook:
    """The old book's entries at the price list's prices of that region; `say` hears of each file.

    Its date is today, or when the newest of the files was published that it was read from. Raises
    BadInput for a region of another partition, or one that the list does not have.
    """
    refuse_foreign(region)
    known, published = {}, [""]
    for service in dict.fromkeys(price.service for price in old_book.prices):
        if service in SERVICE_CODES:
            where = services.HOME_REGION if service in HOME_SERVICES else region
            say(f"{SERVICE_CODES[service]}, {where} …")
            offers, day = source.read(SERVICE_CODES[service], where)
            known[service] = [offer for offer in offers if offer.is_in(where)]
            published += [day] if known[service] else []
    if not any(own for service, own in known.items() if service not in HOME_SERVICES):
        raise BadInput(
            f"region={region!r}: the price list has no product of ours there. "
            f"A folder has its files as {region}/AWSLambda.json, and so on."
        )
    today = datetime.now(UTC).date().isoformat()
    date = date or (today if source.is_current else max(published)) or today
    before = prefixes((one.usage_type for own in known.values() for one in own), region)
    read = _Reading(source.name, before, old_book, date)
    prices = [read.refreshed(price, known.get(price.service, [])) for price in old_book.prices]
    text = f"Rebuilt from the {source.name}, {date}; what it lacks is kept from the book "
    text += f"of {old_book.region}, {old_book.date}."
    return PriceBook(region, date, tuple(prices), text)


@dataclass(frozen=True)
class _Reading:
    """One reading of a price list: whose it is, what stands before its names, what it replaces."""

    source: str
    prefixes: tuple[str, ...]
    old: PriceBook
    date: str

    def refreshed(self, price: Price, known: list[Offer]) -> Price:
        """A price as the list has it, or the old one, marked."""
        found = self._find(price, known)
        if reason := _doubt(price, found):
            whose = f"Price of {self.old.region}, {self.old.date}"
            note = f"{whose}, not confirmed on {self.date}: {reason}."
            unread = replace(price, confirmed=False, sku="")
            return replace(unread, note=f"{note} {_settled(price.note)}".rstrip())
        free = next((offer.free for offer in found if offer.free is not None), None)
        return replace(
            price,
            tiers=found[0].tiers,
            # A free tier that is shared stays as it was, or its members would disagree.
            free_per_month=price.free_per_month if free is None or price.free_pool else free,
            source=f"{self.source}, {SERVICE_CODES[price.service]} {found[0].usage_type}, "
            f"effective {found[0].effective}, read on {self.date}",
            sure="A",
            confirmed=True,
            note=_settled(price.note),
            sku=found[0].sku,
        )

    def _find(self, price: Price, known: list[Offer]) -> list[Offer]:
        """The offers of a price: by its name, then its aliases, bare and with each prefix."""
        wanted = ATTRIBUTES.get(price.key, {}).items()
        fitting = [offer for offer in known if wanted <= offer.attributes.items()]
        for name in (price.usage_type, *price.aliases):
            for prefix in self.prefixes:
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
    if len({offer.amounts for offer in found}) > 1:
        return f"the Price List has {len(found)} prices for it"
    finest = min(tier.usd.as_tuple().exponent for tier in found[0].tiers)
    if finest < -PRICE_PLACES:
        return f"the Price List's price has more than {PRICE_PLACES} decimals"
    return ""


def _settled(note: str) -> str:
    """A note without its older doubts."""
    said = [part.removesuffix(".") for part in note.split(". ") if "not confirmed" not in part]
    return ". ".join(said) + "." if any(said) else ""
