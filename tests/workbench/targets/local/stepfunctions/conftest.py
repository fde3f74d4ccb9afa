"""AWS for state machines: the virtual clock, moto, and functions that take a given time."""

from dataclasses import dataclass, field
from json import dumps
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from workbench.designs.sfn import Sfn
from workbench.engine.kernel import Kernel
from workbench.platform.profile import Profile
from workbench.platform.services import S3, SNS, STEP_FUNCTIONS
from workbench.targets.local.lambda_.functions import InvokeResult
from workbench.targets.local.metering import Meter
from workbench.targets.local.runtime.faults import MapFaults
from workbench.targets.local.stepfunctions.machine import Machine
from workbench.targets.local.stepfunctions.services import Services
from workbench.targets.local.world.context import RunContext

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:Batch"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"


def spread(ms):
    return {"p50": ms, "p99": ms}


# A profile without chance: every latency is its median, and all differ so that sums can be told.
STILL = Profile(
    "2026-11-23",
    {
        "sfn_start": spread(1000),
        "sfn_state_gap": spread(100),
        "sfn_pass_gap": spread(10),
        "sfn_payload_gap": {"value": 0},
        "sfn_child_overhead": spread(200),
        "sfn_map_start_s": {"value": 2},
        "sfn_map_end_s": {"value": 3},
        "sfn_map_starts_express_per_s": {"value": 1000},
        "sfn_map_starts_standard_per_s": {"value": 100},
        "sfn_inline_map_max": {"value": 40},
        "s3_list": spread(30),
        "s3_get": spread(20),
        "s3_ms_per_mb": {"value": 12},
        "sns_publish": spread(15),
    },
)


class Fails(Exception):
    """What a test's function raises: the error that its caller sees."""

    def __init__(self, error, cause="", after_s=0.0):
        self.error, self.cause, self.after_s = error, cause, after_s


@dataclass
class SimulatedAws:
    """`work` answers an event with (seconds, value) or raises Fails; `calls` are (t_s, event)."""

    function: str | None = FUNCTION  # the only one that may be invoked, unless None

    kernel: Kernel = field(default_factory=Kernel)
    meter: Meter = field(default_factory=Meter)
    work: object = lambda event: (1.0, event)
    calls: list = field(default_factory=list)
    machines: list = field(default_factory=list)
    made: dict = field(default_factory=dict)

    def clients(self, service):
        if service not in self.made:
            self.made[service] = boto3.client(service, region_name="us-east-1")
        return self.made[service]

    def invoke(self, function, event, done):
        assert self.function in (function, None)
        now = self.kernel.now
        self.calls.append((now, event))
        try:
            seconds, value = self.work(event)
        except Fails as failure:
            result = InvokeResult(failure.error, failure.cause, None, now)
            self.kernel.after(failure.after_s, lambda: done(result))
            return
        self.kernel.after(seconds, lambda: done(InvokeResult(None, "", value, now)))

    def machine(self, definition, *, profile=STILL, seed=7, faults=None):
        context = RunContext(
            profile, seed, map_faults=faults or MapFaults(), kernel=self.kernel, meter=self.meter
        )
        services = Services(context, ARN, self.invoke, self.clients, Sfn.parts)
        return Machine(services, definition)

    def run(self, states, given=None, **extra):
        """Run a machine to its end; `states` is the block or the states in their order."""
        definition = states if "States" in states else chain(states)
        self.machines.append(self.machine(definition, **extra))
        ended = []
        self.machines[-1].start("run-1", {} if given is None else given, ended.append)
        self.kernel.run()
        return ended[0]

    def usage(self):
        """Every line of the meter: (service, usage type, label) and quantity."""
        short = {STEP_FUNCTIONS: "sfn", S3: "s3", SNS: "sns"}
        return {
            (short[row.service], row.usage_type, row.label): row.quantity
            for row in self.meter.frame().itertuples()
        }


def chain(states):
    """A block of states that follow each other, each with its Next or End."""
    names = list(states)
    block = {"StartAt": names[0], "States": {}}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = dict(states[name])
        if state["Type"] not in ("Succeed", "Fail", "Choice") and "Next" not in state:
            state |= {"Next": following} if following else {"End": True}
        block["States"][name] = state
    return block


@pytest.fixture
def aws():
    with mock_aws():
        yield SimulatedAws()


def task(**extra):
    """A Task that gives the state to the function, and goes on with its answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": FUNCTION, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **extra,
    }


def retry(*errors, **extra):
    """A retrier that waits 1, 2 and 4 s."""
    usual = {"IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
    return [{"ErrorEquals": list(errors), **usual, **extra}]


def catch(then, *errors):
    """A catcher that goes on to a state."""
    return [{"ErrorEquals": list(errors or ["States.ALL"]), "ResultPath": "$.error", "Next": then}]


def split(kind="EXPRESS", child=None, **fields):
    """A distributed map over the objects at `prefix` of bucket `data`, one item a child."""
    processor = chain(child or {"One": task()})
    processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    source = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "ReaderConfig": {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"},
        "Parameters": {"Bucket": "data", "Prefix.$": "$.prefix"},
    }
    state = {
        "Type": "Map",
        "Label": "Split",
        "ItemReader": source,
        "ItemBatcher": {"MaxItemsPerBatchPath": "$.size", "BatchInput": {"k.$": "$.k"}},
        "ItemProcessor": processor,
        "MaxConcurrencyPath": "$.at_once",
    }
    return {"Process": state | fields}


@pytest.fixture
def kit():
    """The names that tests share: kit.chain, kit.Fails and so on."""
    return SimpleNamespace(
        chain=chain, Fails=Fails, STILL=STILL, FUNCTION=FUNCTION, task=task, retry=retry,
        catch=catch, split=split,
    )  # fmt: skip


@pytest.fixture
def play(aws, bucket):
    """Run a map over so many items, in order from 0: `play(states, 10, size=4)`."""

    def play(states, count, *, size=1, at_once=10_000, **extra):
        bucket("in/0.jsonl", range(count))
        given = {"prefix": "in/", "size": size, "at_once": at_once, "k": "é"}
        return aws.run(states, given, **extra)

    return play


@pytest.fixture
def bucket(aws):
    """A bucket with JSON Lines in it: `bucket(key, items)` puts an object."""
    s3 = aws.clients("s3")
    s3.create_bucket(Bucket="data")

    def put(key, items):
        s3.put_object(Bucket="data", Key=key, Body="".join(dumps(i) + "\n" for i in items))

    return put


@pytest.fixture
def topic(aws):
    """A topic, and the texts of what was published to it."""
    sns, sqs = aws.clients("sns"), aws.clients("sqs")
    arn = sns.create_topic(Name="notices")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    inbox = "arn:aws:sqs:us-east-1:123456789012:inbox"
    sns.subscribe(
        TopicArn=arn, Protocol="sqs", Endpoint=inbox, Attributes={"RawMessageDelivery": "true"}
    )

    def texts():
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return [message["Body"] for message in got.get("Messages", [])]

    return arn, texts
