"""The services of AWS in this process, on a virtual clock, with a synthesised stack deployed.

DynamoDB, SQS and SNS are the local target's own; S3, CloudWatch and Cost Explorer are moto's, and
loaded when they are needed. Only one cloud can be open in a process at a time: moto's state is the
process's.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from workbench.errors import NotDeployed
from workbench.targets.local.dynamodb.table import Table, Tables
from workbench.targets.local.lambda_.durable.calls import DurableApi
from workbench.targets.local.runtime.clients import OnCall, Request, ServiceClient
from workbench.targets.local.sns import Topics
from workbench.targets.local.sqs.service import Queues
from workbench.targets.local.world.stack import (
    ACCOUNT,
    KNOWN,
    REGION,
    Stack,
    physical_id,
)

SIGNED = Config(
    region_name=REGION,
    retries={"total_max_attempts": 1},  # retries take virtual time: `clients` makes them
    ignore_configured_endpoint_urls=True,
    user_agent="workbench",
)
UNSIGNED_CONFIG = SIGNED.merge(Config(signature_version=UNSIGNED))  # for speed: moto checks none


class MotoCloud:
    """Services in virtual time, no way out to a network; `on_call` sees each call to our own."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.tables, self.queues = Tables(), Queues(now_s)
        self.topics = Topics(self.queues)
        self.on_call: OnCall | None = None
        self.fill: dict[str, Callable[[Any], None]] = {}  # done before a service is asked
        self.durable = DurableApi()
        self._own = {"dynamodb": self.tables, "sqs": self.queues, "sns": self.topics}
        self._clients: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._has_moto = False
        self._open = ExitStack()
        self._open.enter_context(_no_aws_settings())

    def client(self, service: str) -> Any:
        """A boto3 client of a service: calls take no virtual time and are not metered."""
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        if service in self.fill:
            self.fill.pop(service)(self._clients[service])
        return self._clients[service]

    def _make_client(self, service: str) -> Any:
        if service not in self._own:
            self._start_moto()
        self._session = self._session or boto3.Session("local", "local", region_name=REGION)
        config = SIGNED if service == "s3" else UNSIGNED_CONFIG  # S3's access is checked
        made = self._session.client(service, config=config)
        if service not in self._own:
            return made
        return ServiceClient(made, service, self._own[service].call, self._note)

    def _start_moto(self) -> None:
        """Let moto answer every client that is made from now on."""
        if self._has_moto:
            return
        from moto import mock_aws
        from moto.core.models import botocore_stubber

        if botocore_stubber.enabled:
            raise NotDeployed("another local cloud is open in this process. Close it first.")
        self._open.enter_context(mock_aws(config={"core": {"mock_credentials": False}}))
        self._session = None  # one from before moto was loaded would go out to the network
        self._has_moto = True

    def deploy(self, assembly: Path, name: str) -> Stack:
        """Deploy a stack of a cloud assembly; its names are the same every time."""
        template = json.loads((assembly / f"{name}.template.json").read_text(encoding="utf-8"))
        kinds = {one: resource["Type"] for one, resource in template["Resources"].items()}
        for logical_id, kind in kinds.items():
            if kind not in KNOWN:
                raise NotDeployed(f"{logical_id}: the local target cannot make an {kind}")
        stack = Stack(template, {one: physical_id(name, one, kind) for one, kind in kinds.items()})
        self._make(stack)
        return stack

    def seed(self, seed: int) -> None:
        """Let moto draw the same ids in each run of a seed."""
        if self._has_moto:
            from moto.moto_api._internal import mock_random

            mock_random.seed(seed)

    def forget_metrics(self) -> None:
        """Take every metric out of CloudWatch, if it was loaded at all."""
        self.fill.clear()
        models = sys.modules.get("moto.cloudwatch.models")
        if models is not None:
            models.cloudwatch_backends[ACCOUNT][REGION].metric_data.clear()

    def close(self) -> None:
        """Forget everything, and give the process back as it was."""
        self._open.close()

    def _make(self, stack: Stack) -> None:
        """What a stack has that holds something, under the names that it has."""
        functions = stack.of_type("AWS::Lambda::Function")
        if any("DurableConfig" in one.properties for one in functions):
            self._own["lambda"] = self.durable
        for bucket in stack.of_type("AWS::S3::Bucket"):
            self.client("s3").create_bucket(Bucket=bucket.physical_id)
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
        if self.on_call is not None:
            self.on_call(service, operation, request, response, code)


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
