"""On what terms usage is billed: which book's prices, percent off, what is left of the free tier.

Whatever bills a batch for a question (estimate, tune, a report, the explorer) takes these; a run's
own bill has list prices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bill.pricing import Already, bill
from workbench.border import positive, read_json
from workbench.errors import BadInput
from workbench.prices import PriceBook, load_book

ALL = 100  # percent


@dataclass(frozen=True)
class Terms:
    """A book by region and date (None: the newest), and how an account's bill differs from it.

    `discounts` are percents by a part of a service's name, "" for all. `month` is the month's usage
    so far, after which the free tier is billed; None: no free tier.
    """

    region: str = "us-east-1"
    price_date: str | None = None
    discounts: Mapping[str, Decimal] = field(default_factory=dict)
    month: Already | None = None

    def book(self) -> PriceBook:
        """The prices, with what is off."""
        return load_book(self.region, self.price_date).discounted(self.discounts)

    def bill(self, usage: pd.DataFrame, book: PriceBook, source: str = "modelled") -> pd.DataFrame:
        """Usage priced on these terms at a book, which `book()` gave."""
        free = self.month is not None
        return bill(usage, book, source=source, free_tier=free, already=self.month)

    @property
    def text(self) -> str:
        """What differs from list prices, as a title has it; nothing at list prices."""
        free = "inside the free tier" + (" after other usage" if self.month else "")
        parts = [] if self.month is None else [free]
        parts += [
            f"{float(percent):g} % off{service and ' ' + service}"
            for service, percent in self.discounts.items()
        ]
        return "".join(f", {part}" for part in parts)


def read_discounts(texts: list[str] | None) -> dict[str, Decimal]:
    """Percent off by a part of a service's name, for all services by ""."""
    found = {}
    for text in texts or []:
        service, _, number = text.rpartition("=")
        percent = positive("discount", number)
        if percent > ALL:
            raise BadInput(f"--discount {text}: no more than 100 percent can be off.")
        found[service.strip()] = percent
    return found


def read_month(free_tier: bool, already: Path | None) -> dict[Any, Any] | None:
    """The month's usage so far, by service and usage type or by usage type; None without a free
    tier. What no price has, or is no quantity, the bill refuses."""
    if not free_tier:
        if already is not None:
            raise BadInput("--already says what of the free tier is used: give --free-tier too.")
        return None
    content = {} if already is None else read_json(already, refused=BadInput)
    month: dict[Any, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            month |= {(name, usage_type): amount for usage_type, amount in value.items()}
        else:
            month[name] = value
    return month
