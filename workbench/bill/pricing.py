"""Usage in, bill out: every line priced in exact decimals; and sums over a bill, as exact.

A line that crosses tiers becomes one row a tier, so that quantity times unit price is the cost of
every row. Lines of one usage type share the month's tiers and free tier in the order of their
labels (work first); usage types that share a free tier use it up dearest first. So neither the
rows nor the total depend on the order of the usage.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext

import pandas as pd

from workbench.errors import BadInput
from workbench.platform.units import quantity as exact
from workbench.prices.book import Key, Price, PriceBook
from workbench.runs.records import BILL_COLUMNS, COORDINATION, LABELS, USAGE_COLUMNS

SOURCES = ("metered", "modelled", "cost_explorer")
EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])  # would raise before it rounds

MILLION = 1_000_000

Already = Mapping[Key | str, Decimal | int]


@dataclass(frozen=True)
class Line:
    """One row of usage, checked."""

    service: str
    usage_type: str
    unit: str
    label: str
    quantity: Decimal

    @property
    def key(self) -> Key:
        """The name that its price has."""
        return self.service, self.usage_type

    @property
    def order(self) -> tuple[int, str]:
        """Its turn among the lines of one price: by label, then by the name it goes under."""
        return LABELS.index(self.label), self.usage_type


def bill(
    usage: pd.DataFrame,
    book: PriceBook,
    *,
    source: str = "metered",
    free_tier: bool = False,
    already: Already | None = None,
) -> pd.DataFrame:
    """Price a usage table (`USAGE_COLUMNS`) into a bill (`BILL_COLUMNS`).

    `already` is the month's usage so far, by (service, usage type), or by usage type where only one
    service has it; the free tier is left out unless asked for. Raises MissingPrice for a usage type
    without a price, BadInput for a quantity that is negative or no number.
    """
    if list(usage.columns) != USAGE_COLUMNS:
        raise BadInput(f"usage has columns {list(usage.columns)}; it needs {USAGE_COLUMNS}")
    usage_rows = usage.itertuples(index=False, name=None)
    rows = bill_rows(usage_rows, book, source=source, free_tier=free_tier, already=already)
    return pd.DataFrame(rows, columns=BILL_COLUMNS)


def bill_rows(
    usage: Iterable[tuple],
    book: PriceBook,
    *,
    source: str = "metered",
    free_tier: bool = False,
    already: Already | None = None,
) -> list[tuple]:
    """The same from rows of usage, as rows: for many bills a frame each would take longer."""
    if source not in SOURCES:
        raise BadInput(f"source={source!r} is not known. Take one of {', '.join(SOURCES)}.")
    with localcontext(EXACT):
        lines = _lines(usage)
        book.require(line.key for line in lines)
        by_price: dict[Price, list[Line]] = {}
        for line in lines:
            by_price.setdefault(_priced(book, line), []).append(line)
        month = _month(book, already or {})
        free = _free(book, month) if free_tier else {}
        rows = [
            row
            for price in sorted(by_price, key=_dearest_first)
            for row in _rows(price, by_price[price], month.get(price.key, Decimal(0)), free)
        ]
    rows.sort(key=lambda row: (row[0], row[1], LABELS.index(row[3])))
    return [(*row, source) for row in rows]


def total_usd(bill: pd.DataFrame) -> Decimal:
    """All of a bill, in dollars."""
    return exact_sum(bill["cost_usd"])


def knowing_usd(bill: pd.DataFrame) -> Decimal:
    """The price of knowing that the batch is done, in dollars: the lines labelled `knowing`."""
    return exact_sum(bill.loc[bill["label"] == "knowing", "cost_usd"])


def coordination_usd(bill: pd.DataFrame) -> Decimal:
    """Dispatch and knowing, in dollars: what a design adds to the work, by which it is compared.

    The line between the two is not the same everywhere: a Distributed Map starts its children, and
    knows by that when all are done.
    """
    return exact_sum(bill.loc[bill["label"].isin(COORDINATION), "cost_usd"])


def by_label(bill: pd.DataFrame) -> dict[str, Decimal]:
    """Dollars by label, every label, in their usual order."""
    return sums_by_label(zip(bill["label"], bill["cost_usd"], strict=True))


def sums_by_label(costs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The same from the label and the cost of every line."""
    sums = dict.fromkeys(LABELS, Decimal(0))
    with localcontext(EXACT):
        for label, usd in costs:
            if label in sums:
                sums[label] += usd
    return sums


def by_service(bill: pd.DataFrame) -> dict[str, Decimal]:
    """Dollars by service, dearest first."""
    sums = {name: exact_sum(own["cost_usd"]) for name, own in bill.groupby("service", sort=True)}
    return dict(sorted(sums.items(), key=lambda pair: -pair[1]))


def usd_per_million(usd: Decimal, items: int) -> Decimal:
    """Dollars per million items."""
    if items < 1:
        raise BadInput(f"items={items}: a cost per million items needs at least one item")
    return usd * MILLION / items


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of decimals, of any length."""
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def _lines(usage: Iterable[tuple]) -> list[Line]:
    """The usage with its quantities checked, one line a name and label."""
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    for service, usage_type, unit, label, amount in usage:
        if label not in LABELS:
            raise BadInput(
                f"{service} {usage_type}: label {label!r} is none of {', '.join(LABELS)}"
            )
        try:
            value = exact(amount)
        except ValueError as error:
            raise BadInput(f"{service} {usage_type}: {error}") from None
        name = (service, usage_type, unit, label)
        sums[name] = sums.get(name, Decimal(0)) + value
    return [Line(*name, value) for name, value in sums.items()]


def _priced(book: PriceBook, line: Line) -> Price:
    """The price of a line; its unit must be the book's, or the product would mean nothing."""
    found = book.price(*line.key)
    if found.unit != line.unit:
        raise BadInput(
            f"{line.service} {line.usage_type} is metered in {line.unit!r}, "
            f"but its price is by {found.unit!r}."
        )
    return found


def _rows(
    price: Price, lines: list[Line], start: Decimal, free: dict[str, Decimal]
) -> Iterable[tuple]:
    """The rows of one price's lines: what is free, then a row a tier."""
    for line in sorted(lines, key=lambda line: line.order):
        name = (line.service, line.usage_type, line.unit, line.label)
        given = min(line.quantity, free.get(price.pool, Decimal(0)))
        if given:
            free[price.pool] -= given
            yield *name, given, Decimal(0), Decimal(0)
        start += given
        if line.quantity > given or not line.quantity:
            for part, usd in price.slices(start, line.quantity - given):
                yield *name, part, usd, part * usd
        start += line.quantity - given


def _month(book: PriceBook, already: Already) -> dict[Key, Decimal]:
    """The month's usage so far, by the names of the prices."""
    month: dict[Key, Decimal] = {}
    for name, amount in already.items():
        found = [book.price(*name)] if isinstance(name, tuple) else book.named(name)
        if len(found) != 1:
            services = ", ".join(price.service for price in found) or "no service"
            raise BadInput(f"already: {name!r} is of {services}; give (service, usage type).")
        try:
            value = exact(amount)
        except ValueError as error:
            raise BadInput(f"already: {name}: {error}") from None
        key = found[0].key
        month[key] = month.get(key, Decimal(0)) + value
    return month


def _free(book: PriceBook, month: dict[Key, Decimal]) -> dict[str, Decimal]:
    """What is left of each free tier this month."""
    left = {p.pool: p.free_per_month for p in book.prices if p.free_per_month is not None}
    for price in book.prices:
        if price.pool in left:
            used = month.get(price.key, Decimal(0))
            left[price.pool] = max(left[price.pool] - used, Decimal(0))
    return left


def _dearest_first(price: Price) -> tuple[Decimal, str, str]:
    """The order in which prices use up a free tier that they share."""
    return -price.tiers[0].usd, price.service, price.usage_type
