"""A small cloud for tests: functions written in Python beside the test, queues, a still profile."""

import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from workbench.platform.profile import Profile, load_profile
from workbench.targets.local.cloudwatch.metrics import Timeline
from workbench.targets.local.cloudwatch.telemetry import (
    CloudWatchService,
    CustomMetrics,
    Logs,
    captured,
)
from workbench.targets.local.dynamodb.calls import DynamoDbService
from workbench.targets.local.lambda_.event_source import EventSource
from workbench.targets.local.lambda_.functions import Function, FunctionSpec
from workbench.targets.local.lambda_.mapping import MappingSpec
from workbench.targets.local.lambda_.reports import Reports
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.metering import Storage
from workbench.targets.local.runtime.clients import Caller
from workbench.targets.local.runtime.faults import Faults
from workbench.targets.local.runtime.outside import CurrentRun, ItemLog, SimulatedOutside
from workbench.targets.local.runtime.service import TokenBucket
from workbench.targets.local.s3 import S3Service
from workbench.targets.local.sns import SnsService
from workbench.targets.local.sqs.calls import QueueWatch, SqsService
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.moto_cloud import MotoCloud


def still_profile(**values):
    """The profile without chance or CPU, its latencies nothing but what a test asks for."""
    entries = {}
    for name, entry in load_profile().entries.items():
        entry = {"value": entry["value"]} if "value" in entry else {"p50": 1e-9, "p99": 1e-9}
        entries[name] = (
            {"value": 0} if name.startswith(("cpu_ms", "durable_cpu", "esm_turn")) else entry
        )
    for name, value in values.items():
        spread = "p50" in entries[name]
        entries[name] = {"p50": value, "p99": value} if spread else {"value": value}
    return Profile("still", entries)


class Toy:
    """A Lambda service with a function for each handler, and moto beside it."""

    def __init__(self, cloud, current_run, profile, faults):
        self.cloud, self.current_run = cloud, current_run
        self.context = RunContext(profile, 7, faults)
        self.kernel, self.meter = self.context.kernel, self.context.meter
        self.custom = CustomMetrics(self.context)
        self.logs = Logs(self.context, self.custom)
        self.reports = Reports(self.context, self.logs, "/nowhere")
        self.timeline = Timeline(self.kernel)
        self.item_log = ItemLog(self.kernel, lambda over: None)
        self.service = LambdaService(self.context, [], self.reports, self.timeline)
        self.storage = Storage()
        self.outside = SimulatedOutside(current_run)
        self.outside._tries = 3
        self.writes_per_s = {}
        current_run.set(self.context, Caller(self.context, self.services()), self.item_log)

    def services(self):
        return {
            "dynamodb": DynamoDbService(
                self.context, self.cloud.tables, self.storage, self.writes_per_s
            ),
            "sqs": SqsService(self.context, {}),
            "s3": S3Service(self.context),
            "sns": SnsService(self.context),
            "cloudwatch": CloudWatchService(self.context, self.custom),
        }

    def function(self, handler, name="work", slowness=1.0, **spec):
        """A function whose handler is called with (event, context)."""
        given = {"memory_mb": 1024, "timeout_s": 60.0, "arm": True, "reserved": None} | spec
        handled = f"lambdas.sqs.{name}.handler"
        function = Function(
            FunctionSpec(name, handled, environment=(), code=("", ""), **given),
            handler,
            slowness,
            TokenBucket(100, 1000),
        )
        self.service.functions[name] = function
        return function

    def invoke(self, payload, name="work"):
        """Invoke at once; the results come into the list that this gives."""
        results = []
        self.service.invoke(name, payload, results.append, 0.0)
        return results

    def queue(self, name="queue", **attributes):
        """A queue, watched."""
        given = {key: str(value) for key, value in attributes.items()}
        self.cloud.client("sqs").create_queue(QueueName=name, Attributes=given)
        queue = self.cloud.queues[name]
        queue.watcher = QueueWatch(self.context, name)
        return queue

    def send(self, bodies, name="queue", **more):
        """Send messages outside of the bill."""
        sqs = self.cloud.client("sqs")
        for body in bodies:
            sqs.send_message(QueueUrl=self.url(name), MessageBody=body, **more)

    def url(self, name="queue"):
        return f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"

    def source(self, queue, **spec):
        """An event source of the function `work`."""
        default = MappingSpec(queue.name, "work", 10, 0.0, None, True, "dispatch")
        source = EventSource(self.context, self.service, replace(default, **spec), queue)
        queue.watcher.on_due = source.due
        return source

    def run(self, until_s=float("inf")):
        """Let virtual time go."""
        with captured(sys.stdout):
            self.kernel.run(until_s)


@pytest.fixture
def toys():
    """Makes toys: `toys(lambda_init=300)`; one cloud at a time."""

    @contextmanager
    def make(faults=None, **values):
        current_run = CurrentRun()
        cloud = MotoCloud(current_run.epoch_s)
        current_run.client = cloud.client
        try:
            yield Toy(cloud, current_run, still_profile(**values), faults or Faults())
        finally:
            cloud.close()

    return make


@pytest.fixture
def toy(toys):
    """A toy in which everything but a handler's own sleep takes no time."""
    with toys() as made:
        yield made
