"""The tab of what is paid: whose price book, free tier, discount, factors on prices, upkeep."""

from decimal import Decimal
from typing import Any

import ipywidgets as widgets

from analysis.explore import controls
from analysis.explore.scenario import Scenario
from workbench.bill.terms import ALL, Terms
from workbench.platform import services
from workbench.prices import Price, PriceBook, book_dates, load_book
from workbench.prices.book import Key

NEWEST = "newest"
FACTOR_MOST = 3.0  # of a price
WIDE = {"description_width": "29em"}
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


class PricesTab:
    """The controls of the terms; `terms` and `factors` are what a scenario keeps."""

    def __init__(self) -> None:
        self._terms = Terms()
        self.region = widgets.Dropdown(
            options=list(book_dates()),
            description="region",
            tooltip="whose prices; `workbench prices refresh --region` adds a book",
            style=controls.STYLE,
        )
        self.date = widgets.Dropdown(
            options=[NEWEST],
            description="prices of",
            tooltip="date of the book",
            style=controls.STYLE,
        )
        self.free = widgets.Checkbox(
            description="inside the free tier",
            tooltip="the batch gets what the month still has free",
            indent=False,
            layout=widgets.Layout(width="16em", margin="2px 2px 2px 6em"),
        )
        self.off = widgets.FloatSlider(
            max=ALL,
            step=1.0,
            description="discount on all, %",
            tooltip="percent off every price, 0 to 100",
            style=controls.STYLE,
            layout=controls.ROOM,
        )
        tip = "dollars of an hour of a person's time, for the upkeep in the table"
        self.rate = controls.number("upkeep, $ an hour", 0, 1_000, 100, tip)
        self.factors = {(service, usage): _factor() for service, usage, _ in PRICED}
        self.region.observe(self._other_book, names="value")
        self._other_book(None)

    @property
    def all(self) -> list[widgets.Widget]:
        """Every control."""
        terms = [self.region, self.date, self.free, self.off, self.rate]
        return [*terms, *self.factors.values()]

    @property
    def terms(self) -> Terms:
        """The terms as the controls have them; what the month has used by then stays."""
        others = {part: percent for part, percent in self._terms.discounts.items() if part}
        discounts = others | ({"": Decimal(str(self.off.value))} if self.off.value else {})
        month = (self._terms.month or {}) if self.free.value else None
        date = None if self.date.value == NEWEST else self.date.value
        return Terms(self.region.value, date, discounts, month)

    @property
    def changed_factors(self) -> dict[Key, Decimal]:
        """The factors that are not 1, by service and usage type."""
        values = {key: Decimal(str(control.value)) for key, control in self.factors.items()}
        return {key: factor for key, factor in values.items() if factor != 1}

    def show(self, scenario: Scenario) -> None:
        """Put the controls to a scenario's terms, factors on prices and rate of upkeep."""
        self._terms = terms = scenario.terms
        self.region.value = terms.region
        self.date.value = terms.price_date or NEWEST
        self.free.value = terms.month is not None
        self.off.value = float(terms.discounts.get("", 0))
        self.rate.value = controls.written(int(scenario.usd_per_hour))
        for key, control in self.factors.items():
            control.value = float(scenario.factors.get(key, 1))

    def panel(self) -> widgets.Widget:
        """All of it."""
        terms = [self.region, self.date, self.free, self.off, self.rate]
        return widgets.VBox(
            [
                widgets.Box(terms, layout=controls.ROWS),
                widgets.Box([*self.factors.values()], layout=controls.ROWS),
            ]
        )

    def _other_book(self, _change: Any) -> None:
        """The dates and the prices of the chosen region."""
        region = self.region.value
        self.date.options = [NEWEST, *reversed(book_dates()[region])]
        self._name_factors(load_book(region))

    def _name_factors(self, book: PriceBook) -> None:
        for service, usage, words in PRICED:
            price = _per_million(book.price(service, usage))
            self.factors[service, usage].description = f"{words}, {price} ×"


def _factor() -> widgets.FloatSlider:
    """A slider of a factor on a price; its number can be typed."""
    return widgets.FloatSlider(
        value=1.0,
        max=FACTOR_MOST,
        step=0.1,
        tooltip="factor on the book's price, 0 to 3; 1 is the book's own",
        style=WIDE,
        layout=widgets.Layout(width="48em"),
    )


def _per_million(price: Price) -> str:
    """The first tier's price, by a million units."""
    return f"${float(price.tiers[0].usd) * 1e6:,.5g} a million"
