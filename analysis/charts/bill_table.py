"""The bill of one batch on every design, line by line, as a table."""

from decimal import Decimal

import pandas as pd
from great_tables import GT, html, loc, style

from analysis.caption import source
from analysis.charts.cost_by_service import SHORT
from analysis.frames import Frames
from analysis.measures import near_a_million
from analysis.needs import Chosen, in_order, promised, same_knobs, usable
from analysis.words import count
from workbench.bill import exact_sum, usd_text

TABLE_ID = "bill"  # else every table draws one at random
# The colours of the page around it, light or dark.
PAPER = f"#{TABLE_ID} * {{ color: inherit !important; background: transparent !important; }}"
COLUMNS = ["design", "purpose", "service", "usage", "quantity", "unit price", "cost"]


def select(frames: Frames) -> Chosen:
    """The run of each design nearest a million items, of the last seed, with its bill."""
    chosen = near_a_million(same_knobs(usable(frames.runs, in_dollars=True)))
    last = chosen.runs.sort_values(["seed", "run_id"]).groupby("design").tail(1)
    return chosen.only(last).beside(frames.bills)


def bill_table(chosen: Chosen) -> GT:
    """Quantities, unit prices and dollars of one run a design, dearest line first."""
    parts = [
        _lines(run, chosen.table[chosen.table["run_id"] == run.run_id])
        for _, own in in_order(chosen.runs)
        for run in own.itertuples()
    ]
    table = pd.concat(parts, ignore_index=True)[COLUMNS]
    promise = promised(chosen.runs).rstrip(".")
    note = ". ".join(note for note in (*chosen.notes, promise, source(chosen)) if note)
    return (
        GT(table, groupname_col="design", id=TABLE_ID)
        .tab_header(html(f"The bill of {count(chosen.items)} items, line by line"))
        .tab_source_note(note)
        .cols_align("right", ["quantity", "unit price", "cost"])
        .tab_style(style.text(weight="bold"), loc.row_groups())
        .tab_style(style.text(weight="bold"), loc.body(rows=_totals(table)))
        .opt_css(PAPER)
        .tab_options(
            table_font_size="14px",
            table_width="100%",
        )
    )


def _lines(run: tuple, bill: pd.DataFrame) -> pd.DataFrame:
    """One design's lines, those that cost nothing left out, and their total."""
    shown = bill[bill["cost_usd"] > 0].sort_values("cost_usd", ascending=False, kind="stable")
    table = pd.DataFrame(
        {
            "design": run.design,
            "purpose": shown["label"],
            "service": shown["service"].map(lambda name: SHORT.get(name, name)),
            "usage": shown["usage_type"],
            "quantity": [f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:,.4g}"
                         for quantity in shown["quantity"].astype(float)],
            "unit price": [_unit_price(usd) for usd in shown["unit_price_usd"]],
            "cost": [usd_text(usd) for usd in shown["cost_usd"]],
        }
    )  # fmt: skip
    total = usd_text(exact_sum(bill["cost_usd"]))
    last = dict.fromkeys(COLUMNS, "") | {"design": run.design, "purpose": "total", "cost": total}
    return pd.concat([table, pd.DataFrame([last])], ignore_index=True)


def _totals(table: pd.DataFrame) -> list[int]:
    return list(table.index[table["purpose"] == "total"])


def _unit_price(usd: Decimal) -> str:
    """A unit price; small ones for a million units."""
    if usd < Decimal("0.001"):
        return f"${float(usd * 1_000_000):,.6g} / million"
    return f"${float(usd):,.6g}"
