"""Sliders and menus for a batch, for every knob of a design, and for prices.

Knobs come from the designs' own dataclasses, so a new knob gets its slider by itself.
"""

from collections.abc import Iterator
from dataclasses import Field, fields, replace
from decimal import Decimal

import ipywidgets as widgets

from workbench.bill.terms import ALL, Terms
from workbench.border import whole_number
from workbench.designs import ITEMS_MAX, WORKLOAD_KNOBS, Design
from workbench.platform import services
from workbench.prices import Price, PriceBook

STEPS = (1, 2, 5)  # of each ten
WIDE = {"description_width": "15em"}
ROOM = widgets.Layout(width="35em")
LENGTHS_MS = (2, 20, 200, 1_000, 2_000, 4_000, 10_000, 20_000)
FACTOR_MOST = 3.0  # of a price
PRICED = (
    (services.LAMBDA, "Lambda-GB-Second-ARM", "Lambda on arm64, GB-seconds"),
    (services.LAMBDA, "Lambda-GB-Second", "Lambda on x86_64, GB-seconds"),
    (services.DYNAMODB, "WriteRequestUnits", "DynamoDB, write units"),
    (services.SQS, "Requests-Tier1", "SQS, requests"),
    (services.LAMBDA, services.DURABLE_OPERATIONS, "Lambda, durable operations"),
    (services.STEP_FUNCTIONS, "StateTransition", "Step Functions, transitions"),
    (services.STEP_FUNCTIONS, "StepFunctions-GB-Second", "Express children, GB-seconds"),
    (services.CLOUDWATCH, "CW:Requests", "CloudWatch, PutMetricData"),
)


def items_slider(items: int) -> widgets.SelectionSlider:
    """A slider of batch sizes, 100 to 100 million."""
    return slider("items in the batch", list(steps(100, ITEMS_MAX)), whole_number("items", items))


def length_slider() -> widgets.SelectionSlider:
    """A slider of how long an item may take; on average it takes half of that."""
    return slider("longest item, ms", list(LENGTHS_MS), 1_000)


def knob_controls(design: type[Design]) -> dict[str, widgets.Widget]:
    """A slider or a menu for every knob of a design, by the knob's name."""
    return {f.name: _control(f) for f in fields(design) if f.name not in WORKLOAD_KNOBS}


def price_controls(book: PriceBook) -> dict[tuple[str, str], widgets.FloatSlider]:
    """A slider for each price that matters: the factor on the book's own price."""
    return {
        (service, usage): widgets.FloatSlider(
            value=1.0,
            min=0.0,
            max=FACTOR_MOST,
            step=0.1,
            description=f"{words}, {_per_million(book.price(service, usage))} ×",
            continuous_update=False,
            style={"description_width": "28em"},
            layout=widgets.Layout(width="48em"),
        )
        for service, usage, words in PRICED
    }


def changed_book(
    book: PriceBook, controls: dict[tuple[str, str], widgets.FloatSlider]
) -> PriceBook:
    """The book with every price multiplied as its slider says."""
    changed = []
    for key, control in controls.items():
        price, factor = book.price(*key), Decimal(str(control.value))
        tiers = tuple(replace(tier, usd=tier.usd * factor) for tier in price.tiers)
        changed += [replace(price, tiers=tiers)] if factor != 1 else []
    return book.with_prices(*changed) if changed else book


def terms_controls(terms: Terms) -> tuple[widgets.Checkbox, widgets.FloatSlider]:
    """Whether a batch is billed inside the free tier, and percent off every price."""
    free = widgets.Checkbox(
        value=terms.month is not None, description="inside the free tier", style=WIDE
    )
    off = widgets.FloatSlider(
        value=float(terms.discounts.get("", 0)),
        max=ALL,
        step=1.0,
        description="discount on all, %",
        continuous_update=False,
        style=WIDE,
        layout=ROOM,
    )
    return free, off


def changed_terms(terms: Terms, free: widgets.Checkbox, off: widgets.FloatSlider) -> Terms:
    """The terms as the controls have them; what the month has used by then stays theirs."""
    others = {part: percent for part, percent in terms.discounts.items() if part}
    discounts = others | ({"": Decimal(str(off.value))} if off.value else {})
    month = (terms.month or {}) if free.value else None
    return replace(terms, discounts=discounts, month=month)


def slider(name: str, options: list[int], value: int) -> widgets.SelectionSlider:
    """A slider over these numbers; `value` is added if it is not among them."""
    return widgets.SelectionSlider(
        options=[(f"{n:,}", n) for n in sorted({*options, value})],
        value=value,
        description=name,
        continuous_update=False,
        style=WIDE,
        layout=ROOM,
    )


def steps(low: float, high: float) -> Iterator[int]:
    """1, 2, 5, 10, 20 … from low to high, both included."""
    yield int(low)
    size = 1
    while size <= high:
        yield from (size * step for step in STEPS if low < size * step < high)
        size *= 10
    yield int(high)


def _control(knob: Field) -> widgets.Widget:
    """A menu where AWS gives a choice or a knob may be off, else a slider."""
    numbers = [] if knob.metadata["of"] else steps(knob.metadata["low"], knob.metadata["high"])
    if knob.metadata["of"] or knob.default is None:  # None: off unless it is given a number
        options = list(knob.metadata["of"]) or [None, *numbers]
        return widgets.Dropdown(
            options=options, value=knob.default, description=knob.name, style=WIDE
        )
    return slider(knob.name, list(numbers), knob.default)


def _per_million(price: Price) -> str:
    """A price of its first tier, for a million units."""
    return f"${float(price.tiers[0].usd) * 1_000_000:,.5g} a million"
