"""The table of a design's batch state."""

from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb


def state_table(stack: Stack, **more: Any) -> dynamodb.Table:
    """On demand, and gone with its stack.

    `Table` and not `TableV2`: local CloudFormation knows no other.
    """
    return dynamodb.Table(
        stack,
        "BatchState",
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
        **more,
    )
