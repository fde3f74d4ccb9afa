"""What FOCUS 1.2 calls AWS's services and their resources.

Categories are the allowed values of ServiceCategory and ServiceSubcategory (FOCUS 1.2, column
definitions), one for each service by its main purpose. Accounts are placeholders: no bill of a
workbench says whose account it is.
"""

import json
from dataclasses import dataclass

from workbench.designs import Design
from workbench.designs.tags import stack_tags
from workbench.platform.services import (
    CLOUDWATCH,
    COST_EXPLORER,
    DATA_TRANSFER,
    DYNAMODB,
    EVENTBRIDGE,
    KMS,
    LAMBDA,
    S3,
    SNS,
    SQS,
    STEP_FUNCTIONS,
)
from workbench.runs.resources import TOPIC

ACCOUNT = "000000000000"  # no account that AWS gives out
ACCOUNT_ID = f"placeholder-{ACCOUNT}"
ACCOUNT_NAME = "placeholder: no account"


@dataclass(frozen=True)
class Focus:
    """A service's category and subcategory; its resources' type, and how their ARNs are made."""

    category: str
    subcategory: str
    resource_type: str = ""
    arn: str = ""


GOVERNANCE = "Management and Governance"
PLACE = "{region}:{account}"
SERVICES = {
    LAMBDA: Focus("Compute", "Serverless Compute", "Function", f"lambda:{PLACE}:function:{{name}}"),
    SQS: Focus("Integration", "Messaging", "Queue", f"sqs:{PLACE}:{{name}}"),
    DYNAMODB: Focus("Databases", "NoSQL Databases", "Table", f"dynamodb:{PLACE}:table/{{name}}"),
    STEP_FUNCTIONS: Focus(
        "Integration",
        "Other (Integration)",
        "State Machine",
        f"states:{PLACE}:stateMachine:{{name}}",
    ),
    S3: Focus("Storage", "Object Storage", "Bucket", "s3:::{lower}"),
    SNS: Focus("Integration", "Messaging", "Topic", f"sns:{PLACE}:{{name}}"),
    EVENTBRIDGE: Focus("Integration", "Messaging"),
    CLOUDWATCH: Focus(
        GOVERNANCE, "Observability", "Log Group", f"logs:{PLACE}:log-group:/aws/lambda/{{name}}"
    ),
    COST_EXPLORER: Focus(GOVERNANCE, "Cost Management"),
    KMS: Focus("Security", "Other (Security)"),
    DATA_TRANSFER: Focus("Networking", "Network Infrastructure"),
}
OTHER = Focus("Other", "Other (Other)")


def resource_of(
    design: type[Design], service: str, role: str, region: str
) -> dict[str, str | None]:
    """The resource columns of a role: named as the stack's template has it, in no real account.

    What no part of the design is keeps its own name.
    """
    found = SERVICES.get(service, OTHER)
    if not role or not found.arn:
        return dict.fromkeys(("ResourceId", "ResourceName", "ResourceType", "Tags"))
    name = _name(design, role)
    arn = found.arn.format(region=region, account=ACCOUNT, name=name, lower=name.lower())
    return {
        "ResourceId": f"arn:aws:{arn}",
        "ResourceName": role,
        "ResourceType": found.resource_type,
        "Tags": json.dumps(stack_tags(design.name)),
    }


def _name(design: type[Design], role: str) -> str:
    """The name of a role's part: the stack's, and its own in the template."""
    parts = design.parts
    single = [one for one in (parts.table, parts.machine, parts.bucket) if one]
    constructs = {one.role: one.construct for one in (*parts.functions, *parts.queues, *single)}
    constructs[TOPIC] = "Topic"
    return f"{design.stack}-{constructs[role]}" if role in constructs else role
