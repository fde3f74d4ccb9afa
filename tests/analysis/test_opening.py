"""The report opens with what the runs say: a number, and five findings."""

import re

import pytest

from analysis.charts import cost_against_items
from analysis.frames import Frames
from analysis.gallery import sentence
from analysis.measures import near_a_million
from analysis.needs import NothingToShow, same_knobs, usable
from analysis.opening import FINDINGS, findings, lead, opening
from analysis.words import dollars


def test_the_number_is_the_ratio_of_the_dearest_and_the_cheapest_coordination(frames):
    runs = near_a_million(same_knobs(usable(frames.runs, in_dollars=True))).runs
    costs = runs.groupby("design")["coordination_per_million_usd"].median().sort_values()
    found = lead(frames)
    assert found.number == f"{costs.iloc[-1] / costs.iloc[0]:.2g} times"
    assert f"costs {dollars(costs.iloc[-1])} with {costs.index[-1]}" in found.text
    assert f"and {dollars(costs.iloc[0])} with {costs.index[0]}" in found.text


def test_five_findings_are_what_verdicts_and_charts_say(frames):
    found = {chart: text for _, chart, text in findings(frames)}
    assert list(found) == list(FINDINGS.values())
    assert found["how_simple"] == sentence("how_simple", frames)
    default = cost_against_items.say(cost_against_items.select(frames))
    assert found["cost_against_items"] in default


def test_each_finding_leads_to_its_chart_and_one_that_cannot_be_says_why(folder, stored):
    alone = Frames(stored(folder("sqs", "model", 100)))
    with pytest.raises(NothingToShow, match="only runs of sqs"):
        lead(alone)
    html = opening(alone)._repr_html_()
    assert re.findall(r'href="#(\w+)"', html) == list(FINDINGS.values())
    assert "No number: only runs of sqs" in html
    assert "Not shown: no runs of two designs" in html
