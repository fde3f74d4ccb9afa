"""Names of FOCUS for what a stack is made of."""

import pytest

from workbench.bill.focus_services import SERVICES, resource_of
from workbench.designs import DESIGNS
from workbench.platform.services import (
    CLOUDWATCH,
    DYNAMODB,
    EVENTBRIDGE,
    LAMBDA,
    S3,
    SNS,
    STEP_FUNCTIONS,
)
from workbench.prices import load_book

PLACE = "us-east-1:000000000000"


@pytest.mark.parametrize(
    ("design", "service", "role", "arn"),
    [
        ("sqs", DYNAMODB, "table", f"dynamodb:{PLACE}:table/SqsBatchProcessing-BatchState"),
        ("sqs", LAMBDA, "failures", f"lambda:{PLACE}:function:SqsBatchProcessing-Failures"),
        ("counters", SNS, "topic", f"sns:{PLACE}:CounterBatchProcessing-Topic"),
        ("sfn", S3, "bucket", "s3:::sfnbatchprocessing-bucket"),
        (
            "sfn",
            STEP_FUNCTIONS,
            "machine",
            f"states:{PLACE}:stateMachine:SfnBatchProcessing-Machine",
        ),
        (
            "sfn",
            CLOUDWATCH,
            "summary",
            f"logs:{PLACE}:log-group:/aws/lambda/SfnBatchProcessing-Summary",
        ),
        ("sqs", DYNAMODB, "my-own", f"dynamodb:{PLACE}:table/my-own"),
    ],
)
def test_a_resource_has_an_arn_in_no_real_account(design, service, role, arn):
    assert (
        resource_of(DESIGNS[design], service, role, "us-east-1")["ResourceId"] == f"arn:aws:{arn}"
    )


def test_what_has_no_resource_has_no_type_and_no_tags_either():
    columns = ("ResourceId", "ResourceName", "ResourceType", "Tags")
    for service, role in ((CLOUDWATCH, ""), (EVENTBRIDGE, "rule")):
        assert resource_of(DESIGNS["sqs"], service, role, "eu-west-1") == dict.fromkeys(columns)


def test_every_service_of_a_stack_has_a_category_and_a_price():
    priced = {price.service for price in load_book().prices}
    assert SERVICES.keys() <= priced
