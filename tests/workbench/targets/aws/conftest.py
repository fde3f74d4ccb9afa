"""A deployed stack in moto: real resources, a CloudFormation stack that only names them."""

import io
import json
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import create_loader
from moto import mock_aws
from moto.awslambda.models import LambdaFunction
from moto.stepfunctions.models import stepfunctions_backends

from tests.e2e.proxy import Proxy, to_moto
from workbench.designs import make_design
from workbench.stacks.aws_clients import Aws
from workbench.stacks.deployed import find_stack
from workbench.stacks.ledger import Ledger
from workbench.targets.aws import AwsOptions, AwsTarget
from workbench.targets.aws.session import StackSession
from workbench.targets.aws.settings import settings_of
from workbench.targets.aws.timeouts import Clock, Timeouts

REGION = "us-east-1"
ACCOUNT = "123456789012"
TIMEOUTS = Timeouts(
    settings_s=5,
    visibility_s=0,
    machine_s=0,
    look_s=0,
    look_max_s=0,
    notification_s=0,
    late_s=0,
    metrics_s=0,
    settle_s=0,
    meter_s=0,
)


@dataclass
class Ticks:
    """A clock that a test moves: each sleep takes its time at once, each look a second."""

    at: float = field(default_factory=time.time)

    def now(self):
        self.at += 1
        return self.at

    def sleep(self, seconds):
        self.at += seconds


def direct(service: str) -> Any:
    """A client of moto's own, past a proxy that the environment may name."""
    return boto3.client(service, REGION, config=Config(ignore_configured_endpoint_urls=True))


class World:
    """moto with one deployed design, and what a test asks of it."""

    def __init__(self, design: str, results: Any) -> None:
        self.results = results
        self.clock = Ticks()
        self.design = make_design(design)
        self.outputs = _deploy(design)
        self.calls: list[str] = []

    @property
    def session(self) -> StackSession:
        aws = Aws()
        self.listen(aws)
        clock = Clock(self.clock.now, self.clock.sleep, trusted=True)
        return StackSession(
            aws, find_stack(aws, self.design.name), Ledger(self.results), clock, TIMEOUTS
        )

    def listen(self, aws: Aws) -> None:
        """Write down the calls that change something, in order."""
        original = aws._count

        def count(model, **rest):
            original(model, **rest)
            if not model.name.startswith(("Get", "List", "Describe", "Query", "Receive")):
                self.calls.append(model.name)

        aws._count = count

    def target(self, **changes: Any) -> AwsTarget:
        options = AwsOptions(
            results=self.results,
            say=lambda text: None,
            clock=Clock(self.clock.now, self.clock.sleep, trusted=True),
            timeouts=TIMEOUTS,
        )
        return AwsTarget(replace(options, **changes))

    def client(self, service: str) -> Any:
        return direct(service)

    def meta(self, batch: str, **fields: Any) -> None:
        """Put a batch record as the handlers write it."""
        record = {
            "pk": f"batch#{batch}",
            "sk": "META",
            "status": "OPEN",
            "planned": True,
            "items": 10,
            "messages": 1,
            "knobs": json.dumps(self.design.batch_knobs()),
        } | fields
        config = Config(ignore_configured_endpoint_urls=True)
        table = boto3.resource("dynamodb", REGION, config=config).Table(
            self.outputs["StateTableName"]
        )
        table.put_item(Item=record)
        if record["status"] in ("OPEN", "CANCELLED"):
            table.put_item(Item={"pk": "open", "sk": batch})

    def succeed(self, batch: str) -> None:
        """Let the execution of a batch have ended well."""
        self.end(batch, "SUCCEEDED")

    def end(self, batch: str, status: str) -> None:
        """Let the execution of a batch have ended so."""
        found = stepfunctions_backends[ACCOUNT][REGION].state_machines[0].executions
        for one in found:
            if one.name == batch:
                one.status = status
                one.stop_date = datetime.fromtimestamp(self.clock.at + 60, UTC)

    def notify(self, batch: str, **fields: Any) -> None:
        """Let the topic's queue have a notification."""
        notification = {"batch_id": batch, "status": "complete", "items_failed": 0} | fields
        self.client("sqs").send_message(
            QueueUrl=self.outputs["NoticesQueueUrl"], MessageBody=json.dumps(notification)
        )

    def log(self, role: str, *lines: Any) -> None:
        """Let a function's log group have these lines: texts, or embedded metrics."""
        logs, group = self.client("logs"), f"/aws/lambda/{role}"
        with suppress(ClientError):
            logs.create_log_group(logGroupName=group)
            logs.create_log_stream(logGroupName=group, logStreamName="stream")
        texts = [one if isinstance(one, str) else json.dumps({"_aws": {}} | one) for one in lines]
        stamp = int(self.clock.at * 1000)
        events = [{"timestamp": stamp, "message": text} for text in texts]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName="stream", logEvents=events)

    def metric(self, namespace: str, name: str, value: float, **dimension: str) -> None:
        """Let CloudWatch have one value."""
        [(key, of)] = dimension.items()
        data = {
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": of}],
            "Value": value,
            "Timestamp": datetime.fromtimestamp(self.clock.at, UTC),
        }
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])

    def evidence(self, batch: str, items: int) -> None:
        """Logs and metrics of a batch that was worked by one invocation."""
        done = {"batch_id": batch, "items_processed": items, "last_done_at": self.clock.at + 50}
        self.log("Processor", done, f"REPORT RequestId: 1\tBilled Duration: {items} ms")
        self.log(
            "Batcher", {"batch_id": batch, "items_created": items, "created_at": self.clock.at + 40}
        )
        for part in self.design.parts.functions:
            self.log(part.construct)
        self.metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", 2 * items, TableName="state")
        for metric in ("Sent", "Deleted"):
            name = f"NumberOfMessages{metric}"
            self.metric("AWS/SQS", name, ceil(items / 10), QueueName="ItemQueue")
        self.metric("AWS/Lambda", "Invocations", 1, FunctionName="Processor")
        self.metric("AWS/Logs", "IncomingBytes", 1000, LogGroupName="/aws/lambda/Processor")

    def restack(self, **outputs: Any) -> None:
        """Deploy the stack again with other outputs; None takes one away."""
        merged = {k: v for k, v in (self.outputs | outputs).items() if v is not None}
        formation = self.client("cloudformation")
        formation.delete_stack(StackName=self.design.stack)
        formation.create_stack(StackName=self.design.stack, TemplateBody=_template(merged))


@pytest.fixture(autouse=True, scope="session")
def one_loader():
    """One reader of botocore's models for all sessions: each would parse them anew."""
    loader = create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", lambda _: loader)
        yield


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("WORKBENCH_AWS_LACKS", "insights")


@pytest.fixture
def refusing(monkeypatch):
    """Let AWS answer an operation with an error, from the n-th call on."""

    def refuse(operation: str, code: str, after: int = 0) -> None:
        class Session(boto3.Session):
            def __init__(self, **given):
                super().__init__(**given)
                self.events.register("before-call.*.*", self._look)

            def _look(self, model, **_):
                if model.name == operation:
                    seen.append(model.name)
                    if len(seen) > after:
                        message = f"arn:aws:iam::{ACCOUNT}:user/somebody is refused"
                        error = {"Error": {"Code": code, "Message": message}}
                        raise ClientError(error, operation)

        seen: list[str] = []
        monkeypatch.setattr("workbench.stacks.aws_clients.boto3.Session", Session)

    return refuse


def keep_durable_configs(patch: pytest.MonkeyPatch) -> None:
    """Let moto's functions have a DurableConfig, which moto 5.2 drops."""
    plain_update, plain_get = LambdaFunction.update_configuration, LambdaFunction.get_configuration

    def update(function: Any, changes: dict[str, Any]) -> dict[str, Any]:
        function.durable = changes.get("DurableConfig") or getattr(function, "durable", None)
        return plain_update(function, changes)

    def get(function: Any, on_create: bool = False) -> dict[str, Any]:
        durable = getattr(function, "durable", None)
        own = {"DurableConfig": durable} if durable else {}
        return plain_get(function, on_create) | own

    patch.setattr(LambdaFunction, "update_configuration", update)
    patch.setattr(LambdaFunction, "get_configuration", get)


@pytest.fixture
def moto():
    with pytest.MonkeyPatch.context() as patch, mock_aws(config={"lambda": {"use_docker": False}}):
        patch.setattr("workbench.targets.aws.target.places", lambda aws: 1_000)  # moto has none
        keep_durable_configs(patch)
        yield


@pytest.fixture
def sqs(moto, tmp_path):
    return World("sqs", tmp_path)


@pytest.fixture
def proxy(moto, monkeypatch):
    """AWS as it is where moto is kinder: between the target and moto, by its `rules`."""
    with Proxy(to_moto) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


@pytest.fixture
def counters(moto, tmp_path):
    return World("counters", tmp_path)


@pytest.fixture
def sfn(moto, tmp_path):
    return World("sfn", tmp_path)


@pytest.fixture
def durable(moto, tmp_path):
    return World("durable", tmp_path)


def _deploy(name: str) -> dict[str, str]:
    """The parts of a stack that a run touches, and the stack that names them."""
    design = make_design(name)
    sqs, lambda_ = direct("sqs"), direct("lambda")

    def queue(queue_name: str, visibility_s: int = 30) -> str:
        attributes = {"VisibilityTimeout": str(visibility_s)}
        return sqs.create_queue(QueueName=queue_name, Attributes=attributes)["QueueUrl"]

    topic = direct("sns").create_topic(Name="notifications")["TopicArn"]
    outputs = {
        "Version": "1",
        "DesignKnobs": json.dumps(design.knobs()),
        "TopicArn": topic,
        "NoticesQueueUrl": queue("Notifications"),
        "RuleName": "cron",
    }
    direct("events").put_rule(Name="cron", ScheduleExpression="rate(1 day)")
    role = direct("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    own = settings_of(design)
    for title in (part.construct for part in design.parts.functions):
        outputs[f"{title}Name"] = title
        lambda_.create_function(
            FunctionName=title,
            Runtime="python3.13",
            Role=role,
            Handler="x.y",
            Code={"ZipFile": _zip()},
            MemorySize=own.get(title, {}).get("MemorySize", 256),
            Timeout=own.get(title, {}).get("Timeout", 60),
        )
    for part in design.parts.functions:
        if part.alias:
            _publish(part.construct, part.alias, own[part.construct])
    if design.parts.queues:
        outputs |= _queued_parts(queue, design)
    if design.parts.bucket:
        outputs["BucketName"] = "bucket"
        direct("s3").create_bucket(Bucket="bucket")
    if design.parts.machine:
        outputs |= _machine(role)
    direct("cloudformation").create_stack(StackName=design.stack, TemplateBody=_template(outputs))
    return outputs


def _queued_parts(queue, design) -> dict[str, str]:
    outputs = {
        "PlanQueueUrl": queue("PlanQueue", 5400),
        "ItemQueueUrl": queue("ItemQueue", design.visibility_timeout_s),
        "PollQueueUrl": queue("PollQueue"),
        "DeadLettersUrl": queue("DeadLetters"),
        "StateTableName": "state",
    }
    keys = {"pk": "HASH", "sk": "RANGE"}
    direct("dynamodb").create_table(
        TableName="state",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
        KeySchema=[{"AttributeName": k, "KeyType": kind} for k, kind in keys.items()],
    )
    for output, source, function in (
        ("ItemMappingId", "ItemQueue", "Processor"),
        ("PlanMappingId", "PlanQueue", "Batcher"),
    ):
        own = settings_of(design)[f"{function}Source"]
        made = direct("lambda").create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{source}",
            FunctionName=function,
            **({"BatchSize": 1} | {name: value for name, value in own.items() if value}),
        )
        outputs[output] = made["UUID"]
    return outputs


def _publish(title: str, alias: str, own: dict[str, Any]) -> None:
    """A first version, which the alias means."""
    lambda_ = direct("lambda")
    lambda_.update_function_configuration(FunctionName=title, **own)
    version = lambda_.publish_version(FunctionName=title)["Version"]
    lambda_.create_alias(FunctionName=title, Name=alias, FunctionVersion=version)


def _machine(role: str) -> dict[str, str]:
    limit = settings_of(make_design("sfn"))["Machine"]
    definition = limit | {"StartAt": "Wait", "States": {"Wait": {"Type": "Succeed"}}}
    machine = direct("stepfunctions").create_state_machine(
        name="Machine", definition=json.dumps(definition), roleArn=role
    )
    return {"StateMachineArn": machine["stateMachineArn"]}


def _template(outputs: dict[str, str]) -> str:
    return json.dumps(
        {
            "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def _zip() -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("x.py", "def y(event, context): return 1")
    return body.getvalue()
