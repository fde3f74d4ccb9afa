"""On what terms usage is billed: which book's prices, percent off, what is left of the free tier.

Whatever bills a batch for a question (estimate, tune, a report, the explorer) takes these; a run's
own bill has list prices.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bill.pricing import Already, bill
from workbench.border import positive, read_json
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION
from workbench.platform.units import quantity
from workbench.prices import PriceBook, load_book
from workbench.runs.records import USAGE_COLUMNS

ALL = 100  # percent
SHARE = Decimal("0.000001")  # to which a share of a free tier is rounded


@dataclass(frozen=True)
class Terms:
    """A book by region and date (None: the newest), and how an account's bill differs from it.

    `discounts` are percents by a part of a service's name, "" for all. `month` is the month's usage
    so far, after which the free tier is billed; None: no free tier. `free_share` is how much of
    each free tier there is.
    """

    region: str = HOME_REGION
    price_date: str | None = None
    discounts: Mapping[str, Decimal] = field(default_factory=dict)
    month: Already | None = None
    free_share: Decimal = Decimal(1)

    @classmethod
    def read(
        cls,
        region: str | None = None,
        prices: str | None = None,
        free_tier: bool = False,
        already: str | Path | None = None,
        discounts: list[str] | None = None,
    ) -> "Terms":
        """The terms as options and notebooks spell them; what is empty is not asked for."""
        month = read_month(free_tier, Path(already) if already else None)
        return cls(region or HOME_REGION, prices or None, read_discounts(discounts), month)

    def book(self) -> PriceBook:
        """The prices, with what is off."""
        book = load_book(self.region, self.price_date).discounted(self.discounts)
        return book if self.free_share == 1 else book.with_less_free(self.free_share)

    def of_part(self, share: float) -> "Terms":
        """The terms of a batch that stands for a larger one: it gets that share of what is free."""
        if self.month is None or share == 1:
            return self
        part = Decimal(share).quantize(SHARE)
        month = {name: quantity(used) * part for name, used in self.month.items()}
        return replace(self, month=month, free_share=part)

    def check(self) -> None:
        """Raise BadInput for usage of the month that no price has, or that is no quantity."""
        self.bill(pd.DataFrame(columns=USAGE_COLUMNS), self.book())

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


LIST_PRICES = Terms()  # of us-east-1, the newest


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
