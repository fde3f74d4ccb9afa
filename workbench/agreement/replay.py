"""The model against the world: what others have measured on AWS, replayed, with the error.

`published.json` has each run with its source, the settings of its era and what was measured; the
replays are in `kinds`. Each quantity has the interval that `estimate` would print for it, and
counts as what it is: a `test`; a `fit`, if a constant of the profile came from its row; or
`construction`, if a setting or the number of messages decides it.
"""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pandas as pd

from workbench.agreement.kinds import REPLAYS
from workbench.engine.parallel import in_order
from workbench.errors import BadRecord
from workbench.platform.profile import Profile, load_profile
from workbench.targets.model.forecast import HIGH, LOW, Draw, Range, draws, interval

COLUMNS = (
    "id title quantity counted unit measured modelled low high inside error_percent width_percent "
    "sure era source note"
).split()
TEST, FIT, CONSTRUCTION = "test", "fit", "construction"
SEED = 7
DRAWS = 40  # of the constants, each with a seed of its own, behind low and high


def agreement(
    profile: Profile | None = None,
    content: dict[str, Any] | None = None,
    replications: int = DRAWS,
    cluster: str = "",
) -> pd.DataFrame:
    """One row a published quantity; `content` replays other runs, of the same form as ours.

    In this process, unless a cluster is named.
    """
    profile, content = profile or load_profile(), content or published()
    for run in content["runs"]:
        if run["era"] not in content["eras"] or run["replay"] not in REPLAYS:
            raise BadRecord(f"published run {run['id']}: no era {run['era']!r} or no such replay")
    drawn = {
        name: list(draws(of_era(profile, era), SEED, replications))
        for name, era in content["eras"].items()
    }
    tasks = [
        (run, drawn[run["era"]][: 1 if run.get("counted") == CONSTRUCTION else None])
        for run in content["runs"]
    ]
    replays = in_order(_replayed, tasks, None if cluster else 1, cluster)
    rows = []
    for (run, _), found in zip(tasks, replays, strict=True):
        values = zip(*found, strict=True)
        rows += [
            _row(run, quantity, interval(own))
            for quantity, own in zip(run["quantities"], values, strict=True)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def published() -> dict[str, Any]:
    """The runs that others have published."""
    return json.loads((files("workbench.agreement") / "published.json").read_text(encoding="utf-8"))


def of_era(profile: Profile, overrides: dict[str, dict[str, float]]) -> Profile:
    """The profile as AWS was then; a range moves in proportion where the era gives none."""
    entries = dict(profile.entries)
    for name, era in overrides.items():
        known, key = entries[name], "value" if "value" in era else "p50"
        ratio = era[key] / known[key]
        ends = {k: known[k] * ratio for k in ("low", "high") if k in known}
        entries[name] = known | ends | era
    return replace(profile, entries=entries)


def score(table: pd.DataFrame) -> str:
    """How the tests came out, in one line; nothing else counts."""
    tests = table[table["counted"] == TEST]
    inside, error = tests["inside"].mean(), tests["error_percent"].abs().median()
    width = tests["width_percent"].median()
    return (
        f"{tests['inside'].sum()} of {len(tests)} tested quantities ({inside:.0%}) are inside the "
        f"{LOW} to {HIGH} % interval; median error {error:.1f} %, median width of the interval "
        f"{width:.0f} % of the measured value. "
        f"{(table['counted'] == FIT).sum()} quantities were fitted and "
        f"{(table['counted'] == CONSTRUCTION).sum()} are decided by construction: not counted."
    )


def _replayed(run: dict[str, Any], drawn: list[Draw]) -> list[tuple[float, ...]]:
    """The modelled quantities of a run, with each of these draws of the constants."""
    replayed = REPLAYS[run["replay"]]
    return [replayed(one.profile, run, one.seed) for one in drawn]


HEADINGS = {
    TEST: "Tested: nothing in the profile came from these rows",
    FIT: "Fitted: a constant came from the row that its note names",
    CONSTRUCTION: "Decided by construction: a setting, or a count of messages",
}


def as_markdown(table: pd.DataFrame) -> str:
    """The score, then a table each of tests, fits and constructions, then the notes."""
    lines = [score(table)]
    for counted, heading in HEADINGS.items():
        lines += ["", heading, "", "| id | quantity | measured | modelled | low to high | error |"]
        lines += ["|---|---|---|---|---|---|", *map(_line, _of(table, counted))]
    notes = table[["id", "title", "note"]].drop_duplicates()
    lines += ["", *(f"- {row.id} ({row.title}): {row.note}" for row in notes.itertuples())]
    return "\n".join(lines) + "\n"


def _of(table: pd.DataFrame, counted: str) -> list[Any]:
    """The rows that count so."""
    return list(table[table["counted"] == counted].itertuples())


def _line(row: Any) -> str:
    """One quantity; a cross where the measured value is outside the interval."""
    mark = "" if row.inside else " outside"
    return (
        f"| {row.id} | {row.quantity} | {row.measured:,.4g} {row.unit} | {row.modelled:,.4g} | "
        f"{row.low:,.4g} to {row.high:,.4g}{mark} | {row.error_percent:+.1f} % |"
    )


def _row(run: dict[str, Any], quantity: dict[str, Any], modelled: Range) -> dict[str, Any]:
    """One quantity; a run or a quantity says itself where it is no test."""
    measured = float(quantity["measured"])
    return {
        **{name: run[name] for name in ("id", "title", "era", "source", "note")},
        **{name: quantity[name] for name in ("quantity", "unit", "sure")},
        "counted": quantity.get("counted", run.get("counted", TEST)),
        "measured": measured,
        "modelled": modelled.likely,
        "low": modelled.low,
        "high": modelled.high,
        "inside": modelled.low <= measured <= modelled.high,
        "error_percent": (modelled.likely / measured - 1) * 100,
        "width_percent": (modelled.high - modelled.low) / measured * 100,
    }
