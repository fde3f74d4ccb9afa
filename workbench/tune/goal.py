"""What a tuning is to reach, and the floor that it is held against."""

from dataclasses import dataclass, field
from typing import Any

from workbench.border import positive, settings, whole_number
from workbench.designs import DESIGNS, Search
from workbench.errors import BadInput
from workbench.platform.services import LAMBDA
from workbench.prices import PriceBook

FLOOR_GB = 0.125  # the smallest memory that Lambda has


@dataclass(frozen=True)
class Goal:
    """Which design for which batch; `fixed` knobs are not searched.

    `within_s` bounds the time until completion is known, `budget_usd` the batch's dollars.
    """

    design: str
    items: int
    value_max: int = 1000  # ms: an item takes half of it on average
    within_s: float = 3_600
    budget_usd: float | None = None
    item_concurrency: int = 1  # items at a time inside one invocation, at most
    region: str = "us-east-1"
    fixed: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            known = ", ".join(DESIGNS)
            raise BadInput(f"design={self.design!r} is not known. Take one of {known}.")
        read: dict[str, Any] = {
            "items": whole_number("items", self.items),
            "value_max": whole_number("value_max", self.value_max),
            "item_concurrency": whole_number("item_concurrency", self.item_concurrency, 1),
            "within_s": float(positive("within_s", self.within_s)),
            "fixed": settings(self.fixed),
        }
        if self.budget_usd is not None:
            read["budget_usd"] = float(positive("budget_usd", self.budget_usd))
        for name, value in read.items():
            object.__setattr__(self, name, value)

    @property
    def kept(self) -> dict[str, Any]:
        """The knobs that no candidate changes."""
        return {"value_max": self.value_max} | dict(self.search.promised) | self.fixed

    @property
    def search(self) -> Search:
        """What the design lets be searched."""
        return DESIGNS[self.design].search


def floor_usd(items: int, value_max: int, book: PriceBook) -> float:
    """Dollars of the work alone: mean time, smallest memory, arm64's first tier."""
    price = book.price(LAMBDA, "Lambda-GB-Second-ARM").tiers[0].usd
    return items * value_max / 2 / 1000 * FLOOR_GB * float(price)
