"""The item reader over a prefix: what it may read, and in which language."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn

from infra.prefix_reader import PrefixReader


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
