"""One run of a deployed stack: its services put together, and what is left at the end."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from workbench.targets.local.cloudwatch.metrics import Timeline
from workbench.targets.local.cloudwatch.telemetry import (
    CloudWatchService,
    CustomMetrics,
    Logs,
    captured,
)
from workbench.targets.local.dynamodb.calls import DynamoDbService
from workbench.targets.local.eventbridge import EventBridge
from workbench.targets.local.lambda_.async_invoke import AsyncInvoker, read_specs
from workbench.targets.local.lambda_.durable.calls import DurableService
from workbench.targets.local.lambda_.durable.invocations import replaying
from workbench.targets.local.lambda_.durable.service import DurableExecutions
from workbench.targets.local.lambda_.event_source import EventSource
from workbench.targets.local.lambda_.functions import Function, parts_of_stack
from workbench.targets.local.lambda_.mapping import read_mappings
from workbench.targets.local.lambda_.reports import Reports
from workbench.targets.local.lambda_.service import LambdaService
from workbench.targets.local.metering import Storage
from workbench.targets.local.runtime.clients import Caller
from workbench.targets.local.runtime.outside import ItemLog
from workbench.targets.local.runtime.service import TokenBucket
from workbench.targets.local.s3 import S3Service, bill_objects
from workbench.targets.local.sns import SnsService, bill_publish
from workbench.targets.local.sqs.calls import (
    Notifications,
    QueueWatch,
    SqsService,
    queue_labels,
)
from workbench.targets.local.sqs.queue import VirtualQueue
from workbench.targets.local.stepfunctions.machine import Machines
from workbench.targets.local.world.context import RunContext
from workbench.targets.local.world.deployment import Deployment
from workbench.targets.local.world.stack import queue_url

SCALE_WINDOW_S = 10  # new environments are allowed by the ten seconds (Lambda scaling behavior)


class World:
    """The services of one run."""

    def __init__(self, deployment: Deployment, context: RunContext) -> None:
        deployment.reset(context.seed)
        self.context = context
        self.deployment = deployment
        self.timeline = Timeline(context.kernel)
        self.custom = CustomMetrics(context)
        self.logs = Logs(context, self.custom)
        self.reports = Reports(context, self.logs, deployment.code_root)
        self.item_log = ItemLog(context.kernel, self._over)
        self._items = 0
        self._seen: Callable[[int], None] | None = None
        self.storage = Storage()
        self.notifications = Notifications()
        stack, client = deployment.stack, deployment.cloud.client
        self.service = LambdaService(context, self._functions(), self.reports, self.timeline)
        self.durable = DurableExecutions(context, self.service, self._deliver)
        deployment.cloud.durable.executions = self.durable
        self._labels = queue_labels(stack)
        self._sqs = SqsService(context, self._labels)
        self.events = AsyncInvoker(context, self.durable, read_specs(stack), self._send)
        self.bridge = EventBridge(context, stack.of_type("AWS::Events::Rule"), self._deliver)
        self.machines = Machines(context, stack, self.service, client, self.bridge)
        self.queues = dict(self._watched_queues())
        self.sources = list(self._sources())
        deployment.current_run.set(context, Caller(context, self._services()), self.item_log)

    def begin(self, items: int, seen: Callable[[int], None]) -> None:
        """A run of so many items begins; `seen` is called with how many are over by then."""
        self._items, self._seen = items, seen
        for metric, value in (("concurrency", 0), ("throttles", 0), ("items_done", 0)):
            self.timeline.note(metric, value)
        self.timeline.note("backlog", items)

    def start(self, trigger: dict[str, Any]) -> None:
        """Start a batch as a user would: the state machine, or else the first function."""
        if self.machines:
            self.machines.start(trigger["batch_id"], trigger)
        else:
            stack = self.deployment.stack
            first, *_ = parts_of_stack(stack).functions
            self.events.invoke(stack.outputs[first.output], trigger, trigger["batch_id"])

    def run(self, until_s: float, over: Callable[[], bool] | None = None) -> None:
        """Let virtual time go until then, or until it is over; handlers still at work are ended."""
        with captured(sys.stdout):
            try:
                self.context.kernel.run(until_s, over)
            finally:
                self.service.stop()

    def quiet(self) -> bool:
        """Whether nothing is under way: no invocation, execution, event or message."""
        return (
            not self.service.running
            and not self.events.waiting
            and not self.machines.running
            and not self.durable.running
            and not any(queue.held for queue in self.queues.values())
        )

    def left(self) -> list[str]:
        """What is still under way, in words."""
        messages = {name: queue.held for name, queue in self.queues.items()}
        found = [f"{held} messages in {name}" for name, held in messages.items() if held]
        for what, number in (
            ("invocations", self.service.running),
            ("asynchronous events", self.events.waiting),
            ("executions", self.machines.running),
            ("durable executions", self.durable.running),
        ):
            found += [f"{number} {what}"] if number else []
        return found

    def settle(self) -> None:
        """Bill what adds up over time, and put the metrics where AWS would have put them."""
        for source in self.sources:
            source.settle()
        self.logs.bill(self.context.meter)
        self.custom.bill(self.context.meter)
        self.storage.bill(self.context.meter, self.context.kernel.now)
        for bucket in self.deployment.stack.of_type("AWS::S3::Bucket"):
            bill_objects(self.context, bucket)
        self.durable.settle()
        self.machines.note_metrics()
        self.deployment.cloud.fill["cloudwatch"] = self.context.metrics.put

    def functions_of(self, label: str) -> list[Function]:
        """The functions whose cost is for that."""
        return [one for one in self.service.functions.values() if one.spec.label == label]

    def _over(self, over: int) -> None:
        """So many items are done or failed."""
        self.timeline.note("items_done", over)
        self.timeline.note("backlog", self._items - over)
        if self._seen is not None:
            self._seen(over)

    def _functions(self) -> Iterator[Function]:
        value = self.context.profile.value
        environments = value("lambda_scale_per_10s")
        for spec, handler in self.deployment.functions.items():
            slowness = max(1.0, value("lambda_vcpu_mb") / spec.memory_mb)
            scale = TokenBucket(environments / SCALE_WINDOW_S, environments)
            if spec.durable is not None:
                handler = replaying(handler, value("durable_cpu_ms_per_operation"))
            yield Function(spec, handler, slowness, scale)

    def _watched_queues(self) -> Iterator[tuple[str, VirtualQueue]]:
        """Every queue but the one that only listens to the topic, by its logical name."""
        listening = {
            one.properties["Endpoint"].rsplit(":", 1)[-1]
            for one in self.deployment.stack.of_type("AWS::SNS::Subscription")
        }
        for resource in self.deployment.stack.of_type("AWS::SQS::Queue"):
            queue = self.deployment.cloud.queues[resource.physical_id]
            if queue.name in listening:
                queue.watcher = self.notifications
                continue
            queue.watcher = QueueWatch(self.context, queue.name)
            yield queue.name, queue

    def _sources(self) -> Iterator[EventSource]:
        for spec in read_mappings(self.deployment.stack, self._labels):
            queue = self.deployment.cloud.queues[spec.queue]
            source = EventSource(self.context, self.service, spec, queue)
            queue.watcher.on_due = source.due
            yield source

    def _services(self) -> dict[str, Any]:
        stack = self.deployment.stack
        warm = {
            table.physical_id: int(table.properties["WarmThroughput"]["WriteUnitsPerSecond"])
            for table in stack.of_type("AWS::DynamoDB::Table")
            if "WarmThroughput" in table.properties
        }
        return {
            "dynamodb": DynamoDbService(
                self.context, self.deployment.cloud.tables, self.storage, warm
            ),
            "sqs": self._sqs,
            "s3": S3Service(self.context),
            "sns": SnsService(self.context),
            "cloudwatch": CloudWatchService(self.context, self.custom),
            "lambda": DurableService(self.context),
        }

    def _deliver(self, target: str, given: Any) -> None:
        """What EventBridge gives to a rule's target, or Lambda to a function's dead letters."""
        service = target.split(":")[2]
        if service == "lambda":
            self.events.invoke(target, given)
        elif service == "states":
            self.machines.start_unnamed(given)
        elif service == "sqs":
            self._send(target, json.dumps(given))
        else:
            message = json.dumps(given)
            self.deployment.cloud.client("sns").publish(TopicArn=target, Message=message)
            bill_publish(self.context, message)

    def _send(self, queue_arn: str, body: str) -> None:
        """Send a message on the stack's behalf, whose owner pays."""
        url = queue_url(queue_arn.rsplit(":", 1)[-1])
        self.deployment.cloud.client("sqs").send_message(QueueUrl=url, MessageBody=body)
        self._sqs.bill_sent(url, body)
