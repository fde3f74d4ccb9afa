"""Simplicity is counted, not judged."""

import pytest

from analysis.measures import run_tables, runs_with_knobs
from analysis.needs import NothingToShow
from analysis.simplicity import (
    MEASURES,
    UpkeepRate,
    handler_files,
    ownership,
    simplicity,
    upkeep_usd,
)
from workbench.errors import BadInput
from workbench.prices import load_book

HANDLER = '''"""A handler."""

import json

from lambdas.shared import half


def handler(event, context):
    """Answers."""
    # a comment
    if event and "n" in event or context:
        return half(
            event["n"],
        )
    return [n for n in event if n]
'''
SHARED = '''"""Shared."""


def half(n):
    return n / 2 if n else 0
'''


@pytest.fixture
def lambdas(tmp_path):
    folder = tmp_path / "lambdas"
    (folder / "one").mkdir(parents=True)
    (folder / "one" / "work.py").write_text(HANDLER)
    (folder / "shared.py").write_text(SHARED)
    (folder / "unused.py").write_text("x = 1\n")
    return folder


def template(handler="lambdas.one.work.handler"):
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    role = {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    policy = {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement, statement]}}
    return {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": handler}},
            "R": {"Type": "AWS::IAM::Role", "Properties": role},
            "P": {"Type": "AWS::IAM::Policy", "Properties": policy},
            "Q": {"Type": "AWS::SQS::Queue"},
            "M": {"Type": "AWS::CDK::Metadata"},
        }
    }


def test_a_template_and_its_sources_are_counted(lambdas):
    found = simplicity({"sqs": template()}, lambdas)
    assert dict(zip(found["measure"], found["value"], strict=True)) == {
        "resources": 4,
        "services": 3,  # Lambda, IAM, SQS
        "IAM statements": 3,
        # import, import, def, if, return, its argument, its end, return; def, return
        "handler lines": 10,
        # if, and, or, the comprehension's if; the conditional expression
        "handler branches": 5,
    }
    assert list(found["measure"]) == list(MEASURES)


def test_only_what_the_handlers_import_counts(lambdas):
    files = handler_files(template(), lambdas)
    assert [path.name for path in files] == ["work.py", "shared.py"]


def test_a_template_of_other_handlers_is_refused(lambdas):
    with pytest.raises(BadInput, match="no handler of the template is in"):
        simplicity({"sqs": template("somewhere.else.handler")}, lambdas)


def test_a_month_is_its_batches_and_the_waiting_between(folder, stored):
    results = stored(folder("sqs", "model", 1_000), folder("sfn", "model", 1_000))
    runs = runs_with_knobs(results)
    found = ownership(runs, run_tables(results, "bill"), load_book()).set_index("design")
    batches = 4 * 365 / 12
    logs_usd = 14 / 1_000_000 * 4 * 0.03 * found["invocations"]  # kept two weeks
    polls = {"sqs": 14, "sfn": 0}  # capped sources keep five pollers, the two others two each
    for design, row in found.iterrows():
        polls_usd = polls[design] * 3 * 60 * 24 * 365 / 12 * 0.4 / 1_000_000
        by_hand = row["cost_usd"] * batches + 0.10 + polls_usd + logs_usd[design] / 1_000
        assert row["month_usd"] == pytest.approx(by_hand, rel=0.01)


def test_upkeep_is_minutes_for_resources_and_for_lines(frames):
    rate = UpkeepRate(usd_per_hour=60.0, minutes_per_resource=2.0, minutes_per_100_lines=50.0)
    assert upkeep_usd(frames.table("simplicity"), rate) == {
        "sqs": pytest.approx(34 * 2 + 1_114 / 2),
        "sfn": pytest.approx(27 * 2 + 321 / 2),
        "counters": pytest.approx(33 * 2 + 520 / 2),
        "durable": pytest.approx(18 * 2 + 300 / 2),
    }


def test_upkeep_without_simplicity_is_refused(frames):
    with pytest.raises(NothingToShow, match="no table of simplicity"):
        upkeep_usd(frames.table("simplicity").iloc[:0], UpkeepRate())
