"""Price books as dated JSON files, one a region: `books/us-east-1_2026-11-23.json`.

Amounts are strings, so that no price ever passes through a float.
"""

import json
import re
from dataclasses import asdict, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from workbench.border import read_json
from workbench.errors import BadInput, BadRecord
from workbench.platform.services import HOME_REGION
from workbench.prices.book import Price, PriceBook, Tier
from workbench.prices.regions import refuse_foreign
from workbench.temporary import written_whole

BOOKS = Path(__file__).parent / "books"
AMOUNT_MAX = 10**15
PRICE_PLACES = 10  # decimals of AWS's price list
_NAME = re.compile(r"(?P<region>[a-z0-9-]+)_(?P<date>\d{4}-\d\d-\d\d)\.json")
_REQUIRED = set("service usage_type unit tiers free_per_month source sure confirmed note".split())
_TEXTS = ("service", "usage_type", "free_pool", "note", "sku")


def load_book(
    region: str = HOME_REGION, date: str | None = None, folder: Path = BOOKS
) -> PriceBook:
    """The region's book of that date, or its newest. Raises BadInput or BadRecord."""
    dates = book_dates(folder)
    if region not in dates:
        refuse_foreign(region)
        raise BadInput(
            f"region={region!r} has no price book; there are {', '.join(sorted(dates)) or 'none'}. "
            f"Make one with `workbench prices refresh --region {region}`."
        )
    if date is not None and date not in dates[region]:
        raise BadInput(
            f"no price book of {date} for {region}; there are {', '.join(dates[region])}."
        )
    return read_book(folder / f"{region}_{date or dates[region][-1]}.json")


def book_dates(folder: Path = BOOKS) -> dict[str, list[str]]:
    """The dates of each region's books, oldest first."""
    dates: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.json")):
        if name := _NAME.fullmatch(path.name):
            dates.setdefault(name["region"], []).append(name["date"])
    return dates


def write_book(book: PriceBook, folder: Path = BOOKS) -> Path:
    """Write a book whole under its region and date, in place of one of the same day."""
    path = folder / f"{book.region}_{book.date}.json"
    content = {"region": book.region, "date": book.date, "note": book.note}
    content["prices"] = [_to_json(price) for price in book.prices]
    text = json.dumps(content, indent=2, ensure_ascii=False)
    with written_whole(path) as written:
        written.write_text(text + "\n", encoding="utf-8")
    return path


def read_book(path: Path) -> PriceBook:
    """The book in a file; raises BadRecord if it is damaged or contradicts itself."""
    content = read_json(path, f"the price book {path}")
    try:
        prices = tuple(map(_price, content["prices"]))
        book = PriceBook(content["region"], content["date"], prices, content.get("note", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRecord(f"the price book {path} cannot be read: {error!r}") from None
    if not isinstance(book.note, str):
        raise BadRecord(f"the price book {path} has a note that is no text: {book.note!r}")
    if path.name != f"{book.region}_{book.date}.json":
        raise BadRecord(f"the price book {path} is of {book.region}, {book.date}")
    _refuse_doubles(path, book)
    return book


def _price(entry: dict[str, Any]) -> Price:
    """One entry of a book."""
    if not _REQUIRED <= set(entry) <= {f.name for f in fields(Price)}:
        raise ValueError(f"fields of {entry.get('usage_type')} are {', '.join(sorted(entry))}")
    name, aliases = f"{entry['service']} {entry['usage_type']}", tuple(entry.get("aliases", ()))
    for key, value in [(key, entry.get(key, "")) for key in _TEXTS] + [
        ("alias", a) for a in aliases
    ]:
        if not isinstance(value, str):
            raise ValueError(f"{name}: {key} is {value!r}, no text")
    if entry["sure"] not in ("A", "B", "C", "M") or not isinstance(entry["confirmed"], bool):
        raise ValueError(f"{name} does not say how sure its price is")
    if not all(isinstance(entry[key], str) and entry[key] for key in ("unit", "source")):
        raise ValueError(f"{name} lacks its unit or its source")
    free, tiers = entry["free_per_month"], _tiers(name, entry["tiers"])
    free = None if free is None else _amount(name, free)
    return Price(**entry | {"tiers": tiers, "free_per_month": free, "aliases": aliases})


def _tiers(name: str, entries: list[dict[str, Any]]) -> tuple[Tier, ...]:
    """The tiers of an entry: rising, and the last without end."""
    if not all(isinstance(entry.get("confirmed", True), bool) for entry in entries):
        raise ValueError(f"{name} does not say of each tier whether its price is confirmed")
    if not all(isinstance(entry.get("rate_code", ""), str) for entry in entries):
        raise ValueError(f"{name} has a rate code that is no text")
    tiers = tuple(
        Tier(
            None if entry["up_to"] is None else _amount(name, entry["up_to"]),
            _amount(name, entry["usd"]),
            entry.get("confirmed", True),
            entry.get("rate_code", ""),
        )
        for entry in entries
    )
    ends = [tier.up_to for tier in tiers]
    if not ends or ends[-1] is not None or None in ends[:-1]:
        raise ValueError(f"{name}: the last tier, and only that, must have no end")
    if sorted(set(ends[:-1])) != ends[:-1]:
        raise ValueError(f"{name}: tiers must rise, not {', '.join(map(str, ends))}")
    return tiers


def _amount(name: str, text: Any) -> Decimal:
    """A number from its text."""
    if not isinstance(text, str):
        raise ValueError(f"{name}: {text!r} must be a string")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{name}: {text!r} is no number") from None
    if (
        not value.is_finite()
        or not 0 <= value < AMOUNT_MAX
        or value.as_tuple().exponent < -PRICE_PLACES
    ):
        limits = f"from 0 to {AMOUNT_MAX:,}, with at most {PRICE_PLACES} decimals"
        raise ValueError(f"{name}: {text} must be {limits}")
    return value


def _refuse_doubles(path: Path, book: PriceBook) -> None:
    """One name, one price; one free tier, one size."""
    names = [(p.service, name) for p in book.prices for name in (p.usage_type, *p.aliases)]
    if doubles := sorted({f"{s} {u}" for s, u in names if names.count((s, u)) > 1}):
        raise BadRecord(f"the price book {path} has more than one price for {', '.join(doubles)}")
    pools: dict[str, set[Decimal | None]] = {}
    for price in book.prices:
        pools.setdefault(price.pool, set()).add(price.free_per_month)
    if odd := sorted(pool for pool, sizes in pools.items() if len(sizes) > 1):
        raise BadRecord(f"the price book {path}: the free tier {', '.join(odd)} has two sizes")


def _to_json(price: Price) -> dict[str, Any]:
    """An entry as a book writes it; what is empty is left out."""
    entry = {key: value for key, value in asdict(price).items() if key in _REQUIRED or value}
    entry["tiers"] = [
        {"up_to": _text(tier.up_to), "usd": _text(tier.usd)}
        | ({} if tier.confirmed else {"confirmed": False})
        | ({"rate_code": tier.rate_code} if tier.rate_code else {})
        for tier in price.tiers
    ]
    entry["free_per_month"] = _text(price.free_per_month)
    return entry


def _text(value: Decimal | None) -> str | None:
    """An amount without an exponent."""
    return None if value is None else format(value, "f")
