"""Simplicity is counted, not judged."""

import pytest

from analysis.simplicity import MEASURES, handler_files, simplicity
from workbench.errors import BadInput

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
    with pytest.raises(BadInput, match="no handler of the template lies in"):
        simplicity({"sqs": template("somewhere.else.handler")}, lambdas)
