"""A deployed stack: the template's resources, named as CloudFormation would name them.

What a resource should be is read from here, its references filled in.
"""

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}

FIRST_VERSION = "1"  # of a function, in a stack that is deployed once

# What a template may hold: types that need nothing but a name here, or nothing at all.
KNOWN = frozenset(
    "AWS::CloudWatch::Alarm AWS::DynamoDB::Table AWS::Events::Rule AWS::IAM::Policy "
    "AWS::IAM::Role AWS::Lambda::Alias AWS::Lambda::EventInvokeConfig "
    "AWS::Lambda::EventSourceMapping AWS::Lambda::Function AWS::Lambda::Permission "
    "AWS::Lambda::Version AWS::Logs::LogGroup AWS::S3::Bucket AWS::S3::BucketPolicy "
    "AWS::SNS::Subscription AWS::SNS::Topic AWS::SNS::TopicPolicy AWS::SQS::Queue "
    "AWS::SQS::QueuePolicy AWS::StepFunctions::StateMachine".split()
)


@dataclass(frozen=True)
class Resource:
    """One resource: its logical id, type, physical id, and properties with references filled in."""

    logical_id: str
    type: str
    physical_id: str
    properties: dict[str, Any]


class Stack:
    """The resources and outputs of one deployed stack."""

    def __init__(self, template: dict[str, Any], physical_ids: dict[str, str]) -> None:
        self.template = template
        self.physical_ids = physical_ids
        self.outputs: dict[str, str] = {
            name: self.resolve(output["Value"])
            for name, output in template.get("Outputs", {}).items()
        }

    def of_type(self, kind: str) -> list[Resource]:
        """Every resource of a type, such as `AWS::SQS::Queue`, in the template's order."""
        return [
            Resource(
                logical_id=logical_id,
                type=kind,
                physical_id=self.physical_ids.get(logical_id, ""),
                properties=self.resolve(resource.get("Properties", {})),
            )
            for logical_id, resource in self.template["Resources"].items()
            if resource["Type"] == kind
        ]

    def resolve(self, value: Any) -> Any:
        """A template's value with Ref, Fn::GetAtt, Fn::Join and Fn::Sub filled in."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, content = next(iter(value.items()))
            if name == "Ref":
                return self._ref(content)
            if name == "Fn::GetAtt":
                return self._attribute(*content)
            if name == "Fn::Join":
                return content[0].join(map(str, self.resolve(content[1])))
            if name == "Fn::Sub":
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._ref(found[1]), content)
            assert not name.startswith("Fn::"), f"the template uses {name}, which is not read here"
        return {name: self.resolve(one) for name, one in value.items()}

    def _ref(self, logical_id: str) -> str:
        """What Ref gives: a pseudo parameter or a physical id."""
        if logical_id in PSEUDO:
            return PSEUDO[logical_id]
        if qualifier := self._qualifier(logical_id):
            return qualifier
        return self.physical_ids.get(logical_id, logical_id)

    def _qualifier(self, logical_id: str) -> str:
        """The ARN of a version or an alias, its function's and a word; else nothing."""
        resource = self.template["Resources"].get(logical_id, {})
        words = {"AWS::Lambda::Version": FIRST_VERSION, "AWS::Lambda::Alias": "Name"}
        word = words.get(resource.get("Type", ""))
        if word is None:
            return ""
        wanted = self.resolve(resource["Properties"])
        return arn("lambda", f"function:{wanted['FunctionName']}:{wanted.get(word, word)}")

    def _attribute(self, logical_id: str, attribute: str) -> str:
        """What Fn::GetAtt gives; only ARNs are asked for where this is read."""
        kind = self.template["Resources"][logical_id]["Type"]
        physical_id = self._ref(logical_id)
        if kind == "AWS::Lambda::Version" and attribute == "Version":
            return FIRST_VERSION
        if attribute != "Arn":
            return f"{physical_id}.{attribute}"
        name = physical_id.rsplit("/", 1)[-1]
        known = {
            "AWS::SQS::Queue": arn("sqs", name),
            "AWS::Lambda::Function": arn("lambda", f"function:{name}"),
            "AWS::DynamoDB::Table": arn("dynamodb", f"table/{name}"),
            "AWS::Events::Rule": arn("events", f"rule/{name}"),
            "AWS::Logs::LogGroup": arn("logs", f"log-group:{name}:*"),
            "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
            "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        }
        return known.get(kind, physical_id)


def arn(service: str, resource: str) -> str:
    """The ARN of a resource in the one account and region there is."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def function_name(named: str) -> str:
    """The bare name of a function that is meant by its name or by an ARN, qualified or not."""
    return named.split(":")[6] if named.startswith("arn:") else named


def physical_id(stack: str, logical_id: str, kind: str) -> str:
    """What Ref gives of a resource: its name with 12 random-looking characters, or what holds it.

    The same every time: runs must not differ by the names that their queues were given.
    """
    digest = blake2b(f"{stack}/{logical_id}".encode(), digest_size=10).digest()
    name = f"{stack}-{logical_id}-{b32encode(digest).decode()[:12]}"
    if kind == "AWS::SQS::Queue":
        return queue_url(name)
    if kind == "AWS::SNS::Topic":
        return arn("sns", name)
    if kind == "AWS::StepFunctions::StateMachine":
        return arn("states", f"stateMachine:{name}")
    return name.lower()[:63] if kind == "AWS::S3::Bucket" else name


def queue_url(name: str) -> str:
    """A queue's URL."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
