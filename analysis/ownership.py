"""What a design costs a month to own: AWS's bill at four batches a day, and a person's time.

The time is an assumption that the reader sets, never a measurement: so many minutes a month for
each resource, and for each hundred lines of handlers, at so many dollars an hour.
"""

from dataclasses import dataclass

import pandas as pd

from analysis.needs import NothingToShow
from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import Upkeep, monthly_usage
from workbench.designs import DESIGNS
from workbench.prices import PriceBook
from workbench.runs.records import USAGE_COLUMNS


@dataclass(frozen=True)
class UpkeepRate:
    """What looking after a design is taken to cost."""

    usd_per_hour: float = 100.0
    minutes_per_resource: float = 1.0  # a month: updates, alarms, drift
    minutes_per_100_lines: float = 10.0  # a month: reading, changing, testing


def ownership(
    runs: pd.DataFrame, bills: pd.DataFrame, book: PriceBook, upkeep: Upkeep | None = None
) -> pd.DataFrame:
    """The runs with `month_usd`: AWS's bill for a month of scheduled batches like each of them.

    `runs` has `knobs`; `bills` is `measures.bills_frame`, of which only the usage counts.
    """
    by_run = dict(list(bills.groupby("run_id", sort=False)))
    months = [
        _month_usd(run.design, run.knobs, by_run[run.run_id][USAGE_COLUMNS], book, upkeep)
        if run.run_id in by_run
        else None
        for run in runs.itertuples()
    ]
    return runs.assign(month_usd=pd.Series(months, runs.index, dtype=float))


def upkeep_usd(simplicity: pd.DataFrame, rate: UpkeepRate) -> dict[str, float]:
    """Dollars a month for a person's time, by design."""
    if simplicity.empty:
        raise NothingToShow(
            "there is no table of simplicity to draw upkeep from. Run `make study`."
        )
    wide = simplicity.pivot(index="design", columns="measure", values="value")
    minutes = (
        wide["resources"] * rate.minutes_per_resource
        + wide["handler lines"] / 100 * rate.minutes_per_100_lines
    )
    return (minutes / 60 * rate.usd_per_hour).to_dict()


def _month_usd(
    design: str, knobs: dict, usage: pd.DataFrame, book: PriceBook, upkeep: Upkeep | None
) -> float:
    """AWS's bill for a month of batches with this usage."""
    month = monthly_usage(DESIGNS[design](**knobs), usage.reset_index(drop=True), upkeep)
    return float(total_usd(bill(month, book, source="modelled")))
