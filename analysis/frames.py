"""All that the charts stand on, read once: runs, bills, timelines, side tables.

Side tables are what the charts show besides runs, kept as CSV under `results/tables/`:

simplicity   resources, services, statements and code of each design (analysis.simplicity)
limits       how long each limit held the batch back, by items (the model says)
agreement    published measurements and what the model makes of them (workbench.agreement)
savings      from `published` to `tuned` one change at a time (workbench.tuning.gains)
predictions  every prediction beside what came, line by line (workbench.runs.predictions)
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import measures
from analysis.needs import Chosen, NothingToShow, origin, same_knobs, usable
from analysis.simplicity import ownership
from analysis.words import count, dollars, duration
from workbench.designs import PRESETS
from workbench.errors import BadInput, BadRecord
from workbench.platform.services import HOME_REGION
from workbench.prices import PriceBook, load_book
from workbench.project import REFERENCE
from workbench.runs.results_folder import is_packed
from workbench.runs.sets import note_of, usd_by_label
from workbench.temporary import written_whole

COLUMNS = {  # of the side tables
    "simplicity": ["design", "measure", "value"],
    "limits": ["design", "items", "limit", "held_s"],
    "agreement": (
        "id title quantity counted unit measured modelled low high inside error_percent "
        "width_percent sure era source note"
    ).split(),
    "savings": (
        "design step change usd_per_million usd_low usd_high coordination_usd_per_million minutes "
        "floor_usd_per_million completes"
    ).split(),
    "predictions": (
        "run_id design target items predicted_at line unit predicted low high actual error_percent"
    ).split(),
}


@dataclass(frozen=True)
class Frames:
    """The frames of a results folder or a packed set; each is read when first asked for."""

    results: Path

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Every run with its knobs and what its batch cost."""
        runs = measures.runs_with_knobs(self.results)
        if runs.empty:
            return runs
        runs["terms"] = note_of(self.results)[1]  # a chart says at which terms its dollars are
        return measures.with_batch_usd(runs, usd_by_label(self.results))

    @cached_property
    def bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs nearest a million items."""
        chosen = measures.near_a_million(same_knobs(usable(self.runs, in_dollars=True)))
        return measures.run_tables(self.results, "bill", set(chosen.runs["run_id"]))

    @cached_property
    def batch_bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs of that batch."""
        return measures.run_tables(self.results, "bill", set(self.batch["run_id"]))

    @cached_property
    def batch(self) -> pd.DataFrame:
        """One run a design of the one batch that time lines and video show."""
        return measures.story_batch(self.runs)

    @cached_property
    def batch_timelines(self) -> pd.DataFrame:
        """The timelines of its runs."""
        return measures.run_tables(self.results, "timeline", set(self.batch["run_id"]))

    @cached_property
    def invocations(self) -> pd.DataFrame:
        """The processor's invocations of every run that kept them."""
        calls = measures.run_tables(self.results, "invocations")
        return calls[calls["function"] == "processor"]

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """The runs at one setting with what a month of such batches costs, at their prices."""
        runs = same_knobs(usable(self.runs, in_dollars=True)).runs
        bills = measures.run_tables(self.results, "bill", set(runs["run_id"]))
        return ownership(runs, bills, self.book)

    @cached_property
    def book(self) -> PriceBook:
        """The prices of the runs whose dollars are shown."""
        runs = usable(self.runs, in_dollars=True).runs
        whose = runs["region"].dropna()
        region = whose.iloc[0] if len(whose) else HOME_REGION
        return load_book(region, runs["price_date"].iloc[0])

    def needed(self, name: str) -> pd.DataFrame:
        """A side table that has rows. Raises NothingToShow where nobody has written it."""
        if (table := self.table(name)).empty:
            if note := note_of(self.results)[0]:
                raise NothingToShow(f"{note}: there is no table of {name} at these.")
            command = "make agreement" if name == "agreement" else "make study"
            raise NothingToShow(f"there is no table of {name} to draw. Run `{command}`.")
        return table

    def chosen(self, name: str, figures: str = "modelled") -> Chosen:
        """A side table that has rows, for a chart of nothing else; how its figures came about."""
        return Chosen(table=self.needed(name), figures=(figures,), origin=self.origin)

    @property
    def origin(self) -> str:
        """The prices and the code of the set; nothing where there are no runs."""
        return origin(self.runs) if len(self.runs) else ""

    def table(self, name: str) -> pd.DataFrame:
        """A side table: simplicity, limits, agreement; empty if nobody has written it."""
        return read_side_table(self.results, name)


def write_side_table(results: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write a side table whole; an older one is replaced."""
    _check(name, list(frame.columns), "the frame")
    path = results / "tables" / f"{name}.csv"
    with written_whole(path) as written:
        frame.to_csv(written, index=False, lineterminator="\n")
    return path


def read_side_table(results: Path, name: str) -> pd.DataFrame:
    """A side table, its columns checked; without a row if it was never written."""
    path = results / "tables" / f"{name}.csv"
    if not path.exists():
        _check(name, COLUMNS.get(name, []), "the reader")
        return pd.DataFrame(columns=COLUMNS[name])
    try:
        frame = pd.read_csv(path)
    except (ValueError, OSError) as error:
        raise BadRecord(f"{path} cannot be read: {error}") from None
    _check(name, list(frame.columns), str(path))
    return frame


def _check(name: str, columns: list[str], where: str) -> None:
    """Refuse an unknown table, and one with other columns than its own."""
    if name not in COLUMNS:
        raise BadInput(f"side table {name!r} is not known. Take one of {', '.join(COLUMNS)}.")
    if columns != COLUMNS[name]:
        raise BadRecord(f"{where} of {name} has columns {columns}, not {COLUMNS[name]}")


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
    if note := note_of(frames.results)[0]:
        return f"{note}: {facts}"
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
    measured = [f"{name}{end}" for name in FIGURES for end in ("", "_reference", "_percent")]
    columns = [*KEYS[:3], "setting", "item_ms", *measured]
    return both[columns].sort_values(columns[:5], ignore_index=True)


def own_beside_reference(frames: Frames) -> pd.DataFrame:
    """The comparison of a folder with the project's reference set; without rows for the set itself.

    Only sets of knobs that have a name, and the items that most runs have.
    """
    if is_packed(frames.results) or not is_packed(REFERENCE) or frames.runs.empty:
        return pd.DataFrame()
    found = beside_reference(frames.runs, Frames(REFERENCE).runs)
    named = found["setting"].isin({name for presets in PRESETS.values() for name in presets})
    usual = found["item_ms"] == frames.runs["item_ms"].mode().iloc[0]
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
        runs = runs.reindex(columns=[*KEYS, "status", "setting", "item_ms", *FIGURES])
    whole = runs[runs["status"] == "complete"]
    knobs = whole["knobs"].map(lambda knobs: json.dumps(knobs, sort_keys=True))
    groups = whole.assign(knobs=knobs).groupby(KEYS, sort=True)
    kept = {name: (name, "max") for name in ("setting", "item_ms", "price_date")}
    return groups.agg(**kept, **{name: (name, "median") for name in FIGURES})
