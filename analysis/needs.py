"""What a chart needs of the runs, and the refusal that says what is missing.

A chart is never empty: it has something to show, or raises `NothingToShow` with what to do next.
What it leaves out (incomplete runs, other prices, other knobs) it says in its caption.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis.words import listed
from workbench.designs import COMPARED, DESIGNS, promises
from workbench.errors import BadInput

DEFAULT = "default"
RUN_SOMETHING = (
    "Run `make study`, or `workbench run`; the project's own: --results results/reference."
)


class NothingToShow(BadInput):
    """A chart or sentence that the runs at hand cannot carry: what is missing, what to do."""


@dataclass(frozen=True)
class Chosen:
    """What a chart draws and its sentence says: runs, what is left out, and a table of theirs.

    A chart of a side table has no runs.
    """

    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    table: pd.DataFrame = field(default_factory=pd.DataFrame)

    def also(self, *notes: str) -> "Chosen":
        """The same runs with more to say."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))

    def only(self, runs: pd.DataFrame) -> "Chosen":
        """A part of the runs, with the same things to say."""
        return replace(self, runs=runs)

    def beside(self, table: pd.DataFrame) -> "Chosen":
        """The same runs with what else is known of them; of a table with runs, theirs alone."""
        if "run_id" in table:
            table = table[table["run_id"].isin(self.runs["run_id"])]
        return replace(self, table=table)

    @property
    def items(self) -> int:
        """The size of the batches, where all have one."""
        return int(self.runs["items"].iloc[0])

    @property
    def run_ids(self) -> list[str]:
        """The runs behind a chart and its sentence."""
        shown = self.runs if len(self.runs) else self.table
        return sorted(set(shown["run_id"])) if "run_id" in shown else []

    @property
    def designs(self) -> list[str]:
        """The designs that are shown, in their usual order."""
        there = set((self.runs if len(self.runs) else self.table)["design"])
        return [design for design in DESIGNS if design in there]

    @property
    def targets(self) -> list[str]:
        """The targets that have runs: model, local, aws."""
        there = set(self.runs["target"])
        return [target for target in ("model", "local", "aws") if target in there]


def no_runs(results: Path) -> str:
    """What to say of a folder without runs."""
    return f"no runs under {results}. {RUN_SOMETHING}"


def usable(runs: pd.DataFrame, in_dollars: bool = False) -> Chosen:
    """The complete runs; for dollars also of one price date only, the newest."""
    if runs.empty:
        raise NothingToShow(f"there are no runs to draw. {RUN_SOMETHING}")
    whole = runs[runs["status"] == "complete"]
    if whole.empty:
        raise NothingToShow(
            f"none of the {len(runs)} runs is complete: {', '.join(sorted(set(runs['reason'])))}. "
            "Run them again."
        )
    left_out = len(runs) - len(whole)
    chosen = Chosen(whole).also(f"{_runs(left_out)} incomplete, left out" if left_out else "")
    missing = [design for design in COMPARED if design not in set(whole["design"])]
    chosen = chosen.also(f"no run of {listed(missing)}" if missing else "")
    return _one_price_date(chosen) if in_dollars else chosen


def same_knobs(chosen: Chosen) -> Chosen:
    """The runs of each design at one setting: the one nearest the default knobs.

    Of several lengths of items, the one most often run.
    """
    if "setting" not in chosen.runs:
        return chosen
    return nearest_default(usual_length(chosen), say=True)


def usual_length(chosen: Chosen) -> Chosen:
    """The runs whose items take as long as those of most."""
    lengths = chosen.runs["item_ms"]
    return chosen.only(chosen.runs[lengths == _main(lengths)])


def nearest_default(chosen: Chosen, say: bool = False) -> Chosen:
    """For each design and length of items one setting: the one nearest the default knobs."""
    kept, notes = [], []
    for (design, _), own in chosen.runs.groupby(["design", "item_ms"], sort=False):
        nearest = own[own["changes"] == own["changes"].min()]
        setting = _main(nearest["setting"])
        kept.append(own[own["setting"] == setting])
        notes.append(f"{design} at {setting}" if say and setting != DEFAULT else "")
    return chosen.only(pd.concat(kept)).also(*notes)


def several_designs(chosen: Chosen) -> Chosen:
    """Refuse a comparison that has one side only."""
    if len(chosen.designs) < 2:
        raise NothingToShow(
            f"only runs of {chosen.designs[0]} are there; a comparison needs two designs. "
            "Run another one with the same items and seed."
        )
    return chosen


def promised(runs: pd.DataFrame) -> str:
    """What the designs of these runs promise at their knobs; empty where knobs are not known."""
    if "knobs" not in runs:
        return ""
    settings = runs.drop_duplicates(["design", "setting"])
    return promises(
        DESIGNS[run.design](**run.knobs)
        for _, own in in_order(settings)
        for run in own.itertuples()
    )


def in_order(frame: pd.DataFrame, column: str = "design") -> Iterator[tuple[str, pd.DataFrame]]:
    """The rows of each design that has any, in the designs' usual order."""
    for design in DESIGNS:
        own = frame[frame[column] == design]
        if len(own):
            yield design, own


def _one_price_date(chosen: Chosen) -> Chosen:
    """Dollars of different price dates are never mixed."""
    priced = chosen.runs[chosen.runs["cost_usd"].notna() & chosen.runs["price_date"].notna()]
    if priced.empty:
        raise NothingToShow("no run has a bill. Run again, or `workbench collect`.")
    newest = priced["price_date"].max()
    kept = priced[priced["price_date"] == newest]
    unpriced, older = len(chosen.runs) - len(priced), len(priced) - len(kept)
    return chosen.only(kept).also(
        f"{_runs(unpriced)} without a bill, left out" if unpriced else "",
        f"{_runs(older)} at prices of another date, left out" if older else "",
    )


def _main(values: pd.Series) -> object:
    """The value seen most often; of several, the first in order."""
    return values.mode().iloc[0]


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"
