"""A price book as a table, with what could not be confirmed marked."""

from decimal import Decimal

from rich.console import Group
from rich.table import Table
from rich.text import Text

from workbench.prices.book import Price, PriceBook, Tier

DOUBT = "~ not confirmed"
SURE = "sure: A AWS's own text, B third party or built on the price list, C arithmetic, M memory"


def show(book: PriceBook) -> Group:
    """A book as a rich table with its notes."""
    table = Table(title=f"Prices of {book.region}, {book.date} (USD)", title_justify="left")
    table.add_column("service")
    table.add_column("usage type", overflow="fold")
    table.add_column("unit")
    table.add_column("price a unit", justify="right")
    table.add_column("free a month", justify="right")
    table.add_column("sure")
    table.add_column("source, note")
    for price in book.prices:
        table.add_row(*_cells(price))
    doubted = sum(not price.is_confirmed for price in book.prices)
    foot = f"{len(book.prices)} prices, {doubted} with a part that is {DOUBT[2:]}. {SURE}."
    return Group(table, Text(foot), Text(book.note))


def _cells(price: Price) -> list[str | Text]:
    """The texts of one price."""
    tiers = Text("\n".join(_tier_text(tier, price.confirmed) for tier in price.tiers))
    free = "" if price.free_per_month is None else f"{price.free_per_month:,}"
    mark = "" if price.is_confirmed else f" {DOUBT}"
    said = " ".join(filter(None, (f"{price.source}.", price.note)))
    return [
        price.service,
        "\n".join((price.usage_type, *(f"or {name}" for name in price.aliases))),
        price.unit,
        tiers,
        free,
        Text(price.sure + mark, style="yellow" if mark else ""),
        Text(said),
    ]


def _tier_text(tier: Tier, confirmed: bool) -> str:
    """A tier's price, where it ends, and a mark if it is in doubt."""
    end = "" if tier.up_to is None else f" to {_plain(tier.up_to)}"
    return f"{'' if confirmed and tier.confirmed else '~ '}{_plain(tier.usd)}{end}"


def _plain(value: Decimal) -> str:
    """A number without an exponent, with commas."""
    return f"{value:,f}"
