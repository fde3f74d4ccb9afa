"""A run is shown verdict first, in plain numbers; what its target lacks is said."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from analysis import one_run
from workbench.pull.collect import Collected
from workbench.pull.store import Pull
from workbench.runs.predictions import COLUMNS


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html.text).split())


@pytest.fixture
def run(folder):
    made = folder("sqs", "local", 1_000)
    return replace(made, run=replace(made.run, coordination_usd=0.001))


def test_the_verdict_comes_first_and_the_figures_are_in_words(run):
    told = words(one_run.verdict(run))
    assert told.startswith(
        "sqs on local, simulated: 1,000 of 1,000 items processed, the last after"
    )
    assert "(knowing alone $" in told
    assert re.search(r"all items done after [\d.]+ \w+ known to be done after [\d.]+ \w+", told)
    assert f"processor invocations {run.run.invocations}" in told


def test_a_time_that_nobody_knows_is_left_out(run):
    lost = replace(run.run, detected_s=None)
    assert "known to be done" not in words(one_run.verdict(replace(run, run=lost)))


def test_the_bill_is_a_chart_with_its_dollars_and_a_table_without_decimals_or_exponents(run):
    chart = one_run.bill_chart(run).text
    assert chart.count("data:image/svg+xml;base64,") == 2
    told = words(one_run.bill_lines(run))
    assert "Decimal" not in told
    assert re.search(r"\de[+-]\d", told) is None
    line = "WriteRequestUnits Amazon DynamoDB knowing 2,020 WriteRequestUnits $0.0013"
    assert line in told


def test_a_run_without_a_bill_or_a_timeline_says_so(run):
    bare = replace(run, bill=None, timeline=run.timeline[:0])
    assert words(one_run.bill_chart(bare)) == words(one_run.bill_lines(bare))
    assert words(one_run.bill_lines(bare)) == "This run has no bill."
    assert words(one_run.concurrency(bare)) == "A run on local keeps no concurrency over time."


def test_done_and_known_are_marked_in_the_designs_colour(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(one_run, "_picture", lambda draw, *_: drawn.append(draw))
    one_run.concurrency(run)
    with one_run.theme.use(one_run.theme.LIGHT):
        axes = one_run.theme.blank().subplots()
        drawn[0](axes)
    marks = {line.get_label().split(",")[0]: line for line in axes.get_lines()[1:]}
    assert {name: line.get_xdata()[0] for name, line in marks.items()} == {
        "done": run.run.processed_s,
        "known": run.run.detected_s,
    }
    assert {line.get_color() for line in axes.get_lines()} == {"C0"}


def test_a_prediction_stands_beside_what_came_and_the_model_has_none(run):
    key = ("sqs", "local", 1_000, "")
    rows = [
        (run.run.run_id, *key, "AWS Lambda Request (work)", "$", *[1e-9] * 4, 0.0),
        (run.run.run_id, *key, "detected_s", "s", 90.0, 60.0, 120.0, 99.0, 10.0),
        ("another", *key, "detected_s", "s", *[1.0] * 4, 0.0),
    ]
    told = words(one_run.predictions(run, pd.DataFrame(rows, columns=COLUMNS)))
    assert "known to be done after 1.5 min 1 min to 2 min 1.6 min +10.0 %" in told
    tiny = "under $0.0000001"
    assert told.endswith(f"AWS Lambda Request (work) {tiny} {tiny} to {tiny} {tiny} +0.0 %")
    none = one_run.predictions(run, pd.DataFrame(columns=COLUMNS))
    assert words(none) == "A run of the model is a prediction: it has none of its own."


def test_evidence_is_shown_by_kind_and_what_was_not_pulled_says_why(run):
    frame = pd.DataFrame({"metric": ["Invocations"] * 20, "value": [100.0] * 20, "t": [None] * 20})
    pull = Pull("r", "cloudwatch", "20261123T060000Z", frame, {})
    told = words(one_run.evidence(run, Collected([pull], ["costs: not there yet"])))
    assert told.startswith("cloudwatch, the first 12 of 20 rows")
    assert "Invocations 100 " in told
    assert told.endswith("Not pulled: costs: not there yet.")
    assert words(one_run.evidence(run, Collected([], []))) == (
        "The local target has no cloud that could be asked."
    )
