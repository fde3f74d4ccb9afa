"""What an account pays besides the list prices: free tier, the month so far, discounts."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.border import positive, read_json
from workbench.errors import BadInput

ALL = 100  # percent
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


def terms_text(discounts: dict[str, Decimal], month: dict[Any, Any] | None) -> str:
    """The terms as a bill's title has them; nothing at list prices."""
    parts = [] if month is None else ["inside the free tier"]
    parts += [
        f"{float(percent):g} % off{service and ' ' + service}"
        for service, percent in discounts.items()
    ]
    return "".join(f", {part}" for part in parts)
