"""An offer: one product's price on demand, as AWS's price list has it in all of its forms.

The Price List API gives a text a product; an offer file has all products of a service, and their
terms apart (AWS Billing user guide, "Reading the service price list file for an AWS service").
Both come here as one entry: `{"product": …, "terms": {"OnDemand": …}}`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.errors import BadInput, BadRecord
from workbench.prices.book import Tier

CURRENCY = "USD"
REGION_ATTRIBUTES = ("regionCode", "fromRegionCode")  # the second is AWSDataTransfer's
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

Entry = dict[str, Any]


@dataclass(frozen=True)
class Offer:
    """One product's price on demand: its tiers, and what the list itself gives free."""

    sku: str
    attributes: dict[str, str]
    unit: str
    tiers: tuple[Tier, ...]
    free: Decimal | None
    effective: str

    @property
    def usage_type(self) -> str:
        """The usage type, with its region prefix."""
        return self.attributes.get("usagetype", "")

    @property
    def amounts(self) -> tuple[tuple[Decimal | None, Decimal], ...]:
        """Where its tiers end and what they cost: two offers with the same ones say the same."""
        return tuple((tier.up_to, tier.usd) for tier in self.tiers)

    def is_by(self, unit: str) -> bool:
        """Whether it is priced by that unit of ours."""
        return folded(self.unit) == folded(unit)

    def is_in(self, region: str) -> bool:
        """Whether it is of that region; what names none is where its file is."""
        names = [self.attributes[key] for key in REGION_ATTRIBUTES if self.attributes.get(key)]
        return not names or region in names[:1]


def folded(unit: str) -> str:
    """A unit without case, blanks and plural, under one name."""
    plain = unit.casefold().replace(" ", "").removesuffix("s")
    return SAME_UNITS.get(plain, plain)


def read_offers(what: str, entries: Iterable[Entry]) -> Iterator[Offer]:
    """The offers of entries; a product without a price on demand is left out.

    Raises BadRecord, naming `what`, where an entry has another shape; BadInput where its price is
    in another currency.
    """
    try:
        for entry in entries:
            product = entry["product"]
            for term in entry["terms"].get("OnDemand", {}).values():
                yield _offer(product.get("sku", ""), product["attributes"], term)
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise BadRecord(f"{what} cannot be read: {error!r}") from None


def _offer(sku: str, attributes: dict[str, str], term: dict[str, Any]) -> Offer:
    """One term's price dimensions as tiers; a first tier of zero dollars is a free tier."""
    steps = sorted(term["priceDimensions"].values(), key=lambda step: Decimal(step["beginRange"]))
    free = None
    if len(steps) > 1 and not _usd(steps[0]):
        free = Decimal(steps[0]["endRange"])
        steps = steps[1:]
    tiers = tuple(
        Tier(
            None if step["endRange"] == "Inf" else Decimal(step["endRange"]),
            _usd(step),
            rate_code=step.get("rateCode", ""),
        )
        for step in steps
    )
    if not tiers or tiers[-1].up_to is not None:
        raise ValueError(f"{attributes.get('usagetype')}: tiers without an open end")
    return Offer(sku, attributes, steps[0]["unit"], tiers, free, term["effectiveDate"][:10])


def _usd(step: dict[str, Any]) -> Decimal:
    """A price without the zeros that the list pads it with; refused if it is not in dollars."""
    prices = step["pricePerUnit"]
    if CURRENCY not in prices:
        raise BadInput(
            f"the price list has prices in {', '.join(prices)}; price books are in {CURRENCY}."
        )
    usd = Decimal(prices[CURRENCY])
    return usd.normalize() + 0 if usd else Decimal(0)
