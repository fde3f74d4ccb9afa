"""Every billable unit of a run, added up per service, usage type, unit and label.

Quantities are exact decimals: they are prices' other factor, and a bill must add up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pandas as pd

from workbench.runs.records import LABELS, USAGE_COLUMNS

FINEST = Decimal("1e-15")  # a run folder's column has one scale: 38 digits hold 10^22 and this


class Meter:
    """Adds up usage; each line has one unit and says what it is for."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str, str, str], Decimal | int] = {}
        self._label: str | None = None

    def add(
        self, service: str, usage_type: str, unit: str, label: str, quantity: Decimal | int
    ) -> None:
        """Add a quantity to a line. Whole numbers and decimals only: a float is not exact."""
        label = self._label or label
        assert label in LABELS, f"{label!r} is no label"
        assert not isinstance(quantity, float), f"{usage_type}: {quantity!r} is not exact"
        line = (service, usage_type, unit, label)
        self._lines[line] = self._lines.get(line, 0) + quantity

    @contextmanager
    def labelled(self, label: str | None) -> Iterator[None]:
        """Whatever is added inside the block is for that, unless it is None."""
        self._label, before = label, self._label
        try:
            yield
        finally:
            self._label = before

    def quantity(self, service: str, usage_type: str, label: str | None = None) -> Decimal:
        """What was added up so far, of one label or of all."""
        return sum(
            (
                Decimal(amount)
                for (of, kind, _, why), amount in self._lines.items()
                if (of, kind) == (service, usage_type) and label in (None, why)
            ),
            Decimal(0),
        )

    def frame(self) -> pd.DataFrame:
        """The lines in order, with quantities as decimals; those of nothing are left out."""
        rows = [(*line, rounded(amount)) for line, amount in sorted(self._lines.items()) if amount]
        return pd.DataFrame(rows, columns=USAGE_COLUMNS)


def rounded(quantity: Decimal | int) -> Decimal:
    """A quantity as it is, or to the finest step where a division left more digits."""
    amount = Decimal(quantity)
    return amount if amount.as_tuple().exponent >= -15 else amount.quantize(FINEST)
