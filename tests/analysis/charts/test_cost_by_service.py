"""Where the dollars go."""

import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from analysis.charts.cost_by_service import paid_to, purposes
from analysis.gallery import named
from analysis.needs import Chosen
from analysis.theme import LIGHT
from workbench.designs import DESIGNS


@pytest.fixture
def chosen(frames):
    return named("cost_by_service").select(frames)


def test_the_purposes_of_a_bar_are_as_long_together_as_the_bill(picture, frames, chosen):
    own = frames.runs[frames.runs["run_id"].isin(frames.bills["run_id"])]
    bills = own.groupby("design")["per_million_usd"].mean()
    assert dict(purposes(chosen).sum(axis=1)) == pytest.approx(dict(bills))
    bars = picture("cost_by_service").axes[0].patches
    ends = [bar.get_x() + bar.get_width() for bar in bars[-len(DESIGNS) :]]
    assert ends == pytest.approx([bills[design] for design in DESIGNS])


def test_coordination_has_one_colour_in_both_panels(picture, chosen):
    whole, parts = picture("cost_by_service").axes
    usd = purposes(chosen)["coordination"]
    colours = {bar.get_facecolor()[:3] for bar in parts.patches}
    assert colours == {to_rgb(LIGHT.accent)}
    widths = [bar.get_width() for bar in whole.patches if bar.get_facecolor()[:3] in colours]
    assert widths == pytest.approx(list(usd))


def test_the_rows_below_are_nearly_all_of_the_coordination(chosen):
    shown = paid_to(chosen).groupby("design")["usd"].sum()
    whole = purposes(chosen)["coordination"]
    assert all(0.8 * whole[design] <= shown[design] <= whole[design] for design in DESIGNS)


def test_the_title_names_the_largest_share_and_the_least():
    lines = pd.DataFrame(
        [
            ("sqs", "a", "work", 0.4),
            ("sqs", "a", "knowing", 0.6),
            ("sfn", "b", "work", 0.9),
            ("sfn", "b", "dispatch", 0.1),
        ],
        columns=["design", "run_id", "label", "cost_usd"],
    ).assign(items=1_000_000)
    runs = pd.DataFrame({"design": ["sqs", "sfn"], "run_id": ["a", "b"]})
    assert named("cost_by_service").find(Chosen(runs, table=lines)) == (
        "Coordination takes 60 % of the bill with sqs, 10 % with sfn"
    )
