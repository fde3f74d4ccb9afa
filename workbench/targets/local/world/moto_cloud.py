"""The services of AWS in this process, on a virtual clock, with a synthesised stack deployed.

DynamoDB, SQS and SNS are the local target's own; the others are moto's. The template goes through
moto's CloudFormation unchanged, which gives every resource its name, with its assets in the bucket
that a bootstrap would have made. Only one cloud can be open in a process at a time: moto's state is
the process's.
"""

import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.moto_api._internal import mock_random

from workbench.errors import NotDeployed
from workbench.targets.local.dynamodb.table import Table, Tables
from workbench.targets.local.runtime.service_client import Noted, Request, ServiceClient
from workbench.targets.local.sns import Topics
from workbench.targets.local.sqs.service import Queues
from workbench.targets.local.world.patches import swapped
from workbench.targets.local.world.stack import ACCOUNT, REGION, Stack, read_template

BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "21"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold: the same bytes every time
# What moto's CloudFormation leaves out with a warning: it is read from the template, or not needed.
LEFT_OUT = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)
SIGNED = Config(
    region_name=REGION,
    retries={"total_max_attempts": 1},  # retries take virtual time: `clients` makes them
    ignore_configured_endpoint_urls=True,
    user_agent="workbench",
)
UNSIGNED_CONFIG = SIGNED.merge(Config(signature_version=UNSIGNED))  # for speed: moto checks none


class Cloud:
    """Services in virtual time, no way out to a network; `noted` is told of calls to our own."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        if botocore_stubber.enabled:
            raise NotDeployed("another local cloud is open in this process. Close it first.")
        self.tables, self.queues = Tables(), Queues(now_s)
        self.topics = Topics(self.queues)
        self.noted: Noted | None = None
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        with ExitStack() as opening:
            opening.enter_context(_no_aws_settings())
            opening.enter_context(_quiet())
            opening.enter_context(mock_aws())
            _load_cloudformation()
            self._open = opening.pop_all()

    def client(self, service: str) -> Any:
        """A boto3 client of a service: calls take no virtual time and are not metered."""
        if self._session is None:
            self._session = boto3.Session("local", "local", region_name=REGION)
        if service not in self._clients:
            config = SIGNED if service == "s3" else UNSIGNED_CONFIG  # S3's access is checked
            made = self._session.client(service, config=config)
            own = {"dynamodb": self.tables, "sqs": self.queues, "sns": self.topics}
            if service in own:
                made = ServiceClient(made, service, own[service].call, self._note)
            self._clients[service] = made
        return self._clients[service]

    def deploy(self, assembly: Path, name: str) -> Stack:
        """Deploy a stack of a cloud assembly; its names are the same every time."""
        mock_random.seed(name)
        self._upload_assets(json.loads((assembly / f"{name}.assets.json").read_text()), assembly)
        self.client("ssm").put_parameter(
            Name=BOOTSTRAP, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
        )
        body = (assembly / f"{name}.template.json").read_text()
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
        )
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        physical_ids = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }
        template = read_template(body)
        for logical_id, resource in template["Resources"].items():
            if logical_id not in physical_ids and resource["Type"] not in LEFT_OUT:
                raise NotDeployed(f"{logical_id}: moto cannot make an {resource['Type']}")
        stack = Stack(template, physical_ids)
        self._make_own(stack)
        return stack

    def close(self) -> None:
        """Forget everything, and give the process back as it was."""
        self._open.close()

    def _upload_assets(self, manifest: dict[str, Any], assembly: Path) -> None:
        """Put the manifest's files where the template looks for them."""
        s3 = self.client("s3")
        for file in manifest["files"].values():
            for place in file["destinations"].values():
                bucket = place["bucketName"].replace("${AWS::AccountId}", ACCOUNT)
                bucket = bucket.replace("${AWS::Region}", REGION)
                source = assembly / file["source"]["path"]
                zipped = file["source"]["packaging"] == "zip"
                body = zip_folder(source) if zipped else source.read_bytes()
                s3.create_bucket(Bucket=bucket)
                s3.put_object(Bucket=bucket, Key=place["objectKey"], Body=body)

    def _make_own(self, stack: Stack) -> None:
        """The tables, queues and topics of a stack, under the names that it has."""
        for table in stack.of_type("AWS::DynamoDB::Table"):
            keys = {one["KeyType"]: one["AttributeName"] for one in table.properties["KeySchema"]}
            self.tables.add(Table(table.physical_id, keys["HASH"], keys["RANGE"]))
        for queue in stack.of_type("AWS::SQS::Queue"):
            self.queues.add(queue.physical_id.rsplit("/", 1)[-1], queue.properties)
        for topic in stack.of_type("AWS::SNS::Topic"):
            self.topics.add(topic.physical_id)
        for subscription in stack.of_type("AWS::SNS::Subscription"):
            wanted = subscription.properties
            if wanted["Protocol"] == "sqs":
                self.topics.subscribe(wanted["TopicArn"], wanted["Endpoint"])

    def _note(
        self, service: str, operation: str, request: Request, response: Any, code: str
    ) -> None:
        if self.noted is not None:
            self.noted(service, operation, request, response, code)


def _load_cloudformation() -> None:
    """Import moto's CloudFormation without a package that compiles grammars for two seconds.

    It is only for checking the spelling of international addresses, and optional to who asks.
    """
    module = "rfc3987_syntax"
    hidden = module not in sys.modules
    if hidden:
        sys.modules[module] = None  # an import of it fails
    try:
        import_module("moto.cloudformation.parsing")
    finally:
        if hidden:
            del sys.modules[module]


@contextmanager
def _quiet() -> Iterator[None]:
    """moto warns of what it leaves out of a template, again and again; `deploy` checks by name."""
    with warnings.catch_warnings(), swapped(logging.getLogger("moto"), "disabled", True):
        warnings.filterwarnings("ignore", "Tried to parse")
        yield


def zip_folder(folder: Path) -> bytes:
    """A folder as a zip, the same bytes every time."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = ZipInfo(str(path.relative_to(folder)), ZIP_DATE)
                archive.writestr(info, path.read_bytes(), ZIP_DEFLATED)
    return buffer.getvalue()


def _no_aws_settings() -> ExitStack:
    """A context in which no AWS setting of the user's is seen: no profile, file or endpoint."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

    def restore() -> None:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(kept)

    context = ExitStack()
    context.callback(restore)
    for name in kept:
        del os.environ[name]
    os.environ.update(nowhere)
    return context
