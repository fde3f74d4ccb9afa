"""What the report opens with: one number in one sentence, then five findings, all computed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis.frames import Frames
from analysis.gallery import sentence
from analysis.measures import near_a_million
from analysis.needs import (
    NothingToShow,
    no_runs,
    same_knobs,
    several_designs,
    usable,
    usual_length,
)
from analysis.pictures import Html
from analysis.verdicts import WHERE, by_size_in_words, compared_by_size, verdicts
from analysis.words import count, dollars

TUNED = "tuned"
REST = "<h2>Every chart in a sentence</h2>"  # above `analysis.pictures.answers`
END = "</ol><!-- findings -->"  # after which the report has its contents
FINDINGS = {  # what each is about, and the chart that shows it
    "Cost at default knobs": "cost_against_items",
    "Cost of tuned designs": "savings",
    "Known soonest": "completion_time",
    "What there is to own": "how_simple",
    "How far to trust the model": "agreement_with_published",
}


@dataclass(frozen=True)
class Lead:
    """The number, and the sentence that says what it is."""

    number: str
    text: str

    @property
    def plain(self) -> str:
        """Both as one line."""
        return f"{self.number} {self.text}"


def lead(frames: Frames) -> Lead:
    """How many times as much coordination costs with the dearest design as with the cheapest.

    Of batches nearest a million items, in the median; NothingToShow where two designs have none.
    """
    chosen = several_designs(near_a_million(same_knobs(usable(frames.runs, in_dollars=True))))
    column = "coordination_per_million_usd"
    costs = chosen.runs.groupby("design")[column].median().dropna().sort_values()
    if len(costs) < 2 or costs.iloc[0] <= 0:
        raise NothingToShow("no two designs have a price of their coordination.")
    low, high = costs.index[0], costs.index[-1]
    where = WHERE.get(chosen.targets[0], "")
    text = (
        f"as much: to coordinate a million items, which is to dispatch them and to know that all "
        f"are done, costs {dollars(costs[high])} with {high} and {dollars(costs[low])} with {low}, "
        f"the dearest and the cheapest of {len(costs)} designs ({where}, in batches of "
        f"{count(chosen.items)})."
    )
    return Lead(f"{costs[high] / costs[low]:.2g} times", text)


def findings(frames: Frames) -> Iterator[tuple[str, str, str]]:
    """What each is about, the chart that shows it, and the sentence; or why there is none."""
    for name, chart in FINDINGS.items():
        yield name, chart, _or_why(lambda chart=chart: _said(frames, chart))


def opening(frames: Frames) -> Html:
    """The top of the report."""
    if frames.runs.empty:
        return Html(f'<p class="refused">{escape(no_runs(frames.results))}</p>')
    items = "".join(
        f'<li><a href="#{chart}">{escape(name)}</a>: {escape(text)}</li>'
        for name, chart, text in findings(frames)
    )
    return Html(f'{_lead_or_why(frames)}<ol class="findings">{items}{END}{REST}')


def _lead_or_why(frames: Frames) -> str:
    try:
        found = lead(frames)
    except NothingToShow as reason:
        return f'<p class="refused">No number: {escape(str(reason))}</p>'
    return f'<p class="lead"><strong>{escape(found.number)}</strong> {escape(found.text)}</p>'


def _said(frames: Frames, chart: str) -> str:
    """The sentence of a finding: who is better at which size, or what the chart says."""
    words = ("cheaper", "cheapest")
    if chart == "cost_against_items":
        return compared_by_size(_default(frames), "batch_usd", *words)
    if chart == "completion_time":
        soonest = ("sooner known to be done", "soonest known to be done")
        return by_size_in_words(verdicts(_default(frames), "detected_s"), *soonest)
    if chart == "savings":
        own = usual_length(usable(frames.runs, in_dollars=True)).runs
        return compared_by_size(own[own["setting"] == TUNED], "batch_usd", *words)
    return sentence(chart, frames)


def _default(frames: Frames) -> pd.DataFrame:
    return same_knobs(usable(frames.runs, in_dollars=True)).runs


def _or_why(make: Callable[[], str]) -> str:
    try:
        return make()
    except NothingToShow as reason:
        return f"Not shown: {reason}"
