"""docs/aws.md names every right that the workbench needs on AWS."""

import ast
import re
from pathlib import Path

import boto3
import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    *sorted((ROOT / "workbench/targets/aws").rglob("*.py")),
    *sorted((ROOT / "workbench/pull").glob("*.py")),
    *sorted((ROOT / "workbench/stacks").glob("*.py")),
]
PREFIXES = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
SERVICES = (
    "cloudformation lambda sqs dynamodb stepfunctions events logs cloudwatch sns s3 "
    "resourcegroupstaggingapi iam ssm sts ce"
).split()
OTHERWISE = {  # rights whose names are not those of the calls
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "s3:DeleteObjects": "s3:DeleteObject",
}
KNOBS = {"put_metric_data"}  # values that look like a call
WAITED_FOR = {"lambda:GetFunction"}  # by function_updated_v2


def names_in(path):
    """Every attribute, and every text, in a source: calls go by one or the other."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.fixture(scope="module")
def called():
    names = {name for path in SOURCES for name in names_in(path)}
    found = set()
    for service in SERVICES:
        client = boto3.client(
            service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        for method, operation in client.meta.method_to_api_mapping.items():
            if method in names - KNOBS:
                right = f"{PREFIXES.get(service, service)}:{operation}"
                found.add(OTHERWISE.get(right, right))
    return found | WAITED_FOR


def documented():
    text = (ROOT / "docs/aws.md").read_text().split("## What may be called")[1]
    text = text.split("\n\n")[1]
    for service, actions in re.findall(r"`(\w+)`: ((?:[A-Z]\w+\s*)+)", text):
        yield from (f"{service}:{action}" for action in actions.split())


def test_every_right_is_named(called):
    assert called - set(documented()) == set()


def test_no_right_is_named_for_nothing(called):
    with_versions = {"s3:DeleteObjectVersion"}  # DeleteObjects of a version
    assert set(documented()) - called - with_versions == set()
