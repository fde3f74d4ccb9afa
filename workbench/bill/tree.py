"""The bill as a tree, as infracost prints it: service, line, quantity, unit price, dollars."""

from decimal import Decimal

import pandas as pd
from rich.text import Text
from rich.tree import Tree

from workbench.bill.pricing import (
    by_label,
    by_service,
    coordination_usd,
    total_usd,
    usd_per_million,
)
from workbench.errors import MissingPrice
from workbench.prices.book import PriceBook
from workbench.runs.records import COORDINATION

DOUBT = "~ not confirmed"
PER_MILLION_BELOW_USD = Decimal("0.001")  # smaller unit prices are shown per million units
LEAST_USD = Decimal("0.000001")  # smaller amounts are shown as less


def bill_tree(
    bill: pd.DataFrame, title: str, book: PriceBook | None = None, items: int | None = None
) -> Tree:
    """A bill as a rich tree. With its book, prices that could not be confirmed are marked; with
    the number of items, the total is also shown per million items."""
    tree = Tree(Text(title, style="bold"))
    rows = [_cells(row, book) for row in bill.itertuples(index=False)]
    widths = [max((len(cells[i]) for cells in rows), default=0) for i in range(5)]
    for service, usd in by_service(bill).items():
        own = [cells for cells, name in zip(rows, bill["service"], strict=True) if name == service]
        branch = tree.add(Text(f"{service}  {usd_text(usd)}", style="bold"))
        for cells in own:
            branch.add(_line(cells, widths))
    _add_totals(tree, bill, items)
    return tree


def usd_text(usd: Decimal) -> str:
    """Dollars with as many decimals as their size asks for."""
    if 0 < usd < LEAST_USD:
        return f"<${LEAST_USD}"
    places = 2 if usd >= 1 or not usd else 4 if usd >= Decimal("0.01") else 6
    return f"${usd:,.{places}f}"


def _cells(row: tuple, book: PriceBook | None) -> list[str]:
    """The texts of one row."""
    doubt = book is not None and row.source != "cost_explorer" and not _is_sure(row, book)
    return [
        f"{row.usage_type} ({row.label})",
        _quantity_text(row.quantity),
        row.unit,
        _unit_price_text(row.unit_price_usd),
        usd_text(row.cost_usd),
        DOUBT if doubt else "",
    ]


def _is_sure(row: tuple, book: PriceBook) -> bool:
    """Whether the book could confirm the price that a row was billed at."""
    try:
        return book.price(row.service, row.usage_type).is_confirmed_at(row.unit_price_usd)
    except MissingPrice:  # an old bill, a newer book
        return False


def _line(cells: list[str], widths: list[int]) -> Text:
    """One row in columns: the name to the left, numbers to the right."""
    name, quantity, unit, price, usd, doubt = cells
    text = Text(f"{name:<{widths[0]}}  {quantity:>{widths[1]}} {unit:<{widths[2]}}  ")
    text.append(f"{price:>{widths[3]}}  {usd:>{widths[4]}}")
    if doubt:
        text.append(f"  {doubt}", style="yellow")
    return text


def _add_totals(tree: Tree, bill: pd.DataFrame, items: int | None) -> None:
    """The total, its parts by label, and what a million items cost."""
    total = total_usd(bill)
    branch = tree.add(Text(f"Total  {usd_text(total)}", style="bold"))
    usd = by_label(bill)
    inner = {one: usd.pop(one) for one in COORDINATION}
    outer = {"work": usd.pop("work"), "coordination": coordination_usd(bill), **usd}
    for label, part_usd in outer.items():
        if part_usd:
            part = branch.add(f"{label:<12}  {usd_text(part_usd)}")
            for one in inner if label == "coordination" else ():
                if inner[one]:
                    part.add(f"{one:<8}  {usd_text(inner[one])}")
    if items:
        branch.add(f"per million items  {usd_text(usd_per_million(total, items))}")


def _quantity_text(quantity: Decimal) -> str:
    """A quantity, whole if it is, else with four decimals, or six digits if it is small."""
    if quantity == quantity.to_integral_value():
        return f"{quantity:,.0f}"
    return f"{quantity:,.4f}" if quantity >= 1 else f"{quantity:.6g}"


def _unit_price_text(usd: Decimal) -> str:
    """A unit price, per million units if one costs next to nothing."""
    if not usd:
        return "free"
    if usd < PER_MILLION_BELOW_USD:
        return f"{_short(usd * 1_000_000)} /1M"
    return _short(usd)


def _short(usd: Decimal) -> str:
    """Dollars with all their digits, two decimals at least."""
    plain = usd.normalize()
    return f"${plain:,.2f}" if plain.as_tuple().exponent >= -2 else f"${plain:,f}"
