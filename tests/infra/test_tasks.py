"""The Tasks of the machine: how often a child is tried, and what the map reads."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from hypothesis import given
from hypothesis import strategies as st

from infra.tasks import PrefixReader
from workbench.designs import EXPRESS_MAX_S, Sfn
from workbench.designs.sfn import THROTTLE_WAIT_MAX_S
from workbench.errors import BadKnob


@st.composite
def designs(draw):
    """Designs of `sfn` that work."""
    while True:
        try:
            return Sfn(
                items_per_child=draw(st.integers(1, 500)),
                item_concurrency=draw(st.integers(1, 50)),
                value_max=draw(st.integers(0, 5_000)),
                child_tries=draw(st.integers(1, 5)),
                child_type=draw(st.sampled_from(["EXPRESS", "STANDARD"])),
            )
        except BadKnob:
            continue


@given(designs())
def test_an_express_child_ends_in_its_time_with_every_try_and_wait_at_its_longest(design):
    waits_s = sum(min(2**n, THROTTLE_WAIT_MAX_S) for n in range(design.throttle_tries))
    assert design.processor_timeout_s < design.task_timeout_s
    if design.child_type == "EXPRESS":
        assert design.child_limit_s + waits_s < EXPRESS_MAX_S


def test_a_standard_child_waits_for_hours_within_its_events():
    """An execution ends at 25,000 events; a try that is throttled is four at most."""
    tries = Sfn(child_type="STANDARD").throttle_tries
    assert tries * THROTTLE_WAIT_MAX_S / 2 > 12 * 3_600
    assert 4 * (tries + 5) < 25_000


def test_a_child_with_no_time_to_spare_is_not_tried_again_when_throttled():
    design = Sfn(child_tries=1, value_max=2_835)
    assert (design.child_limit_s, design.throttle_tries) == (299, 0)


@pytest.fixture
def reader():
    bucket = s3.Bucket.from_bucket_name(cdk.Stack(), "Bucket", "somewhere")
    return PrefixReader(bucket, "$.prefix", "batches/*")


def test_it_needs_the_list_of_the_bucket_and_the_objects_that_it_may_read(reader):
    stack = cdk.Stack.of(reader.bucket)
    arn = ["arn:", {"Ref": "AWS::Partition"}, ":s3:::somewhere"]
    below = [*arn[:2], ":s3:::somewhere/batches/*"]
    needed = [stack.resolve(one.to_statement_json()) for one in reader.provide_policy_statements()]
    assert needed == [
        {"Action": "s3:ListBucket", "Effect": "Allow", "Resource": {"Fn::Join": ["", arn]}},
        {"Action": "s3:GetObject", "Effect": "Allow", "Resource": {"Fn::Join": ["", below]}},
    ]


def test_it_is_written_in_jsonpath_only(reader):
    with pytest.raises(ValueError, match="JSONPath only"):
        reader.render(sfn.QueryLanguage.JSONATA)
