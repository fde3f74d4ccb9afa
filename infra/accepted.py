"""Findings of cdk-nag that are accepted: each by itself, on one construct, with its reason.

A test fails on a finding that is not accepted, and on an acceptance that answers no finding.
"""

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct

PACK = "AwsSolutions"


def accept(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding of the pack, `SQS3` for example, on one construct."""
    rule = Acknowledgment(id=f"{PACK}::{PACK}-{finding}", reason=reason)
    Validations.of(construct).acknowledge(rule)


def wildcard(owner: IConstruct, attribute: str, rest: str, before: str = "") -> str:
    """The finding of a policy on `before`, the owner's attribute and `rest`, where the star is."""
    element = owner.node.default_child
    assert isinstance(element, CfnElement)
    name = Stack.of(owner).get_logical_id(element)
    return f"IAM5[Resource::{before}<{name}.{attribute}>{rest}]"
