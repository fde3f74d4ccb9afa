"""Where the dollars go."""

import pytest

from workbench.designs import DESIGNS


@pytest.fixture
def figure(picture):
    return picture("cost_by_service")


def test_the_bars_of_the_total_are_as_long_as_the_bills(figure, frames):
    own = frames.runs[frames.runs["run_id"].isin(frames.bills["run_id"])]
    bills = own.groupby("design")["per_million_usd"].mean()
    for axes in figure.axes:
        assert axes.get_yticklabels()[0].get_text() == "total"
        longest = [bar.get_width() for bar in axes.patches[: len(DESIGNS)]]
        assert longest == pytest.approx([bills[design] for design in DESIGNS])


def test_services_and_purposes_are_rows(figure):
    services, purposes = ({t.get_text() for t in a.get_yticklabels()} for a in figure.axes)
    assert {"Lambda", "DynamoDB", "SQS", "Step Functions"} <= services
    assert {"work", "dispatch", "knowing"} <= purposes


def test_small_rows_are_one_and_a_design_without_a_row_has_no_bar(figure):
    [services, _] = figure.axes
    rows = [text.get_text() for text in services.get_yticklabels()]
    assert rows[-1] == "other"
    step = rows.index("Step Functions")
    assert [round(bar.get_y() + bar.get_height() / 2) for bar in services.patches].count(step) == 1
