"""Which runs a report shows, and one's own beside the reference set's: compared, never mixed."""

import json

import pandas as pd

from analysis.frames import Frames
from analysis.words import count, dollars, duration
from workbench.designs import PRESETS
from workbench.project import REFERENCE
from workbench.runs.results_folder import is_packed

KEYS = ["design", "target", "items", "knobs"]
FIGURES = {  # of a run: what a report calls it, and how it is written
    "per_million_usd": ("dollars a million", dollars),
    "detected_s": ("known after", duration),
    "detection_lag_s": ("lag", duration),
}
BESIDE = (
    "The same design, target, number of items and knobs: yours / the reference set's (difference). "
    "Medians, so that other seeds differ a little."
)


def which_runs(frames: Frames) -> str:
    """The set in a sentence: whose runs, how many, on which targets, of which code and prices."""
    runs = frames.runs
    targets = ", ".join(f"{n:,} on {t}" for t, n in runs["target"].value_counts().items())
    facts = (
        f"{len(runs):,} {'run' if len(runs) == 1 else 'runs'} ({targets}), "
        f"{runs['seed'].nunique()} seeds, prices of "
        f"{', '.join(sorted(set(runs['price_date'].dropna()))) or 'no date'}, "
        f"commit {', '.join(sorted(set(runs['commit']) - {''})) or 'unknown'}."
    )
    if is_packed(frames.results):
        return f"The reference set of this project (`make reference`): {facts}"
    days = sorted({started[:10] for started in runs["started_at"]})
    return f"Your own runs of {' to '.join(dict.fromkeys((days[0], days[-1])))}: {facts}"


def beside_reference(own: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """One row for each design, target, number of items and set of knobs that both have run.

    Each of `FIGURES` has three columns: one's own median over the complete runs, `…_reference`, and
    `…_percent`, the difference. Dollars at prices of different dates are not set side by side.
    """
    sides = [_medians(runs) for runs in (own, reference)]
    both = sides[0].reset_index().merge(sides[1], on=KEYS, suffixes=("", "_reference"))
    other_prices = both["price_date"] != both["price_date_reference"]
    for name in FIGURES:
        if name.endswith("usd"):
            both.loc[other_prices, [name, f"{name}_reference"]] = float("nan")
        both[f"{name}_percent"] = 100 * (both[name] / both[f"{name}_reference"] - 1)
    told = [f"{name}{end}" for name in FIGURES for end in ("", "_reference", "_percent")]
    columns = [*KEYS[:3], "setting", "value_max_ms", *told]
    return both[columns].sort_values(columns[:5], ignore_index=True)


def own_beside_reference(frames: Frames) -> pd.DataFrame:
    """The comparison of a folder with the project's reference set; without rows for the set itself.

    Only sets of knobs that have a name, and the items that most runs have.
    """
    if is_packed(frames.results) or not is_packed(REFERENCE) or frames.runs.empty:
        return pd.DataFrame()
    found = beside_reference(frames.runs, Frames(REFERENCE).runs)
    named = found["setting"].isin({name for presets in PRESETS.values() for name in presets})
    usual = found["value_max_ms"] == frames.runs["value_max_ms"].mode().iloc[0]
    return found[named & usual].reset_index(drop=True)


def in_words(beside: pd.DataFrame) -> pd.DataFrame:
    """That comparison as a report shows it: yours, the reference's, and the difference."""
    shown = beside[KEYS[:3]].assign(items=beside["items"].map(count), knobs=beside["setting"])
    for name, (title, form) in FIGURES.items():
        cells = zip(
            *(beside[f"{name}{end}"] for end in ("", "_reference", "_percent")), strict=True
        )
        shown[title] = [
            ""
            if pd.isna(yours) or pd.isna(kept)
            else f"{form(yours)} / {form(kept)} ({off:+.1f} %)"
            for yours, kept, off in cells
        ]
    return shown


def _medians(runs: pd.DataFrame) -> pd.DataFrame:
    """The figures by design, target, items and knobs, over the complete runs."""
    if runs.empty:
        runs = runs.reindex(columns=[*KEYS, "status", "setting", "value_max_ms", *FIGURES])
    whole = runs[runs["status"] == "complete"]
    knobs = whole["knobs"].map(lambda knobs: json.dumps(knobs, sort_keys=True))
    groups = whole.assign(knobs=knobs).groupby(KEYS, sort=True)
    kept = {name: (name, "max") for name in ("setting", "value_max_ms", "price_date")}
    return groups.agg(**kept, **{name: (name, "median") for name in FIGURES})
