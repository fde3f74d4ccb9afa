"""A list of stored runs to pick from and to compare: their numbers, and invocations over time."""

from typing import Any

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure

from analysis import measures, theme
from analysis.axes import time_axis
from analysis.caption import ask, sign
from analysis.frames import Frames
from analysis.lines import counts_axis, over_time
from analysis.needs import NothingToShow, usable
from analysis.pictures import html_table
from analysis.placing import name_lines
from analysis.words import count, dollars, duration
from workbench.designs import DESIGNS

SCREEN = theme.Canvas("screen", 10.0, 11.0, 120, height_in=4.4)
ROWS = 10  # of the list that are seen at a time
QUESTION = "How did these runs go?"
MOST = 2 * len(DESIGNS)  # two targets of every design: more lines cannot be kept apart


class Picker:
    """A list of runs, a field that narrows it, and the comparison of those that are picked."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self.find = widgets.Text(
            placeholder="words that must occur, such as: sfn 1M local", layout={"width": "40em"}
        )
        self.list = widgets.SelectMultiple(rows=ROWS, layout={"width": "60em"})
        self.picture, self.table = widgets.Image(format="png"), widgets.HTML()
        self.picture.layout.display = "none"  # until there is one: a browser shows a broken image
        self.message = widgets.HTML()
        self.find.observe(self._narrow, names="value")
        self.list.observe(self._compare, names="value")
        self._narrow(None)

    def panel(self) -> widgets.Widget:
        """Everything, to be shown in a notebook."""
        return widgets.VBox([self.find, self.list, self.message, self.table, self.picture])

    def _narrow(self, _change: Any) -> None:
        """Show the runs that have every word."""
        words = self.find.value.lower().split()
        options = [
            (text, run_id)
            for text, run_id in _options(self._frames.runs)
            if all(word in text.lower() for word in words)
        ]
        self.list.options = options
        message = f"{len(options)} runs; pick up to {MOST} with Ctrl or Shift."
        self.message.value = (
            message if options else "No run is stored, or none has all these words."
        )

    def _compare(self, _change: Any) -> None:
        """Show the numbers and the lines of the picked runs."""
        picked = list(self.list.value)
        runs = self._frames.runs
        if not picked or runs.empty:
            return
        own = runs[runs["run_id"].isin(picked)]
        self.table.value = _table(own)
        try:
            timelines = measures.run_tables(self._frames.results, "timeline", set(picked[:MOST]))
            with theme.use(theme.LIGHT, SCREEN):
                figure = picked_runs(own, timelines, theme.blank(SCREEN))
                self.picture.value = theme.encoded(figure)
            self.picture.layout.display = ""
            self.message.value = ""
        except NothingToShow as reason:
            self.picture.value = b""  # an older one would stand beside these numbers
            self.message.value = str(reason)


def _options(runs: pd.DataFrame) -> list[tuple[str, str]]:
    """Every run as one line of the list, with its id."""
    return [
        (
            f"{run.design}  {run.target}  {count(run.items)} items  seed {run.seed}  {run.setting}"
            f"  {run.status}",
            run.run_id,
        )
        for run in runs.itertuples()
    ]


def _table(runs: pd.DataFrame) -> str:
    """The numbers of the picked runs, a row each, numbered as the lines are."""
    rows = [
        {
            "run": run.run_id,
            "knobs": run.setting,
            "items": count(run.items),
            "all done after": _told(run.processed_s, duration),
            "known to be done after": _told(run.detected_s, duration),
            "so late": _told(run.detection_lag_s, duration),
            "dollars": _told(run.batch_usd, dollars),
            "per million items": _told(run.per_million_usd, dollars),
            "of it for coordination": _told(run.coordination_per_million_usd, dollars),
            "of that for knowing": _told(run.knowing_per_million_usd, dollars),
        }
        for run in runs.itertuples()
    ]
    return html_table(pd.DataFrame(rows, index=range(1, len(rows) + 1)))


def _told(value: float | None, words: Any) -> str:
    """A number in words, or that nobody knows it."""
    return "unknown" if pd.isna(value) else words(value)


def picked_runs(runs: pd.DataFrame, timelines: pd.DataFrame, figure: Figure) -> Figure:
    """One line a run: colour is the design, line style the target; numbered as in their table."""
    if len(runs) > MOST:
        raise NothingToShow(f"{len(runs)} runs are picked; {MOST} can be kept apart. Pick fewer.")
    chosen = usable(runs)
    samples = timelines[timelines["metric"] == "concurrency"]
    samples = samples[samples["run_id"].isin(chosen.runs["run_id"])]
    if samples.empty:
        raise NothingToShow("these runs keep no concurrency over time. Run them again.")
    ask(figure, QUESTION)
    sign(figure, chosen, "numbers as in the table")
    axes = figure.subplots()
    for number, run in enumerate(runs.itertuples(), start=1):
        if len(own := samples[samples["run_id"] == run.run_id]):
            over_time(axes, own, run.design, run.target, f"{number} {run.design}")
    counts_axis(axes, samples["value"].max(), "processor invocations at work")
    time_axis(axes, chosen.runs["detected_s"].max())
    name_lines([axes])
    return figure
