"""A run's bill as FOCUS 1.2 CostAndUsage: a row a resource, usage type, label, price and UTC hour.

    https://focus.finops.org/focus-specification/v1-2

Dollars are the bill's, shared out and never rounded: BilledCost adds up to the run's cost. A run
keeps no hour of its usage, so each line is spread evenly over the time from the trigger until
completion was known, counts in whole units; the clock is that of `started_at`, on simulated
targets too. What looking at a batch costs (`measuring`) is no part of its cost, and left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from math import isclose
from typing import Any

import pandas as pd

from workbench.bill.focus_services import ACCOUNT_ID, ACCOUNT_NAME, OTHER, SERVICES, resource_of
from workbench.designs import DESIGNS
from workbench.errors import BadInput, BadRecord
from workbench.platform.services import HOME_REGION
from workbench.prices import Price, PriceBook, load_book
from workbench.runs.records import Run, RunData

PROVIDER = "Amazon Web Services"
HOUR = timedelta(hours=1)
STEP = Decimal("1e-14")  # of a quantity, as `platform.units` has it
WIDE = Context(prec=100)
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])  # would raise before it rounds
COLUMNS = (
    "AvailabilityZone BilledCost BillingAccountId BillingAccountName BillingAccountType "
    "BillingCurrency BillingPeriodEnd BillingPeriodStart CapacityReservationId "
    "CapacityReservationStatus ChargeCategory ChargeClass ChargeDescription ChargeFrequency "
    "ChargePeriodEnd ChargePeriodStart CommitmentDiscountCategory CommitmentDiscountId "
    "CommitmentDiscountName CommitmentDiscountQuantity CommitmentDiscountStatus "
    "CommitmentDiscountType CommitmentDiscountUnit ConsumedQuantity ConsumedUnit ContractedCost "
    "ContractedUnitPrice EffectiveCost InvoiceId InvoiceIssuerName ListCost ListUnitPrice "
    "PricingCategory PricingCurrency PricingCurrencyContractedUnitPrice "
    "PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice PricingQuantity PricingUnit "
    "ProviderName PublisherName RegionId RegionName ResourceId ResourceName ResourceType "
    "ServiceCategory ServiceName ServiceSubcategory SkuId SkuMeter SkuPriceDetails SkuPriceId "
    "SubAccountId SubAccountName SubAccountType Tags "
    "x_Design x_Items x_Label x_RunId x_Source x_Target"
).split()
COSTS = "BilledCost ContractedCost EffectiveCost ListCost PricingCurrencyEffectiveCost".split()
PRICES = (
    "ContractedUnitPrice ListUnitPrice PricingCurrencyContractedUnitPrice "
    "PricingCurrencyListUnitPrice"
).split()
QUANTITIES = ["ConsumedQuantity", "PricingQuantity"]
UNITS = {"GB-Mo": "GB-Months"}  # where FOCUS's UnitFormat has another name
TIMES = "BillingPeriodStart BillingPeriodEnd ChargePeriodStart ChargePeriodEnd".split()

Name = tuple[str, str, str, str]  # service, usage type, unit, label
Piece = tuple[str, Decimal, Decimal]  # resource, quantity, dollars a unit


def focus_frame(runs: Iterable[tuple[RunData, str]]) -> pd.DataFrame:
    """The bills of runs with what their figures are called: simulated, modelled or measured."""
    rows = [row for folder, source in runs for row in _rows(folder, source)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(folder: RunData, source: str) -> Iterator[dict[str, Any]]:
    """The rows of one run."""
    run = folder.run
    if folder.bill is None or run.cost_usd is None:
        raise BadRecord(f"{run.run_id} has no bill to export")
    of_run, hours, total = _of_run(run, source), _hours(folder), Decimal(0)
    book = _book(run)
    for name, lines in _by_name(folder.bill):
        price = book and book.price(*name[:2])
        of_line = _of_line(run, name, price)
        for resource, quantity, usd in _pieces(lines, _shares(folder, name)):
            of_piece = of_line | _of_price(name, usd, price)
            of_piece |= resource_of(DESIGNS[run.design], name[0], resource, run.region or "")
            for start, part in _spread(quantity, hours):
                with localcontext(EXACT):
                    cost = part * usd
                    total += cost
                amounts = dict.fromkeys(COSTS, cost) | dict.fromkeys(QUANTITIES, part)
                yield of_run | of_piece | _of_hour(start) | amounts
    if not isclose(total, run.cost_usd, rel_tol=1e-12):
        raise BadRecord(f"{run.run_id}: its bill comes to ${total}, and its cost is {run.cost_usd}")


def _book(run: Run) -> PriceBook | None:
    """The book that a run was billed by, for the price list's own names; None if it is gone."""
    try:
        return load_book(run.region or HOME_REGION, run.price_date)
    except BadInput:
        return None


def _of_run(run: Run, source: str) -> dict[str, Any]:
    """What every row of a run has."""
    return dict.fromkeys(COLUMNS) | {
        "BillingAccountId": ACCOUNT_ID,
        "BillingAccountName": ACCOUNT_NAME,
        "BillingAccountType": "Placeholder",
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "InvoiceIssuerName": PROVIDER,
        "PricingCategory": "Standard",
        "PricingCurrency": "USD",
        "ProviderName": PROVIDER,
        "PublisherName": PROVIDER,
        "RegionId": run.region,
        "RegionName": run.region,
        "SubAccountId": ACCOUNT_ID,
        "SubAccountName": ACCOUNT_NAME,
        "SubAccountType": "Placeholder",
        "x_Design": run.design,
        "x_Items": run.items,
        "x_RunId": run.run_id,
        "x_Source": source,
        "x_Target": run.target,
    }


def _of_line(run: Run, name: Name, price: Price | None) -> dict[str, Any]:
    """What every row of a line of the bill has; a name of our own where the book has no SKU."""
    service, usage_type, unit, label = name
    known = SERVICES.get(service, OTHER)
    return {
        "ChargeDescription": f"{usage_type} of {service} for {label}, run {run.run_id}",
        "ConsumedUnit": UNITS.get(unit, unit),
        "PricingUnit": UNITS.get(unit, unit),
        "ServiceCategory": known.category,
        "ServiceName": service,
        "ServiceSubcategory": known.subcategory,
        "SkuId": (price and price.sku) or f"{service}/{usage_type}",
        "SkuMeter": usage_type,
        "x_Label": label,
    }


def _of_price(name: Name, usd: Decimal, price: Price | None) -> dict[str, Any]:
    """Unit prices, all of them the list's, and the rate code of the price, or a name of our own."""
    codes = [tier.rate_code for tier in (price.tiers if price else ()) if tier.usd == usd]
    own = f"{name[0]}/{name[1]}/{usd:f}"
    return dict.fromkeys(PRICES, usd) | {"SkuPriceId": next(filter(None, codes), own)}


def _of_hour(start: datetime) -> dict[str, datetime]:
    """An hour and its month."""
    month = start.replace(day=1, hour=0)
    after = (month + timedelta(days=31)).replace(day=1)
    return dict(zip(TIMES, (month, after, start, start + HOUR), strict=True))


def _by_name(bill: pd.DataFrame) -> Iterator[tuple[Name, list[tuple[Decimal, Decimal]]]]:
    """Quantities and unit prices of each line of a bill, tier by tier; none of looking at it."""
    found: dict[Name, list[tuple[Decimal, Decimal]]] = {}
    for row in bill.itertuples(index=False):
        if row.label != "measuring":
            name = (row.service, row.usage_type, row.unit, row.label)
            found.setdefault(name, []).append((row.quantity, row.unit_price_usd))
    yield from found.items()


def _shares(folder: RunData, name: Name) -> dict[str, Decimal]:
    """What each resource used of a line; nobody by name in a folder that does not tell."""
    if folder.resources is None:
        return {}
    told = folder.resources
    for column, value in zip(("service", "usage_type", "unit", "label"), name, strict=True):
        told = told[told[column] == value]
    return dict(zip(told["resource"], told["quantity"], strict=True))


def _pieces(
    lines: Iterable[tuple[Decimal, Decimal]], shares: Mapping[str, Decimal]
) -> Iterator[Piece]:
    """The tiers of a line, each used up by one resource after the other; the last has the rest."""
    left = dict(shares) or {"": Decimal(0)}
    last = list(left)[-1]
    for quantity, usd in lines:
        for resource in left:
            part = quantity if resource == last else min(quantity, left[resource])
            if part:
                yield resource, part, usd
            with localcontext(EXACT):
                quantity -= part
                left[resource] -= part


def _hours(folder: RunData) -> list[tuple[datetime, int]]:
    """The UTC hours that a run touches, with its microseconds in each."""
    run, timeline = folder.run, folder.timeline["t_s"]
    ends = (run.created_s, run.processed_s, max(timeline, default=0.0))
    seconds = run.detected_s or max(one or 0.0 for one in ends)
    at = datetime.fromisoformat(run.started_at)
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    end, hours = at + timedelta(seconds=max(seconds, 1e-6)), []
    while at < end:
        start = at.replace(minute=0, second=0, microsecond=0)
        until = min(end, start + HOUR)
        hours.append((start, (until - at) // timedelta(microseconds=1)))
        at = until
    return hours


def _spread(
    quantity: Decimal, hours: list[tuple[datetime, int]]
) -> Iterator[tuple[datetime, Decimal]]:
    """A quantity over hours by their length: exact, whole if it is whole, no hour of nothing."""
    step = Decimal(1) if quantity == quantity.to_integral_value() else STEP
    whole, passed, given = sum(length for _, length in hours), 0, Decimal(0)
    for start, length in hours:
        passed += length
        with localcontext(WIDE):
            so_far = quantity if passed == whole else (quantity * passed / whole).quantize(step)
            part = so_far - given
        given = so_far
        if part:
            yield start, part
