"""Every published quantity beside the modelled one."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pandas as pd

from workbench.agreement.replay import REPLAYS
from workbench.errors import BadRecord
from workbench.platform.profile import Profile, load_profile

COLUMNS = [
    "id",
    "quantity",
    "unit",
    "measured",
    "modelled",
    "error_percent",
    "goal_percent",
    "within_goal",
    "sure",
    "era",
    "source",
    "note",
]


def agreement(
    profile: Profile | None = None, content: dict[str, Any] | None = None
) -> pd.DataFrame:
    """One row a published quantity; `content` replays other runs, of the same form as ours."""
    profile, content = profile or load_profile(), content or published()
    rows = []
    for run in content["runs"]:
        if run["era"] not in content["eras"] or run["replay"] not in REPLAYS:
            raise BadRecord(f"published run {run['id']}: no era {run['era']!r} or no such replay")
        replayed = REPLAYS[run["replay"]](of_era(profile, content["eras"][run["era"]]), run)
        rows += [_row(run, *pair) for pair in zip(run["quantities"], replayed, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def published() -> dict[str, Any]:
    """The runs that others have published."""
    return json.loads((files("workbench.agreement") / "published.json").read_text(encoding="utf-8"))


def of_era(profile: Profile, overrides: dict[str, dict[str, float]]) -> Profile:
    """The profile as AWS was then; a range that no longer fits is left out."""
    entries = dict(profile.entries)
    for name, values in overrides.items():
        kept = {k: v for k, v in entries[name].items() if k not in ("low", "high")}
        entries[name] = kept | values
    return replace(profile, entries=entries)


def as_markdown(table: pd.DataFrame) -> str:
    """The table for a page: one line a quantity, goals beside the errors, then the notes."""
    lines = ["| id | quantity | measured | modelled | error | goal |", "|---|---|---|---|---|---|"]
    for row in table.itertuples():
        goal = "" if pd.isna(row.goal_percent) else f"{row.goal_percent:g} %"
        numbers = (
            f"{row.measured:,.4g} {row.unit} | {row.modelled:,.4g} | {row.error_percent:+.1f} %"
        )
        lines.append(f"| {row.id} | {row.quantity} | {numbers} | {goal} |")
    notes = table[["id", "note"]].drop_duplicates()
    lines += ["", *(f"- {run}: {note}" for run, note in notes.itertuples(index=False) if note)]
    return "\n".join(lines) + "\n"


def _row(run: dict[str, Any], quantity: dict[str, Any], modelled: float) -> dict[str, Any]:
    """One quantity."""
    error = (modelled - quantity["measured"]) / quantity["measured"] * 100
    goal = quantity.get("goal_percent")
    return {
        "id": run["id"],
        "quantity": quantity["quantity"],
        "unit": quantity["unit"],
        "measured": float(quantity["measured"]),
        "modelled": float(modelled),
        "error_percent": error,
        "goal_percent": goal,
        "within_goal": None if goal is None else abs(error) <= goal,
        "sure": quantity["sure"],
        "era": run["era"],
        "source": run["source"],
        "note": run["note"],
    }
