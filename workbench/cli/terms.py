"""On what terms a command bills: options, read into `bill.terms.Terms`; and how old a book is."""

import sys
from datetime import UTC, datetime
from datetime import date as day
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workbench.bill.terms import Terms

OLD_DAYS = 90  # a book that is older says so
Prices = Annotated[
    str | None,
    typer.Option("--prices", help="The date of the price book, such as 2026-11-23; else newest."),
]
FreeTier = Annotated[
    bool, typer.Option("--free-tier", help="Bill the batch inside the month's free tier.")
]
Already = Annotated[
    Path | None,
    typer.Option(help="With --free-tier: a JSON file of what the month has used by then."),
]
Discounts = Annotated[
    list[str] | None,
    typer.Option(
        "--discount",
        help="Percent off the list prices: 10, or lambda=17 for a service. May repeat.",
    ),
]


def read_terms(
    region: str | None,
    prices: str | None = None,
    free_tier: bool = False,
    already: Path | None = None,
    discounts: list[str] | None = None,
) -> "Terms":
    """The terms that options ask for. With a region they are refused here if it has no such book,
    and an old one is said; without, each run has its own.
    """
    from workbench.bill.terms import Terms

    terms = Terms.read(region, prices, free_tier, already, discounts)
    if region is not None:
        terms.check()
        say_age(terms.book().date)
    return terms


def say_age(date: str) -> None:
    """Say on standard error that a book is old, in one line, if it is."""
    days = (today() - day.fromisoformat(date)).days
    if days > OLD_DAYS:
        advice = "`workbench prices refresh` makes a new one"
        print(f"prices of {date} are {days:,} days old: {advice}", file=sys.stderr)


def today() -> day:
    """The day it is, UTC."""
    return datetime.now(UTC).date()
