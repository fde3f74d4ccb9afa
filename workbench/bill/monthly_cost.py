"""What a deployed design costs a month: its scheduled batches, and what it costs while it waits.

Queues, tables, functions and state machines that nobody uses are free; but an event source polls
its queue day and night, an alarm is paid by the month, and logs are kept. The polls are counted
all month: while a batch runs some of them find messages, and its own usage has those too.
"""

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from workbench.designs import Design
from workbench.errors import BadInput
from workbench.platform.services import CLOUDWATCH, LAMBDA, LONG_POLL_S, POLLER_HOURS, SQS
from workbench.platform.units import poller_hours, quantity
from workbench.runs.records import USAGE_COLUMNS

DAY_S = 86_400
MONTH_S = 365 * DAY_S // 12  # a twelfth of a year
MONTH_DAYS = Decimal(365) / 12
IDLE_POLLERS = 5  # of an event source (Lambda developer guide, scaling behaviour for SQS)
IDLE_POLLERS_LEAST = 2  # it may go down to these, unless max_concurrency is set


@dataclass(frozen=True)
class Upkeep:
    """How a deployed design is kept; the defaults are those of the stacks."""

    batches_per_day: int | Decimal = 4
    alarms: int = 1
    log_days: int = 14  # logs are kept for so long
    capped_mappings: int = 1  # besides the items' queue: event sources with a max_concurrency,
    free_mappings: int = 2  # and those without

    def holds(self, batch_s: float) -> bool:
        """Whether one batch after the other, each of so many seconds, fits into the month."""
        return float(self.batches_per_day) * batch_s <= DAY_S


def monthly_usage(
    design: Design, batch_usage: pd.DataFrame, upkeep: Upkeep | None = None
) -> pd.DataFrame:
    """The usage of one month: scheduled batches like this one, and the waiting between them.

    Whether the month holds them is asked of `Upkeep.holds`: usage tells no time.
    What the workbench's own look costs (`measuring`) is left out: a scheduled batch has none.
    """
    if list(batch_usage.columns) != USAGE_COLUMNS:
        raise BadInput(f"usage has columns {list(batch_usage.columns)}; it needs {USAGE_COLUMNS}")
    upkeep = upkeep or Upkeep()
    batches = upkeep.batches_per_day * MONTH_DAYS
    rows = [
        (service, usage_type, unit, label, quantity(quantity(amount) * batches))
        for service, usage_type, unit, label, amount in batch_usage.itertuples(index=False)
        if label != "measuring"
    ]
    rows += [row for row in _waiting(design, batch_usage, upkeep) if row[-1]]
    return pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})


def item_pollers(design: Design) -> int:
    """How many pollers the event source of a design's items keeps at an empty queue."""
    if design.pollers:
        return design.pollers[0]
    capped = design.settings()["ProcessorSource"]["ScalingConfig"]
    return IDLE_POLLERS if capped else IDLE_POLLERS_LEAST


def idle_polls(pollers: int, seconds: int) -> Decimal:
    """Long polls of event sources that find nothing: three a minute and poller."""
    return quantity(Decimal(pollers * seconds) / LONG_POLL_S)


def standing_usage(design: Design, seconds: int, upkeep: Upkeep | None = None) -> list[tuple]:
    """Idle polls, provisioned pollers and alarms of a stack that stands for so long: rows of
    `USAGE_COLUMNS`."""
    upkeep, rows = upkeep or Upkeep(), []
    if design.parts.sources:
        pollers = item_pollers(design)
        if design.pollers:
            hours = poller_hours(pollers * seconds)
            rows.append((LAMBDA, POLLER_HOURS, "EPU-Hours", "dispatch", hours))
        dispatch = pollers + IDLE_POLLERS * upkeep.capped_mappings
        knowing = IDLE_POLLERS_LEAST * upkeep.free_mappings
        for label, pollers in (("dispatch", dispatch), ("knowing", knowing)):
            rows.append((SQS, "Requests-Tier1", "Requests", label, idle_polls(pollers, seconds)))
    alarms = quantity(Decimal(upkeep.alarms * seconds) / MONTH_S)
    rows.append((CLOUDWATCH, "CW:AlarmMonitorUsage", "Alarms", "telemetry", alarms))
    return rows


def _waiting(design: Design, batch_usage: pd.DataFrame, upkeep: Upkeep) -> list[tuple]:
    """Idle polls, alarms and kept logs of a month."""
    rows = standing_usage(design, MONTH_S, upkeep)
    logs = batch_usage.loc[batch_usage["usage_type"] == "VendedLog-Bytes", "quantity"]
    kept = sum(map(quantity, logs), Decimal(0)) * upkeep.batches_per_day * upkeep.log_days
    rows.append((CLOUDWATCH, "TimedStorage-ByteHrs", "GB-Mo", "telemetry", quantity(kept)))
    return rows
