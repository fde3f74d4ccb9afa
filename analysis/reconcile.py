"""The evidence about a run, and its bills side by side: metered, modelled, Cost Explorer.

Each line says how much of what AWS bills the run's own meter explains. A line's share is the
smaller of the two over what Cost Explorer has; the total's is the sum of those over all, so that
too much in one line never hides too little in another.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.bill import exact_sum
from workbench.errors import BadInput, BadRecord
from workbench.prices import PriceBook, load_book
from workbench.pull.costs import Line, is_untagged, line_of
from workbench.pull.store import Pull, newest_pull
from workbench.pull.window import started
from workbench.runs.records import Run, is_there, read_folder, readable_runs

SOURCES = ("metered", "modelled", "cost_explorer")
RECONCILED_COLUMNS = [
    "kind",
    "service",
    "usage_type",
    "unit",
    *(f"{source}_quantity" for source in SOURCES),
    *(f"{source}_usd" for source in SOURCES),
    "modelled_minus_metered_usd",
    "cost_explorer_minus_metered_usd",
    "share_explained",
    "share_of_quantity",
    "days_since_run",
]
# The kinds of rows, in their order: the lines of the run, what Cost Explorer has of them that the
# meter does not explain, their sum; the lines that no tag reaches and are the whole account's in
# Cost Explorer, their sum; and all of a bill.
KINDS = ("line", "residual", "subtotal", "untagged", "untagged subtotal", "total")

LISTED = ("metered_usd", "metered_quantity", "cost_explorer_quantity", "cost_explorer_usd")
COMPARABLE = Decimal("0.99")  # of the list price: what is billed below it has a reason

Sums = dict[Line, tuple[str, Decimal, Decimal]]  # unit, quantity, dollars


def reconcile(
    run_bill: pd.DataFrame,
    modelled: pd.DataFrame | None = None,
    cost_explorer: pd.DataFrame | None = None,
    *,
    days_since_run: float | None = None,
    book: PriceBook | None = None,
) -> pd.DataFrame:
    """The bills side by side (`RECONCILED_COLUMNS`), one row a service and usage type.

    `run_bill` and `modelled` are bills, `cost_explorer` is a pull's frame. What a source has not
    got is None; where there is a source, a line that it lacks is zero. The total has no figure of
    Cost Explorer, because the untagged lines there are not the run's alone.
    """
    book = book or load_book()
    sums = [_sums(run_bill, book), _sums(modelled, book), _sums(cost_explorer, book)]
    apart = _untagged(sums, cost_explorer, book)
    lines = sorted({line for one in sums if one for line in one})
    own = [_line("line", line, sums) for line in lines if line not in apart]
    others = [_line("untagged", line, sums) for line in lines if line in apart]
    rows = [*own]
    if cost_explorer is not None:
        left = exact_sum(row["cost_explorer_usd"] - _explained(row) for row in own)
        rows.append({"kind": "residual", "cost_explorer_usd": left})
    rows.append(_total("subtotal", own))
    if others:
        rows += [*others, _total("untagged subtotal", others)]
    alone = (
        *("cost_explorer_usd", "cost_explorer_minus_metered_usd"),
        *("share_explained", "share_of_quantity"),
    )
    rows.append(_total("total", own + others) | dict.fromkeys(alone))
    frame = pd.DataFrame(rows, columns=RECONCILED_COLUMNS).astype(object)
    frame["days_since_run"] = days_since_run
    return frame.where(frame.notna(), None)


def answer(table: pd.DataFrame) -> str:
    """What a reconciled table says, in a sentence."""
    rows = {kind: table[table["kind"] == kind] for kind in KINDS}
    metered = rows["total"]["metered_usd"].iloc[0]
    text = f"The run's own meter says ${metered:,.6f}."
    modelled = rows["total"]["modelled_usd"].iloc[0]
    if modelled is not None:
        text += f" The model says ${modelled:,.6f}."
    if rows["residual"].empty:
        return f"{text} There is no Cost Explorer pull of it yet: see `workbench collect`."
    own = rows["subtotal"].iloc[0]
    text += f" Cost Explorer bills ${own['cost_explorer_usd']:,.6f} under the design's tag"
    if cheaper := _below_list_price(table):
        text += f". {cheaper}"
    elif own["share_explained"] is not None:
        residual = rows["residual"]["cost_explorer_usd"].iloc[0]
        text += f", of which the meter explains {own['share_explained']:.1%}"
        text += f" and leaves ${residual:,.6f}"
    days = own["days_since_run"]
    when = "" if days is None else f", {days:,.1f} days after the run"
    unsettled = days is not None and days < 2
    return f"{text}{when}{' (not settled before two days)' if unsettled else ''}."


def _below_list_price(table: pd.DataFrame) -> str:
    """Why the dollars of both cannot be compared, with the quantities' share; empty if they can."""
    lines = table[(table["kind"] == "line") & (table["metered_quantity"] > 0)]
    billed = list(zip(*(lines[name] for name in LISTED), strict=True))
    listed = exact_sum(usd / quantity * found for usd, quantity, found, _ in billed)
    if exact_sum(paid for *_, paid in billed) >= listed * COMPARABLE:
        return ""
    free = sum(found > 0 and not paid for _, _, found, paid in billed)
    why = "a savings plan or a discount"
    if free:
        why = f"{free} of its lines cost nothing: the free tier, credits or a savings plan"
    share = table.loc[table["kind"] == "subtotal", "share_of_quantity"].iloc[0]
    return (
        f"At list prices that would be ${listed:,.6f} ({why}), so dollars are not compared: by "
        f"quantity the meter explains {share:.1%}"
    )


def _sums(frame: pd.DataFrame | None, book: PriceBook) -> Sums | None:
    """Quantity and dollars of each line of a bill, over labels, tiers, hours and days."""
    if frame is None:
        return None
    parts: dict[Line, list[tuple[str, Decimal, Decimal]]] = {}
    columns = ("service", "usage_type", "unit", "quantity", "cost_usd")
    for service, kind, *rest in zip(*(frame[name] for name in columns), strict=True):
        parts.setdefault(line_of(service, kind, book), []).append(tuple(rest))
    return {
        line: (some[0][0], exact_sum(p[1] for p in some), exact_sum(p[2] for p in some))
        for line, some in parts.items()
    }


def _untagged(
    sums: list[Sums | None], cost_explorer: pd.DataFrame | None, book: PriceBook
) -> set[Line]:
    """The lines that stay apart: known to carry no tag, and not found under one."""
    known = {line for one in sums if one for line in one if is_untagged(line)}
    if cost_explorer is None:
        return known
    tagged = cost_explorer[cost_explorer["tagged"]]
    names = zip(tagged["service"], tagged["usage_type"], strict=True)
    return known - {line_of(*name, book) for name in names}


def _line(kind: str, line: Line, sums: list[Sums | None]) -> dict[str, Any]:
    """The row of one line."""
    nothing = ("", Decimal(0), Decimal(0))
    found = [None if one is None else one.get(line, nothing) for one in sums]
    unit = next((one[0] for one in found if one and one[0]), "")
    row = {"kind": kind, "service": line[0], "usage_type": line[1], "unit": unit}
    for source, one in zip(SOURCES, found, strict=True):
        row |= {f"{source}_quantity": one and one[1], f"{source}_usd": one and one[2]}
    return _compared(row, [row])


def _total(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The dollars of these rows together."""
    total: dict[str, Any] = {"kind": kind}
    for source in SOURCES:
        parts = [row[f"{source}_usd"] for row in rows]
        total[f"{source}_usd"] = None if None in parts else exact_sum(parts)
    return _compared(total, rows)


def _compared(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A row with how far the others are from the meter, and what the meter explains of `rows`."""
    for source in SOURCES[1:]:
        usd = row[f"{source}_usd"]
        row[f"{source}_minus_metered_usd"] = None if usd is None else usd - row["metered_usd"]
    billed = row["cost_explorer_usd"]
    row["share_explained"] = float(exact_sum(map(_explained, rows)) / billed) if billed else None
    row["share_of_quantity"] = _by_quantity(rows)
    return row


def _by_quantity(rows: list[dict[str, Any]]) -> float | None:
    """What the meter explains of Cost Explorer's quantities, each at the meter's own price.

    Inside the free tier or under a savings plan the quantities are the same, and the dollars not.
    """
    both = [row for row in rows if row.get("cost_explorer_quantity") and row["metered_quantity"]]
    prices = [row["metered_usd"] / row["metered_quantity"] for row in both]
    listed = exact_sum(
        price * row["cost_explorer_quantity"] for price, row in zip(prices, both, strict=True)
    )
    explained = exact_sum(
        price * min(row["metered_quantity"], row["cost_explorer_quantity"])
        for price, row in zip(prices, both, strict=True)
    )
    return float(explained / listed) if listed else None


def _explained(row: dict[str, Any]) -> Decimal:
    """The dollars of a line that both have."""
    return min(row["metered_usd"], row["cost_explorer_usd"])


@dataclass(frozen=True)
class Evidence:
    """The bills of one run, those that there are."""

    run: Run
    bill: pd.DataFrame
    modelled: pd.DataFrame | None
    costs: Pull | None
    now: datetime

    @property
    def cost_explorer(self) -> pd.DataFrame | None:
        """The newest frame of Cost Explorer."""
        return self.costs and self.costs.frame

    @property
    def days_since_run(self) -> float:
        """Days from the run's end to the pull, or to now where there is none."""
        seconds = max(self.run.detected_s or 0, self.run.processed_s or 0)
        ended = started(self.run) + timedelta(seconds=seconds)
        until = self.costs.pulled_at if self.costs else self.now
        return (until - ended).total_seconds() / 86_400

    def __str__(self) -> str:
        """What there is, in plain words."""
        run = self.run
        lines = [
            f"{run.run_id}: design {run.design} on {run.target}, {run.items:,} items, "
            f"{run.status}, {self.days_since_run:,.1f} days ago.",
            "Modelled: a run of the model with the same knobs and items is there."
            if self.modelled is not None
            else "Modelled: no run of the model with the same knobs and items is there.",
        ]
        if self.costs is None:
            lines.append("Cost Explorer: nothing was pulled yet. `workbench collect` pulls it.")
        else:
            facts = self.costs.facts
            settled = "settled" if facts["settled"] else "not settled yet"
            shared = ", shared out with other runs of its time" if facts["prorated"] else ""
            pulled = f"pulled {self.costs.pulled_at:%Y-%m-%d %H:%M} UTC"
            lines.append(f"Cost Explorer: {pulled}, {settled}{shared}.")
        return "\n".join(lines)


def gather(results: Path, run_id: str = "", now: datetime | None = None) -> Evidence:
    """The evidence about a run, or about the newest one. Raises BadInput if there is no such run.

    A damaged pull is an error, never passed over for an older one.
    """
    path = results / "runs" / run_id if run_id else newest_run(results)
    if not is_there(path):
        raise BadInput(f"run_id={run_id!r}: {path} is no run folder")
    folder = read_folder(path)
    if folder.bill is None:
        raise BadRecord(f"{path} has no bill.parquet: there is nothing to compare")
    return Evidence(
        run=folder.run,
        bill=folder.bill,
        modelled=modelled_bill(results, folder.run),
        costs=newest_pull(path, "costs"),
        now=now or datetime.now(UTC),
    )


def newest_run(results: Path) -> Path:
    """The run that started last."""
    found = list(readable_runs(results))
    if not found:
        raise BadInput(f"{results}/runs has no run yet: make one with `workbench run`")
    return max(found, key=lambda one: (one[1].started_at, one[0].name))[0]


def modelled_bill(results: Path, run: Run) -> pd.DataFrame | None:
    """The bill of the newest run of the model with the same knobs and items, its seed if it can."""
    same = [
        (other.seed == run.seed, other.started_at, path)
        for path, other in readable_runs(results)
        if other.target == "model"
        and (other.design, other.items, other.knobs) == (run.design, run.items, run.knobs)
    ]
    return read_folder(max(same)[2]).bill if same else None
