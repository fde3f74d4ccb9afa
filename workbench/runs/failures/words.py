"""The table of failed items, and the one line that says how many failed and why."""

import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from workbench.runs.failures.listed import Failure
from workbench.runs.records import FAILURE_COLUMNS, Run

SHOWN_MAX = 3  # reasons that are named
KINDS = {"item": "str", "items": "int64", "reason": "str", "attempts": "Int64"}
MODELLED = "ValueError: sleep length must be non-negative"  # of a poisoned item, the only kind


def failures_frame(failures: Iterable[Failure]) -> pd.DataFrame:
    """The table of these; attempts may be missing."""
    return pd.DataFrame(list(failures), columns=FAILURE_COLUMNS).astype(KINDS)


def failed_line(run: Run, failures: pd.DataFrame | None) -> str:
    """`37 of 1,000 items failed: 35 × ValueError: …; 2 × …`, the most frequent reasons first.

    The model lists no items: its only failing ones are poisoned.
    """
    head = f"{run.items_failed:,} of {run.items:,} items failed"
    if run.target == "model":
        return f"{head}: {run.items_failed:,} × {MODELLED} (modelled)"
    reasons = _reasons(failures) if failures is not None else Counter()
    if not reasons:
        return head
    shown = [f"{count:,} × {reason}" for reason, count in reasons.most_common(SHOWN_MAX)]
    if len(reasons) > SHOWN_MAX:
        shown.append(f"{len(reasons) - SHOWN_MAX:,} more reasons in failures.parquet")
    listed = reasons.total()
    if listed < run.items_failed:
        shown.append(f"of the first {listed:,} that are listed")
    return f"{head}: {'; '.join(shown)}"


def _reasons(failures: pd.DataFrame) -> Counter[str]:
    """Items by reason; an item's own id in its reason does not make it another one."""
    counts: Counter[str] = Counter()
    for item, items, reason in failures[["item", "items", "reason"]].itertuples(index=False):
        counts[_without(item, reason)] += items
    return counts


def _without(item: str, reason: str) -> str:
    """A reason without the item's own id, where that stands in it as a word."""
    return re.sub(rf"(?<!\w){re.escape(item)}(?!\w)", "…", reason) if item in reason else reason
