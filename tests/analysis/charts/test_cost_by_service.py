"""Where the dollars go."""

import pytest


@pytest.fixture
def figure(picture):
    return picture("cost_by_service")


def test_each_stack_is_as_high_as_its_bill(figure, frames):
    own = frames.runs[frames.runs["run_id"].isin(frames.bills["run_id"])]
    bills = own.groupby("design")["per_million_usd"].mean()
    for axes in figure.axes:
        tops = {}
        for bar in axes.patches:
            place = round(bar.get_x() + bar.get_width() / 2)
            tops[place] = max(tops.get(place, 0), bar.get_y() + bar.get_height())
        assert tops == {0: pytest.approx(bills["sqs"]), 1: pytest.approx(bills["sfn"])}


def test_services_and_purposes_are_named_beside_their_part(figure):
    services, purposes = ({t.get_text().split(" $")[0] for t in a.texts} for a in figure.axes)
    assert {"Lambda", "DynamoDB", "SQS", "Step Functions"} <= services
    assert {"work", "dispatch", "knowing"} <= purposes
