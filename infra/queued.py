"""A stack of queues, a state table and four functions: what two designs have in common.

cron ──> batcher ──> PlanQueue ──> batcher ──> ItemQueue ──> processor
            └──────> PollQueue <─> finalizer ──> topic      DeadLetters ──> failures

A transaction and a batch write need the rights of their parts; so where a handler says
TransactWriteItems, its role says PutItem, UpdateItem or DeleteItem.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from infra import accepted
from infra.alarm import add_alarm
from infra.functions import FUNCTION_TIMEOUT_MAX_S, FunctionSpec, add_function, allow
from infra.notices import Notices
from infra.queues import VISIBILITY_FACTOR, Redrive, Source, add_queue, add_source
from infra.rule import Cron, Trigger, add_rule
from infra.stamp import stamp
from infra.tables import state_table
from workbench.designs import Queued

QUEUES = "PLAN_QUEUE_URL ITEM_QUEUE_URL POLL_QUEUE_URL"


@dataclass(frozen=True)
class Parts:
    """What the functions work on."""

    table: dynamodb.ITable
    plan_queue: sqs.Queue
    item_queue: sqs.Queue
    poll_queue: sqs.Queue
    dead_letters: sqs.Queue
    topic: sns.ITopic


class QueuedStack(Stack):
    """The stack of a design; its subclass says what the functions may do."""

    about: ClassVar[str]
    poll_timeout_s: ClassVar[int]  # of the function that reads PollQueue
    dead_timeout_s: ClassVar[int]  # of the one that reads DeadLetters
    why_no_redrive: ClassVar[str]  # of PollQueue
    why_no_recovery: ClassVar[str]  # of the table

    def __init__(self, app: App, design: Queued, cron: Cron, code: lambda_.Code) -> None:
        super().__init__(app, design.stack, description=self.about)
        self.notices = Notices(self)
        self.parts = self._add_parts(design)
        self.functions: dict[str, lambda_.Function] = {}
        self.sources: dict[str, lambda_.EventSourceMapping] = {}
        for spec in self.specs():
            assert spec.source
            function = self.functions[spec.name] = add_function(self, design, code, spec)
            self.sources[spec.name] = add_source(function, spec.source, design)
        add_alarm(self, design, self.notices)
        self.rule = add_rule(self, cron)
        opener = self.functions["batcher"]
        self.rule.add_target(targets.LambdaFunction(opener, event=Trigger(design, cron)))
        stamp(self, design, self._outputs())

    @abstractmethod
    def specs(self) -> list[FunctionSpec]:
        """The functions: environment, source, and what each may call."""

    def table(self, design: Queued) -> dict[str, Any]:  # noqa: ARG002
        """What the state table has of its own."""
        return {}

    def batcher(self, actions: str) -> FunctionSpec:
        """Opens a batch, plans it, creates the items of each part."""
        parts = self.parts
        return FunctionSpec(
            name="batcher",
            environment=environment(parts, f"STATE_TABLE {QUEUES}"),
            calls=[
                records(parts, actions),
                send(parts.plan_queue, parts.item_queue, parts.poll_queue),
                put_off(parts.plan_queue),
            ],
            source=Source(parts.plan_queue),
            on_failure=parts.dead_letters,
            recursive=True,
        )

    def _add_parts(self, design: Queued) -> Parts:
        """The queues and the table that the functions work on."""
        settings = design.settings()
        dead_letters = add_queue(self, "DeadLetters", VISIBILITY_FACTOR * self.dead_timeout_s)

        def redriven(name: str, visibility_s: int) -> sqs.Queue:
            receives = settings[name]["RedrivePolicy.maxReceiveCount"]
            return add_queue(self, name, visibility_s, Redrive(dead_letters, receives))

        table = state_table(self, **self.table(design))
        accepted.accept(table, "DDB3", self.why_no_recovery)
        poll_s = VISIBILITY_FACTOR * self.poll_timeout_s
        return Parts(
            table=table,
            plan_queue=redriven("PlanQueue", VISIBILITY_FACTOR * FUNCTION_TIMEOUT_MAX_S),
            item_queue=redriven("ItemQueue", settings["ItemQueue"]["VisibilityTimeout"]),
            poll_queue=add_queue(self, "PollQueue", poll_s, why_no_redrive=self.why_no_redrive),
            dead_letters=dead_letters,
            topic=self.notices.topic,
        )

    def _outputs(self) -> dict[str, str]:
        """What the workbench must know to run batches here."""
        parts = self.parts
        names = {f"{name.capitalize()}Name": f.function_name for name, f in self.functions.items()}
        return names | {
            "StateTableName": parts.table.table_name,
            "PlanQueueUrl": parts.plan_queue.queue_url,
            "ItemQueueUrl": parts.item_queue.queue_url,
            "PollQueueUrl": parts.poll_queue.queue_url,
            "DeadLettersUrl": parts.dead_letters.queue_url,
            "TopicArn": self.notices.topic.topic_arn,
            "NoticesQueueUrl": self.notices.queue.queue_url,
            "ItemMappingId": self.sources["processor"].event_source_mapping_id,
            "PlanMappingId": self.sources["batcher"].event_source_mapping_id,
            "RuleName": self.rule.rule_name,
        }


def environment(parts: Parts, names: str) -> dict[str, str]:
    """The variables that a handler reads."""
    known = {
        "STATE_TABLE": parts.table.table_name,
        "PLAN_QUEUE_URL": parts.plan_queue.queue_url,
        "ITEM_QUEUE_URL": parts.item_queue.queue_url,
        "POLL_QUEUE_URL": parts.poll_queue.queue_url,
        "DEAD_LETTERS_URL": parts.dead_letters.queue_url,
        "TOPIC_ARN": parts.topic.topic_arn,
    }
    return {name: known[name] for name in names.split()}


def records(parts: Parts, actions: str) -> iam.PolicyStatement:
    """These actions on the batch-state table."""
    return allow([parts.table.table_arn], *(f"dynamodb:{name}" for name in actions.split()))


def send(*queues: sqs.IQueue) -> iam.PolicyStatement:
    """Sending to these queues, one message or a batch of them."""
    return allow([queue.queue_arn for queue in queues], "sqs:SendMessage")


def put_off(queue: sqs.IQueue) -> iam.PolicyStatement:
    """Saying when a message that failed comes back to this queue."""
    return allow([queue.queue_arn], "sqs:ChangeMessageVisibility")
