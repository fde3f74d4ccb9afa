"""The explorer: sliders for a batch, knobs and prices that simulate every design again and redraw.

It is given the simulation, so that it knows no target: `Explorer(modelled).panel()`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from time import perf_counter
from typing import Any, Protocol

import ipywidgets as widgets
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import controls, theme
from analysis.axes import time_axis
from analysis.lines import bars, counts_axis, dollar_rows, over_time
from analysis.measures import usd_per_million
from analysis.pictures import html_table
from analysis.placing import name_lines
from analysis.simplicity import UpkeepRate, upkeep_usd
from analysis.theme import colour
from analysis.words import dollars, duration
from workbench.bill import total_usd
from workbench.bill.monthly_cost import monthly_usage
from workbench.bill.pricing import Already
from workbench.bill.terms import LIST_PRICES, Terms
from workbench.border import whole_number
from workbench.designs import COMPARED, DESIGNS, Design, promises
from workbench.errors import WorkbenchError
from workbench.prices import PriceBook, load_book
from workbench.runs.batch import Batch
from workbench.runs.records import LABELS, RunData

THEMES = {look.name: look for look in theme.THEMES}
SCREEN = theme.Canvas("screen", 10.0, 11.0, 120, height_in=3.9)
NO_UPKEEP = pd.DataFrame(columns=["design", "measure", "value"])
# Fixed places, in shares of the figure: laying it out each time would double the time to draw.
TIME_PLACE = (0.08, 0.16, 0.46, 0.74)
DOLLAR_PLACE = (0.63, 0.16, 0.36, 0.74)


class Simulated(Protocol):
    """What `Simulate` gives: a batch that was run quickly, and billed."""

    def run_data(self) -> RunData: ...


class Simulate(Protocol):
    """Runs a batch and bills it, with a `month` inside the free tier after that usage."""

    def __call__(
        self, design: Design, batch: Batch, book: PriceBook, *, month: Already | None
    ) -> Simulated: ...


@dataclass(frozen=True)
class Shown:
    """What the picture shows: runs with their bills, what a month of them costs by design, and at
    which terms."""

    folders: list[RunData]
    month_usd: dict[str, float]
    terms: str


class Explorer:
    """The controls and the picture; each change of a control simulates and redraws."""

    def __init__(
        self,
        simulate: Simulate,
        items: int = 1_000_000,
        seed: int = 7,
        simplicity: pd.DataFrame = NO_UPKEEP,
        terms: Terms = LIST_PRICES,
    ) -> None:
        self._run, self._simplicity, self._terms = simulate, simplicity, terms
        self._seed = whole_number("seed", seed, 0)
        listed = load_book(terms.region, terms.price_date)
        self.items = controls.items_slider(items)
        self.length = controls.length_slider()
        self.rate = controls.slider("upkeep, $ an hour", [0, 25, 50, 75, 100, 150, 200], 100)
        self.look = widgets.ToggleButtons(options=list(THEMES))
        self.knobs = {name: controls.knob_controls(DESIGNS[name]) for name in COMPARED}
        self.prices = controls.price_controls(listed)
        self.free, self.off = controls.terms_controls(terms)
        self.picture, self.table = widgets.Image(format="png"), widgets.HTML()
        self.message = widgets.HTML()
        for control in self._all_controls():
            control.observe(self._changed, names="value")
        self.redraw()

    def panel(self) -> widgets.Widget:
        """Everything, to be shown in a notebook."""
        tabs = {
            "Batch": [self.items, self.length, self.rate, self.look],
            **{name: list(own.values()) for name, own in self.knobs.items()},
            "Prices": [self.free, self.off, *self.prices.values()],
        }
        rows = widgets.Layout(flex_flow="row wrap")  # in two columns, as many as fit
        boxes = [widgets.Box(own, layout=rows) for own in tabs.values()]
        tab = widgets.Tab(boxes, titles=tuple(tabs))
        return widgets.VBox([tab, self.message, self.picture, self.table])

    def redraw(self) -> None:
        """Simulate and draw; knobs that cannot work leave the picture and say why."""
        began = perf_counter()
        try:
            shown = self._simulate()
        except WorkbenchError as error:
            self.message.value = f"<b>Not possible:</b> {escape(str(error))} The picture is older."
            return
        with theme.use(THEMES[self.look.value], SCREEN):
            self.picture.value = theme.encoded(live_view(shown.folders, theme.blank(SCREEN)))
        self.table.value = _table(shown, self._upkeep())
        elapsed_s = perf_counter() - began
        self.message.value = f"Simulated and drawn in {elapsed_s:.2f} s, {shown.terms}."

    def _changed(self, _change: Any) -> None:
        self.redraw()

    def _simulate(self) -> Shown:
        """Every design on the same items, priced by book and terms as the controls have them."""
        terms = controls.changed_terms(self._terms, self.free, self.off)
        book = controls.changed_book(terms.book(), self.prices)
        batch = Batch(self.items.value, self._seed, "explore")
        folders, months = [], {}
        for name in COMPARED:
            settings = {knob: control.value for knob, control in self.knobs[name].items()}
            design = DESIGNS[name](**settings, value_max=self.length.value)
            design.refuse_items(batch.items)
            folder = self._run(design, batch, book, month=terms.month).run_data()
            folders.append(folder)
            month = terms.bill(monthly_usage(design, folder.usage), book)
            months[name] = float(total_usd(month))
        return Shown(folders, months, f"prices of {book.region}, {book.date}{terms.text}")

    def _upkeep(self) -> dict[str, float]:
        """A person's time a month by design; empty where simplicity was not measured."""
        if self._simplicity.empty:
            return {}
        return upkeep_usd(self._simplicity, UpkeepRate(usd_per_hour=self.rate.value))

    def _all_controls(self) -> list[widgets.Widget]:
        knobs = [control for own in self.knobs.values() for control in own.values()]
        own = [self.items, self.length, self.rate, self.look, self.free, self.off]
        return [*own, *knobs, *self.prices.values()]


def _table(shown: Shown, upkeep: dict[str, float]) -> str:
    """The numbers beside the picture, a column a design."""
    rows: dict[str, list[str]] = {}
    for folder in shown.folders:
        run, million = folder.run, 1e6 / folder.run.items
        traits = {
            "all items done after": duration(run.processed_s or 0.0),
            "known to be done after": duration(run.detected_s or 0.0),
            "so late": duration(run.detection_lag_s or 0.0),
            "dollars a batch": dollars(run.cost_usd or 0.0),
            "dollars per million items": dollars((run.cost_usd or 0.0) * million),
            "of it for coordination": dollars((run.coordination_usd or 0.0) * million),
            "of that for knowing": dollars((run.knowing_usd or 0.0) * million),
            "dollars a month, four batches a day": dollars(shown.month_usd[run.design]),
            "and upkeep": dollars(upkeep[run.design]) if upkeep else "not measured",
            "processor invocations": f"{run.invocations:,}, {run.cold_starts:,} of them cold",
            "most at a time": f"{run.peak_concurrency:,}",
        }
        for name, value in traits.items():
            rows.setdefault(name, []).append(value)
    names = [folder.run.design for folder in shown.folders]
    promise = promises(DESIGNS[one.run.design](**one.run.knobs) for one in shown.folders)
    return f"{html_table(pd.DataFrame(rows, index=names).T)}<p>{escape(promise)}</p>"


def live_view(folders: Sequence[RunData], figure: Figure) -> Figure:
    """Draw runs that have just been simulated, one a design, beside each other."""
    figure.set_layout_engine(None)
    time, usd = figure.add_axes(TIME_PLACE), figure.add_axes(DOLLAR_PLACE)
    _invocations(time, folders)
    _dollars(usd, folders)
    name_lines([time])
    return figure


def _invocations(axes: Axes, folders: Sequence[RunData]) -> None:
    """Invocations at work over time, and a mark where completion is known."""
    for folder in folders:
        run, samples = folder.run, folder.timeline
        own = samples[samples["metric"] == "concurrency"]
        over_time(axes, own, run.design, run.target, run.design)
        look = {"color": colour(run.design), "linestyle": (0, (2, 2))}
        axes.axvline(run.detected_s, label="_known", **look)
    axes.set_title("At work; dashed: known to be done")
    peak = max(folder.run.peak_concurrency for folder in folders)
    counts_axis(axes, peak, "processor invocations")
    time_axis(axes, max(folder.run.detected_s or 1.0 for folder in folders))


def _dollars(axes: Axes, folders: Sequence[RunData]) -> None:
    """Dollars per million items by purpose, a bar a design."""
    lines = [
        folder.bill.assign(
            run_id=folder.run.run_id, design=folder.run.design, items=folder.run.items
        )
        for folder in folders
    ]
    sums = usd_per_million(pd.concat(lines, ignore_index=True), "label")
    rows = dollar_rows(sums, "label", [x for x in LABELS if x in set(sums["label"])])
    bars(axes, rows[[folder.run.design for folder in folders]], dollars)
    axes.set_title("Dollars per million items")
    axes.xaxis.set_major_formatter(lambda value, _: dollars(value))
