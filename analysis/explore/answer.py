"""What a scenario comes to: every design simulated and billed, the verdict, and the numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Protocol

import pandas as pd

from analysis.explore.scenario import Scenario
from analysis.pictures import html_table
from analysis.simplicity import UpkeepRate, upkeep_usd
from analysis.theme import LIGHT
from analysis.verdicts import CLOSE, CLOSE_WORDS
from analysis.words import dollars, duration, listed
from workbench.bill import total_usd
from workbench.bill.monthly_cost import Upkeep, monthly_usage
from workbench.bill.pricing import Already
from workbench.designs import DESIGNS, Design, promises
from workbench.prices import PriceBook
from workbench.runs.batch import Batch
from workbench.runs.records import Run, RunData

A_MONTH = "dollars a month"
NO_CHANGE = 5e-4  # of a number: less reads as none


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
    """A scenario with its runs and their bills, and by design what a month of them costs, by AWS's
    bill (None where a day does not hold its batches) and by a person's time (empty where simplicity
    was not measured)."""

    scenario: Scenario
    folders: tuple[RunData, ...]
    month_usd: dict[str, float | None]
    upkeep_usd: dict[str, float]

    @property
    def terms(self) -> str:
        """At which terms the dollars are."""
        terms = self.scenario.terms
        text = f"prices of {terms.region}, {self.folders[0].run.price_date}{terms.text}"
        changed = len(self.scenario.factors)
        return f"{text}, {changed} of them changed" if changed else text

    @property
    def fitted(self) -> str:
        """Which knobs at their default follow the items; empty where none does."""
        lines = [one.line for one in self.scenario.fitted if one.line]
        return "".join(f" {line.capitalize()}." for line in lines)


def simulated(scenario: Scenario, simulate: Simulate, simplicity: pd.DataFrame) -> Shown:
    """Every design on the same items, priced on the scenario's terms."""
    terms, book = scenario.terms, scenario.book
    batch = Batch(scenario.items, scenario.seed, "explore")
    kept = Upkeep(batches_per_day=scenario.batches_per_day)
    folders: list[RunData] = []
    months: dict[str, float | None] = {}
    for design in scenario.designs:
        folder = simulate(design, batch, book, month=terms.month).run_data()
        folders.append(folder)
        months[design.name] = None
        if kept.holds(folder.run.detected_s or 0.0):
            month = terms.bill(monthly_usage(design, folder.usage, kept), book)
            months[design.name] = float(total_usd(month))
    rate = UpkeepRate(usd_per_hour=float(scenario.usd_per_hour))
    upkeep = {} if simplicity.empty else upkeep_usd(simplicity, rate)
    return Shown(scenario, tuple(folders), months, upkeep)


def verdict(shown: Shown) -> str:
    """Who wins, by how much, a batch and a month, and who is known first: two sentences of HTML."""
    runs = sorted((folder.run for folder in shown.folders), key=lambda run: run.cost_usd or 0.0)
    least = runs[0].cost_usd or 0.0
    best = [run for run in runs if (run.cost_usd or 0.0) <= least * (1 + CLOSE)]
    names = listed([_named(run.design) for run in best])
    per_day = float(shown.scenario.batches_per_day)
    if len(best) == 1:
        head = f"{names} is the cheapest"
    else:
        head = f"Cheapest: {names}, which{CLOSE_WORDS}"
    month = shown.month_usd[runs[0].design]
    head += f": {dollars(least)} a batch, "
    if month is None:
        head += f"which takes too long for {per_day:,g} of them a day."
    else:
        head += f"{dollars(month)} a month of {per_day:,g} batches a day."
    behind = [_behind(run, least, shown.month_usd, month) for run in runs[len(best) :]]
    sooner = sorted(runs, key=lambda run: run.detected_s or 0.0)
    late = min(runs, key=lambda run: run.detection_lag_s or 0.0)
    tail = (
        f"Done and known first: {_named(sooner[0].design)}, after "
        f"{duration(sooner[0].detected_s or 0.0)} ({sooner[-1].design} takes "
        f"{duration(sooner[-1].detected_s or 0.0)}). Known soonest after its last item: "
        f"{_named(late.design)}, {duration(late.detection_lag_s or 0.0)} later."
    )
    costs = f" {'; '.join(behind)}." if behind else ""
    return f"<p style='font-size:1.15em;margin:.3em 0'>{head}{costs}</p><p>{tail} Modelled.</p>"


def _behind(run: Run, least: float, month_usd: dict[str, float | None], month: float | None) -> str:
    """By how much a design costs more than the cheapest; a month only where both hold theirs."""
    more, own = (run.cost_usd or 0.0) - least, month_usd[run.design]
    times = f"{(run.cost_usd or 0.0) / least:.2f} times as much, " if least else ""
    text = f"{_named(run.design)} {times}+{dollars(more)} a batch"
    if own is None or month is None:
        return text
    sign = "+" if own >= month else "-"
    return f"{text}, {sign}{dollars(abs(own - month))} a month"


def _named(design: str) -> str:
    """A design's name in its colour."""
    colour = LIGHT.designs[list(DESIGNS).index(design)]
    return f"<b style='color:{colour}'>{escape(design)}</b>"


def numbers(shown: Shown, pinned: Shown | None = None) -> str:
    """The numbers, a column a design; beside a pinned scenario's by how much each differs."""
    rows = {
        name: [_cell(name, value, old, words) for value, old in zip(*both, strict=True)]
        for (name, words, *_), both in zip(
            FIGURES, zip(_values(shown), _values(pinned or shown), strict=True), strict=True
        )
    }
    names = [folder.run.design for folder in shown.folders]
    promise = promises(DESIGNS[one.run.design](**one.run.knobs) for one in shown.folders)
    return f"{html_table(pd.DataFrame(rows, index=names).T)}<p>{escape(promise)}</p>"


def _values(shown: Shown) -> list[list[float | None]]:
    """By figure the value of each design."""
    return [[value(shown, one.run) for one in shown.folders] for _, _, value in FIGURES]


def _cell(name: str, value: float | None, old: float | None, words: Callable[[float], str]) -> str:
    """A number, and by how much it differs from the pinned one."""
    if value is None:
        return "too long for so many a day" if name == A_MONTH else "not measured"
    return f"{words(value)}{change(value, old)}"


def change(value: float, old: float | None) -> str:
    """By how much a number differs from a pinned one; nothing where it does not."""
    if not old or abs(value / old - 1) < NO_CHANGE:
        return ""
    percent = 100 * (value / old - 1)
    is_whole = percent >= 10 or -99 < percent <= -10  # what is left of a price never reads as none
    return f" ({percent:+,.{0 if is_whole else 1}f} %)"


def _million(run: Run, usd: float | None) -> float:
    return (usd or 0.0) * 1e6 / run.items


def _whole(value: float) -> str:
    return f"{value:,.0f}"


FIGURES: tuple[tuple[str, Callable[[float], str], Callable[[Shown, Run], float | None]], ...] = (
    ("all items done after", duration, lambda _, run: run.processed_s or 0.0),
    ("known to be done after", duration, lambda _, run: run.detected_s or 0.0),
    ("so late", duration, lambda _, run: run.detection_lag_s or 0.0),
    ("dollars a batch", dollars, lambda _, run: run.cost_usd or 0.0),
    ("dollars per million items", dollars, lambda _, run: _million(run, run.cost_usd)),
    ("of it for coordination", dollars, lambda _, run: _million(run, run.coordination_usd)),
    ("of that for knowing", dollars, lambda _, run: _million(run, run.knowing_usd)),
    (A_MONTH, dollars, lambda shown, run: shown.month_usd[run.design]),
    ("and upkeep", dollars, lambda shown, run: shown.upkeep_usd.get(run.design)),
    ("processor invocations", _whole, lambda _, run: run.invocations),
    ("of them cold", _whole, lambda _, run: run.cold_starts),
    ("most at a time", _whole, lambda _, run: run.peak_concurrency),
)
