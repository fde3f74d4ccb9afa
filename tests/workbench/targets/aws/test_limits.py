"""A run is refused that the account has no places for, with what to set."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.proxy import Answered, Rule
from tests.workbench.targets.aws.conftest import direct
from workbench.designs import make_design
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.stacks.aws_clients import Aws
from workbench.stacks.ledger import Ledger
from workbench.targets.aws.limits import is_short, places, refuse_short


def of_account(left):
    """A new account's answer, of which this is left."""
    limits = {"ConcurrentExecutions": left, "UnreservedConcurrentExecutions": left}
    return Rule("lambda.GetAccountSettings", Answered({"AccountLimit": limits}))


def test_a_new_account_starts_nothing_that_it_has_no_places_for(sfn, proxy, monkeypatch):
    proxy.rules = [of_account(10)]
    monkeypatch.setattr("workbench.targets.aws.target.places", places)
    with pytest.raises(BadInput) as caught:
        sfn.target().run(sfn.design, Batch(5_000, 7, "b-1"), print)
    assert str(caught.value) == (
        "sfn may run 904 functions at a time, and the account has 10 left that nothing else uses: "
        "set max_concurrency to 6 or less, or ask for more: Service Quotas, AWS Lambda, Concurrent "
        "executions."
    )
    assert Ledger(sfn.results).entries() == []
    assert "states.StartExecution" not in proxy.made


@pytest.mark.parametrize("design", ["sqs", "sfn", "counters"])
def test_what_is_advised_is_taken(moto, design):
    few = {"max_concurrency": 6 if design == "sfn" else 2}
    if design != "sfn":
        with pytest.raises(BadInput, match="set max_concurrency and batcher_concurrency to 2"):
            refuse_short(make_design(design), 10)
        few["batcher_concurrency"] = 2
    refuse_short(make_design(design, settings=few), 10)


def test_an_event_source_without_a_limit_slows_down_by_itself():
    assert not is_short(make_design("sqs", settings={"max_concurrency": None}), 100)
    assert is_short(make_design("sfn", settings={"max_concurrency": None}), 1_000)


@pytest.mark.parametrize(("minutes", "left"), [(14, 17 - 5), (6, 17)])
def test_the_places_that_are_left_are_those_that_nothing_else_uses(proxy, minutes, left):
    """At its quietest minute: what a batch has used that has just ended is free again."""
    proxy.rules = [of_account(17)]
    data = [
        {
            "MetricName": "UnreservedConcurrentExecutions",
            "Value": 5 + minute % 3,
            "Timestamp": datetime.now(UTC) - timedelta(minutes=minute),
        }
        for minute in range(minutes)
    ]
    direct("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=data)
    assert places(Aws()) == left
