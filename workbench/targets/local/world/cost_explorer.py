"""The local Cost Explorer: a run's bill as AWS would show it, on the terms of an account.

What AWS shows of a day is a run's lines and those of the stack that stood all day, under one tag;
inside the free tier for nothing, under a savings plan with its negation, under a discount with
that. Credits and tax are records of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from workbench.bill import bill as price
from workbench.bill.monthly_cost import standing_usage
from workbench.designs import make_design
from workbench.prices import load_book
from workbench.pull.window import MARGIN_S, Window, metered
from workbench.runs.records import USAGE_COLUMNS, Run
from workbench.targets.local.world.context import EPOCH_S
from workbench.targets.local.world.stack import ACCOUNT

UNTAGGED = (  # usage types that carry no tag
    *("CW:Requests", "CW:MetricMonitorUsage", "CW:GMD-Metrics"),
    *("USE1-APIRequest", "DataScanned-Bytes"),
)
LINE = ["service", "usage_type", "unit"]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Terms:
    """What an account pays. Parts are 0 to 1: of Lambda under a savings plan, of a discount on all,
    of the rest that credits pay, and of tax on it."""

    free_tier: bool = False
    savings_plan: Decimal = ZERO
    discount: Decimal = ZERO
    credits: Decimal = ZERO
    tax: Decimal = ZERO


def load_bill(
    bill: pd.DataFrame,
    day: datetime | None = None,
    standing: pd.DataFrame | None = None,
    terms: Terms | None = None,
) -> None:
    """Let moto's Cost Explorer give these `answers` (default: of the virtual day).

    moto evaluates no filter and gives each answer once, in order, as a pull asks for them.
    """
    from moto.ce import ce_backends

    backend = ce_backends[ACCOUNT]["aws"]
    backend.cost_usage_results.clear()
    day = day or datetime.fromtimestamp(EPOCH_S, UTC)
    backend.cost_usage_results_queue[:] = answers(bill, day, standing, terms)


def answers(
    bill: pd.DataFrame,
    day: datetime,
    standing: pd.DataFrame | None = None,
    terms: Terms | None = None,
) -> list[dict[str, Any]]:
    """What GetCostAndUsage says of a day with this bill: what carries the design's tag, what
    carries none, and the first by record type. `standing` is a bill too, of the stack itself."""
    without = bill["usage_type"].isin(UNTAGGED)
    tagged = bill[~without] if standing is None else pd.concat([bill[~without], standing])
    own, records = _on_terms(tagged, terms or Terms())
    rest, _ = _on_terms(bill[without], Terms())
    period = {"Start": f"{day:%Y-%m-%d}", "End": f"{day + timedelta(days=1):%Y-%m-%d}"}
    results = [
        {"TimePeriod": period, "Total": {}, "Groups": groups, "Estimated": False}
        for groups in (own, rest, records)
    ]
    return [{"ResultsByTime": [one], "DimensionValueAttributes": []} for one in results]


def standing_bill(run: Run) -> pd.DataFrame:
    """What a run's stack costs on the first virtual day, but for the run's own minutes."""
    trigger = datetime.fromtimestamp(EPOCH_S, UTC)
    end = trigger + timedelta(seconds=run.detected_s or 1.0)
    day = Window(trigger, trigger + timedelta(seconds=1)).widened(timedelta(days=1))
    own = metered(Window(trigger, end + timedelta(seconds=MARGIN_S)))
    rows = standing_usage(
        make_design(run.design, settings=run.knobs), round(day.seconds - own.shared_s(day))
    )
    usage = pd.DataFrame(rows, columns=USAGE_COLUMNS).astype({"quantity": object})
    return price(usage, load_book())


def _on_terms(bill: pd.DataFrame, terms: Terms) -> tuple[list[dict], list[dict]]:
    """The groups by service and usage type, and those by record type and service."""
    groups, records = [], []
    for (service, usage_type, unit), lines in bill.groupby(LINE):
        usd, amount = sum(lines["cost_usd"], ZERO), sum(lines["quantity"], ZERO)
        own = list(_records(service, usd, terms))
        paid = sum((usd for _, usd in own), ZERO)
        groups.append(_group([service, usage_type], amount, unit, paid))
        records += [_group([kind, service], amount, unit, usd) for kind, usd in own]
        besides = (("Credit", -terms.credits), ("Tax", terms.tax))
        records += [_group([kind, service], ZERO, "N/A", paid * part) for kind, part in besides]
    return groups, records


def _records(service: str, usd: Decimal, terms: Terms) -> Iterator[tuple[str, Decimal]]:
    """The dollars of a line by record type."""
    usd = ZERO if terms.free_tier else usd
    covered = usd * terms.savings_plan if service == "AWS Lambda" else ZERO
    yield "Usage", usd - covered
    if covered:
        yield "SavingsPlanCoveredUsage", covered
        yield "SavingsPlanNegation", -covered
    if terms.discount:
        yield "Enterprise Discount Program Discount", -(usd - covered) * terms.discount


def _group(keys: list[str], amount: Decimal, unit: str, usd: Decimal) -> dict[str, Any]:
    """One group in the shape of GetCostAndUsage."""
    return {
        "Keys": keys,
        "Metrics": {
            "UnblendedCost": {"Amount": f"{usd:f}", "Unit": "USD"},
            "UsageQuantity": {"Amount": f"{amount:f}", "Unit": unit},
        },
    }
