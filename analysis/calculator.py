"""The calculator: one page that answers for a batch, without a server, from curves of model runs.

It is given the table (`workbench.calculator.table` makes it), so that it knows no target. The same
table and prices give the same bytes.
"""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from analysis.theme import DARK, LIGHT, PROJECT, Theme
from analysis.verdicts import CLOSE
from analysis.words import count
from workbench.designs import DESIGNS
from workbench.prices import PriceBook
from workbench.prices.book import Price
from workbench.temporary import written_whole

FILE = "calculator.html"
QUESTION = "Which design for your batch?"
SMALL = 0.0005  # a share that would read as nothing
OF_CURVE = ("refused", "late", "done_s", "lags_s", "usage")
PAGES = Path(__file__).with_name("pages")

Table = Mapping[str, Any]  # as JSON: workbench.calculator.table


def write_calculator(folder: Path, table: Table, book: PriceBook) -> Path:
    """Write the page into a folder, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(folder / FILE) as written:
        written.write_text(page(table, book), encoding="utf-8")
    return folder / FILE


def page(table: Table, book: PriceBook) -> str:
    """The page: words, style, script, the table, and the prices of a book."""
    held = json.dumps(priced_table(table, book), separators=(",", ":"), ensure_ascii=True)
    style = Template(_read("calculator.css"))
    return Template(_read("calculator.html")).substitute(
        designs=", ".join(f"<b>{name}</b> ({DESIGNS[name].summary})" for name in table["designs"]),
        items_min=table["items"][0],
        items_max=table["items"][1],
        style=style.substitute(light=_colours(LIGHT), dark=_colours(DARK)),
        about=about(table, book),
        table=held.replace("</", "<\\/"),
        script=_read("calculator.js"),
    )


def priced_table(table: Table, book: PriceBook) -> dict[str, Any]:
    """The table with what its usage costs: each price once, columns by number, and in which order
    they use up what is free: dearest first, and of one price the work."""
    curves = table["curves"]
    names = sorted({tuple(one) for own in curves.values() for one in own.get("columns", [])})
    by_name = {name: book.price(*name[:2]) for name in names}
    prices = sorted(set(by_name.values()), key=lambda one: (-one.tiers[0].usd, one.key))
    columns = [[prices.index(by_name[name]), bool(name[2])] for name in names]
    kept = ("items", "means_ms", "designs", "presets", "tails", "near")
    return {
        **{name: table[name] for name in kept},
        "close": 1 + CLOSE + table["off_usd"][-1],
        "prices": [_price(price) for price in prices],
        "free": {one.pool: float(one.free_per_month) for one in prices if one.free_per_month},
        "columns": columns,
        "order": sorted(range(len(columns)), key=lambda at: columns[at]),
        "curves": {name: _curve(own, names) for name, own in curves.items()},
    }


def about(table: Table, book: PriceBook) -> str:
    """What is modelled, what lies between model runs and how far off that is, prices, project."""
    usd, coordination, time = (
        "{} (median), {} (99 of 100) and {} (the most)".format(*map(_percent, table[name]))
        for name in ("off_usd", "off_coordination", "off_time")
    )
    batches, together = table["batches"]
    sentences = [
        f"{table['sizes']:,} sizes of batches were run on the model of {PROJECT}, a discrete-event "
        "model of each design; nothing here was measured on AWS",
        "The mean time is one of those that were run; the number of items may be any: usage and "
        "time are interpolated between the two nearest runs, in logarithms; where these are less "
        f"than {(table['near'] - 1) * 100:.0f} % of the items apart and their times are not alike, "
        "both times are shown: one more wave of invocations begins there",
        f"Compared with fresh model runs of {table['checked']:,} random settings that are not in "
        f"the table, dollars are off by {usd}; what coordination is of them by {coordination}; "
        f"times by {time}, of a batch under ten seconds as parts of ten: the most where one more "
        "wave of invocations begins",
        f"Up to {together // batches:,} items are the mean of {count(batches)} batches drawn at "
        f"random, those of more than {together // 2:,} one batch. A single batch may take longer "
        "or shorter than the mean, most where items are few and their tail is long",
        "When completion is known depends on when the next look falls: from the earliest to the "
        "latest of all runs of that size",
        f"Tails: {'; '.join(f'{name}: {text}' for name, text in table['tails'].items())}",
        "Items only wait; lots are lowered where long items would not fit into an invocation; a "
        "design that is not surely in time misses the deadline",
        f"Two designs are too close to call within {(CLOSE + table['off_usd'][-1]) * 100:.1f} %",
        f"Prices of {book.region}, {book.date}, of one batch in its month",
    ]
    return "\n".join(f"<li>{escape(one)}.</li>" for one in sentences)


def _percent(share: float) -> str:
    """A share with one decimal; what is there never reads as nothing."""
    return "under 0.1 %" if share < SMALL else f"{share * 100:.1f} %"


def _curve(own: Mapping[str, Any], names: list[tuple]) -> dict[str, Any]:
    """What the page needs of a curve."""
    kept = {name: own[name] for name in OF_CURVE if own.get(name)}
    return kept | {"columns": [names.index(tuple(one)) for one in own.get("columns", [])]}


def _price(price: Price) -> dict[str, Any]:
    tiers = [[None if t.up_to is None else float(t.up_to), float(t.usd)] for t in price.tiers]
    return {"pool": price.pool, "tiers": tiers}


def _colours(look: Theme) -> str:
    """The theme as variables of a style sheet."""
    own = {"paper": look.paper, "ink": look.ink, "faint": look.faint, "grid": look.grid}
    own |= dict(zip(DESIGNS, look.designs, strict=False))
    return " ".join(f"--{name}: {value};" for name, value in own.items())


def _read(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")
