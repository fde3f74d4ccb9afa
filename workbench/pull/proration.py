"""Sharing out what several runs of a design cost in one hour or day, by their own meters.

A run's weight in a line is what its own bill has of it, times the part of the run that lies in that
hour or day. A line that no meter has is shared by the whole of the bills.
"""

from collections.abc import Sequence
from decimal import Decimal

from workbench.bill import exact_sum
from workbench.errors import BadInput
from workbench.platform.units import QUANTITY_PLACES
from workbench.prices import PriceBook
from workbench.pull.cost_explorer import CostLine
from workbench.pull.usage_types import Line, line_of
from workbench.pull.window import Window, likely_window
from workbench.runs.records import RunData

STEP = Decimal(1).scaleb(-QUANTITY_PLACES)


class Shares:
    """Which part of a line is a run's own."""

    def __init__(
        self, folder: RunData, window: Window, others: Sequence[RunData], book: PriceBook
    ) -> None:
        self._book = book
        self._own = folder
        self._window = window
        self._others = [
            (other, likely_window(other.run))
            for other in others
            if other.run.run_id != folder.run.run_id
            and (other.run.design, other.run.target) == (folder.run.design, folder.run.target)
        ]

    def is_shared(self, bucket: Window) -> bool:
        """Whether another run was in this hour or day."""
        return any(window.shared_s(bucket) for _, window in self._others)

    def part(self, line: CostLine) -> tuple[Decimal, Decimal]:
        """The run's own quantity and dollars of a line that it shares."""
        name = line_of(line.service, line.usage_type, self._book)
        folders = [(self._own, self._window), *self._others]
        within = [(one, window) for one, window in folders if window.shared_s(line.bucket)]
        weights = [self._weight(one, window, line.bucket, name) for one, window in within]
        if not sum(weights):
            weights = [self._weight(one, window, line.bucket) for one, window in within]
        if not sum(weights):
            raise BadInput(f"run {self._own.run.run_id} and others of its time have empty bills")
        share = weights[0] / sum(weights) if within[0][0] is self._own else Decimal(0)
        return (line.quantity * share).quantize(STEP), (line.cost_usd * share).quantize(STEP)

    def _weight(
        self, folder: RunData, window: Window, bucket: Window, name: Line | None = None
    ) -> Decimal:
        """What a run's bill has of a line, or in all, for its time in the hour or day."""
        bill = folder.bill
        if bill is None:
            raise BadInput(
                f"run {folder.run.run_id} has no bill of its own meter, and another run of its "
                f"design was in the same hour or day ({bucket.start:%Y-%m-%d %H:%M} UTC): what "
                "Cost Explorer has of both cannot be told apart."
            )
        if name is None:
            amount = exact_sum(bill["cost_usd"])
        else:
            lines = zip(bill["service"], bill["usage_type"], bill["quantity"], strict=True)
            amount = exact_sum(q for s, kind, q in lines if line_of(s, kind, self._book) == name)
        return amount * Decimal(window.shared_s(bucket) / window.seconds)
