"""The price book of a region: every price with its unit, tiers, source and date.

A usage type has tiers by the month's usage: `up_to` is where a tier ends, counted from the month's
first unit, and the last tier has no end. What is free each month is at its beginning and counts
towards the tiers, as on AWS's pages ("first 1 GB, next 9.999 TB"). A free tier may be shared by
several usage types (`free_pool`): Lambda's by x86 and arm, SQS's by all queues.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from workbench.errors import BadInput, MissingPrice

Key = tuple[str, str]  # service, usage type


@dataclass(frozen=True)
class Tier:
    """A price in dollars a unit, up to so many units a month (None: without end).

    `rate_code` is the price list's own name of it; a price that was read elsewhere has none.
    """

    up_to: Decimal | None
    usd: Decimal
    confirmed: bool = True
    rate_code: str = ""


@dataclass(frozen=True)
class Price:
    """What one usage type of a service costs, and how sure that is.

    `sure` is A (AWS's own text), B (third party, or built on the price list), C (arithmetic) or
    M (memory). `aliases` are other names that AWS bills the same usage under, `sku` is the product
    in the price list, where it was read there.
    """

    service: str
    usage_type: str
    unit: str
    tiers: tuple[Tier, ...]
    free_per_month: Decimal | None
    source: str
    sure: str
    confirmed: bool
    note: str = ""
    free_pool: str = ""
    aliases: tuple[str, ...] = ()
    sku: str = ""

    @property
    def key(self) -> Key:
        """The name that a usage line has."""
        return self.service, self.usage_type

    @property
    def pool(self) -> str:
        """Whose free tier this is: its own, or one that it shares."""
        return self.free_pool or f"{self.service} {self.usage_type}"

    @property
    def is_confirmed(self) -> bool:
        """Whether every tier could be confirmed."""
        return self.confirmed and all(tier.confirmed for tier in self.tiers)

    def is_confirmed_at(self, usd: Decimal) -> bool:
        """Whether this price a unit could be confirmed (what is free always is)."""
        doubted = {tier.usd for tier in self.tiers if not (self.confirmed and tier.confirmed)}
        return usd not in doubted

    def discounted(self, percents: Mapping[str, Decimal]) -> "Price":
        """The same price with the percent off that its service has; what is free stays free."""
        own = [part for part in percents if part.lower() in self.service.lower()]
        left = 1 - percents[max(own, key=len)] / 100 if own else Decimal(1)
        return replace(self, tiers=tuple(replace(t, usd=t.usd * left) for t in self.tiers))

    def slices(self, start: Decimal, quantity: Decimal) -> Iterator[tuple[Decimal, Decimal]]:
        """Cut a quantity that begins at `start` units of the month: (quantity, dollars a unit)."""
        left = quantity
        for tier in self.tiers:
            if tier.up_to is not None and tier.up_to <= start:
                continue
            room = left if tier.up_to is None else min(left, tier.up_to - start)
            yield room, tier.usd
            left, start = left - room, start + room
            if not left:
                return


@dataclass(frozen=True)
class PriceBook:
    """The prices of one region on one date."""

    region: str
    date: str
    prices: tuple[Price, ...]
    note: str = ""

    @cached_property
    def _by_key(self) -> dict[Key, Price]:
        return {
            (price.service, name): price
            for price in self.prices
            for name in (*price.aliases, price.usage_type)
        }

    def price(self, service: str, usage_type: str) -> Price:
        """The price of a usage type; raises MissingPrice, and never takes one for zero."""
        self.require([(service, usage_type)])
        return self._by_key[service, usage_type]

    def require(self, keys: Iterable[Key]) -> None:
        """Raise MissingPrice, naming every key that has no price."""
        missing = sorted({f"{service} {kind}" for service, kind in keys} - self._names)
        if missing:
            raise MissingPrice(
                f"no price for {', '.join(missing)} in the price book of {self.region} "
                f"({self.date}). Add it to the book, or run "
                f"`workbench prices refresh --region {self.region}`."
            )

    @cached_property
    def _names(self) -> set[str]:
        return {f"{service} {usage_type}" for service, usage_type in self._by_key}

    def named(self, usage_type: str) -> list[Price]:
        """The prices of that usage type, of whichever service."""
        return [price for (_, name), price in self._by_key.items() if name == usage_type]

    def of_service(self, part: str) -> "PriceBook":
        """The same book with only the services whose names contain this, in any case."""
        chosen = [price for price in self.prices if part.lower() in price.service.lower()]
        if not chosen:
            names = ", ".join(sorted({price.service for price in self.prices}))
            raise BadInput(f"service={part!r} is in no name of the price book. It has {names}.")
        return replace(self, prices=tuple(chosen))

    def discounted(self, percents: Mapping[str, Decimal]) -> "PriceBook":
        """The same book with so many percent off, by a part of a service's name, or "" for all.

        The longest name that a service has counts; one that is in no name is refused.
        """
        for part in percents:
            self.of_service(part)
        return replace(self, prices=tuple(one.discounted(percents) for one in self.prices))

    def with_less_free(self, share: Decimal) -> "PriceBook":
        """The same book with that share of each free tier."""
        prices = [
            one
            if one.free_per_month is None
            else replace(one, free_per_month=one.free_per_month * share)
            for one in self.prices
        ]
        return replace(self, prices=tuple(prices))

    def with_prices(self, *prices: Price) -> "PriceBook":
        """The same book with these prices in place of, or beside, its own."""
        new = {price.key: price for price in prices}
        kept = [new.pop(price.key, price) for price in self.prices]
        return replace(self, prices=(*kept, *new.values()))


def flat(service: str, usage_type: str, unit: str, *tiers: tuple[str | None, str]) -> Price:
    """A price for a what-if or for an old list: its tiers as (up to, dollars), no free tier."""
    cut = tuple(Tier(None if end is None else Decimal(end), Decimal(usd)) for end, usd in tiers)
    return Price(service, usage_type, unit, cut, None, "given by the caller", "C", confirmed=False)
