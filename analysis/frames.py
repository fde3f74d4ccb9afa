"""All that the charts stand on, read once: runs, bills, timelines, side tables."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis import measures, ownership, tables
from analysis.needs import same_knobs, usable
from workbench.prices import load_book
from workbench.runs.sets import usd_by_label


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
        return measures.with_batch_usd(runs, usd_by_label(self.results))

    @cached_property
    def bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs nearest a million items."""
        chosen = measures.near_a_million(same_knobs(usable(self.runs, in_dollars=True)))
        return measures.bills_frame(self.results, set(chosen.runs["run_id"]))

    @cached_property
    def batch_bills(self) -> pd.DataFrame:
        """Every line of the bills of the runs of that batch."""
        return measures.bills_frame(self.results, set(self.batch["run_id"]))

    @cached_property
    def batch(self) -> pd.DataFrame:
        """One run a design of the one batch that time lines and video show."""
        return measures.story_batch(self.runs)

    @cached_property
    def batch_timelines(self) -> pd.DataFrame:
        """The timelines of its runs."""
        return measures.timelines_frame(self.results, set(self.batch["run_id"]))

    @cached_property
    def invocations(self) -> pd.DataFrame:
        """The processor's invocations of every run that kept them."""
        return measures.invocations_frame(self.results)

    @cached_property
    def monthly(self) -> pd.DataFrame:
        """The runs at one setting with what a month of such batches costs, at their prices."""
        runs = same_knobs(usable(self.runs, in_dollars=True)).runs
        book = load_book(date=runs["price_date"].iloc[0])
        bills = measures.bills_frame(self.results, set(runs["run_id"]))
        return ownership.ownership(runs, bills, book)

    def table(self, name: str) -> pd.DataFrame:
        """A side table: simplicity, limits, agreement; empty if nobody has written it."""
        return tables.read_side_table(self.results, name)
