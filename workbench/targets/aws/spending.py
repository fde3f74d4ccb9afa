"""Dollars of a running batch by our own meter, and the limit on them."""

from collections.abc import Callable
from decimal import Decimal

from workbench.bill import bill, total_usd
from workbench.errors import BudgetExceeded
from workbench.prices import PriceBook
from workbench.targets.aws.evidence import Evidence, billed_by_metrics
from workbench.targets.aws.timeouts import Clock
from workbench.targets.aws.usage import usage_of_run


class Spending:
    """What a batch has cost so far, asked of AWS's metrics now and then.

    The metrics lag by minutes. What the forecast gives for the part that is done fills the gap; it
    alone would never see a batch that costs more than it should.
    """

    def __init__(
        self,
        look: Callable[[], Evidence],
        book: PriceBook,
        forecast_usd: Decimal | None,
        clock: Clock,
        every_s: float,
    ) -> None:
        self._look = look
        self._book = book
        self._forecast_usd = forecast_usd
        self._clock = clock
        self._every_s = every_s
        self._began_at = clock.now()
        self._due_at = self._began_at + every_s
        self._metered_usd = Decimal(0)

    def usd(self, done: float) -> Decimal:
        """Dollars so far, when this part (0 to 1) of the items is done."""
        now = self._clock.now()
        if now >= self._due_at:
            self._metered_usd = max(self._metered_usd, self._metered())
            # Each look costs something too, so a long batch is looked at less often.
            self._due_at = now + max(self._every_s, (now - self._began_at) / 10)
        expected = (self._forecast_usd or Decimal(0)) * Decimal(repr(done))
        return max(self._metered_usd, expected)

    def _metered(self) -> Decimal:
        return total_usd(bill(usage_of_run(self._look()), self._book))


def metered(evidence: Evidence, roles: tuple[str, ...]) -> Evidence:
    """Evidence with what Lambda's metrics say of its billing, in place of the logs."""
    billed = billed_by_metrics(evidence.reading, roles)
    return Evidence(
        design=evidence.design,
        items=evidence.items,
        window=evidence.window,
        billed=billed,
        reading=evidence.reading,
        children=evidence.children,
        looking=evidence.looking,
    )


def refuse_forecast(forecast_usd: Decimal, max_usd: Decimal) -> None:
    """Refuse a batch whose forecast passes the limit."""
    if forecast_usd > max_usd:
        raise BudgetExceeded(
            f"the forecast is ${forecast_usd:.4f} and --max-usd is ${max_usd.normalize():f}: "
            "nothing was started. Raise --max-usd, or take fewer items."
        )
