"""What AWS bills for work, dispatch, knowing and telemetry, beside what the run's own meter says.

Only a data export has costs by resource, and so by label: Cost Explorer's know none. Each label is
reconciled by itself, so that too much of one never explains too little of another.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.reconcile import SOURCES, reconcile
from analysis.words import listed
from workbench.bill import exact_sum
from workbench.prices import PriceBook
from workbench.runs.records import LABELS

LABEL_COLUMNS = [
    "label",
    *(f"{source}_usd" for source in SOURCES),
    "standing_usd",
    "share_explained",
    "share_of_quantity",
]


def by_label(
    run_bill: pd.DataFrame,
    modelled: pd.DataFrame | None = None,
    billed: pd.DataFrame | None = None,
    *,
    book: PriceBook | None = None,
) -> pd.DataFrame:
    """The bills by label (`LABEL_COLUMNS`), one row each; empty where AWS's costs have no labels.

    `billed_usd` is the run's part, `standing_usd` what the stack costs meanwhile, both without what
    belongs to no resource; so are the others.
    """
    rows = []
    if billed is not None and billed["label"].any():
        frames = (run_bill, modelled, billed)
        rows = [_row(label, frames, book) for label in LABELS if label != "measuring"]
    frame = pd.DataFrame(rows, columns=LABEL_COLUMNS).astype(object)
    return frame.where(frame.notna(), None)


def labels_answer(table: pd.DataFrame) -> str:
    """What a table by label says, in a sentence or two."""
    if table.empty:
        return "AWS's costs have no labels here: a data export has (`workbench collect --export`)."
    usd = [f"${row.billed_usd:,.6f} for {row.label}" for row in table.itertuples()]
    shares = [
        f"{share:.1%} of {row.label}"
        for row in table.itertuples()
        if (share := _share(row._asdict())) is not None
    ]
    stood = exact_sum(table["standing_usd"])
    text = f"AWS bills the run {listed(usd)}, and ${stood:,.6f} for the stack that stands meanwhile"
    return f"{text}. The meter explains {listed(shares)}." if shares else f"{text}."


def _share(row: Mapping[str, Any]) -> float | None:
    """What the meter explains of a label: of its dollars, where these compare, or quantities."""
    share = row["share_explained"]
    return row["share_of_quantity"] if share is None else share


def _row(
    label: str, frames: tuple[pd.DataFrame | None, ...], book: PriceBook | None
) -> dict[str, Any]:
    """One label's bills, reconciled by themselves."""
    own = (None if one is None else one[one["label"] == label] for one in frames)
    table = reconcile(*own, book=book)
    sums = table[table["kind"] == "subtotal"].iloc[0]
    stood = table.loc[table["kind"] == "standing subtotal", "billed_usd"]
    return {"label": label, "standing_usd": exact_sum(stood)} | {
        name: sums[name] for name in LABEL_COLUMNS if name in sums.index
    }
