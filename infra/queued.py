"""A stack of queues, a state table and four functions: what two designs have in common.

cron ──> batcher ──> PlanQueue ──> batcher ──> ItemQueue ──> processor
            └──────> PollQueue <─> finalizer ──> topic      DeadLetters ──> failures

A transaction and a batch write need the rights of their parts; so where a handler says
TransactWriteItems, its role says PutItem, UpdateItem or DeleteItem.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

from infra.constructs import Trigger, accept, add_queue, allow
from infra.functions import FUNCTION_TIMEOUT_MAX_S, FunctionSpec
from infra.stack import BatchStack

VISIBILITY_FACTOR = 6  # of the function's timeout (Lambda developer guide, SQS event sources)
OPEN_BATCH_LIMIT_H = 24
SOURCES = {
    "batcher": "PlanQueue",
    "processor": "ItemQueue",
    "finalizer": "PollQueue",
    "failures": "DeadLetters",
}
VARIABLES = {
    "PlanQueue": "PLAN_QUEUE_URL",
    "ItemQueue": "ITEM_QUEUE_URL",
    "PollQueue": "POLL_QUEUE_URL",
    "DeadLetters": "DEAD_LETTERS_URL",
}


class QueuedStack(BatchStack):
    """The stack of a design; its subclass says what the functions may do."""

    timeouts_s: ClassVar[Mapping[str, int]]  # of the functions that no knob shapes
    why_no_redrive: ClassVar[str]  # of PollQueue
    why_no_recovery: ClassVar[str]  # of the table

    @abstractmethod
    def specs(self) -> list[FunctionSpec]:
        """The functions: what each may call."""

    def table_options(self) -> dict[str, Any]:
        """What the state table has of its own."""
        return {}

    def build(self) -> None:
        self.queues = self._add_queues()
        # `Table` and not `TableV2`: local CloudFormation knows no other.
        self.table = dynamodb.Table(
            self,
            "BatchState",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            removal_policy=RemovalPolicy.DESTROY,
            **self.table_options(),
        )
        accept(self.table, "DDB3", self.why_no_recovery)
        self.functions = {spec.name: self.add(spec) for spec in self.specs()}
        # The finalizer reports the age of each batch that it looks at.
        age = cloudwatch.Metric(
            namespace="BatchWorkbench",
            metric_name="open_batch_age_s",
            dimensions_map={"design": self.design.name, "function": "finalizer"},
            statistic="Maximum",
            period=Duration.minutes(5),
        )
        description = f"A batch has been open for over {OPEN_BATCH_LIMIT_H} hours"
        self.notifications.alarm_above(age, OPEN_BATCH_LIMIT_H * 3_600, description)

    def start_with(self, trigger: Trigger) -> targets.LambdaFunction:
        return targets.LambdaFunction(self.functions["batcher"], event=trigger)

    def batcher(self, actions: str) -> FunctionSpec:
        """Opens a batch, plans it, creates the items of each part."""
        return self.spec("batcher", actions, "PlanQueue ItemQueue PollQueue", "PlanQueue")

    def spec(
        self, name: str, actions: str, send: str = "", delay: str = "", publish: bool = False
    ) -> FunctionSpec:
        """A function: its actions on the table, the queues that it sends to, and those whose
        messages it delays. What it may call is what its environment names.
        """
        calls = [allow([self.table.table_arn], *(f"dynamodb:{one}" for one in actions.split()))]
        for queues, action in ((send, "SendMessage"), (delay, "ChangeMessageVisibility")):
            if queues:
                arns = [self.queues[queue].queue_arn for queue in queues.split()]
                calls.append(allow(arns, f"sqs:{action}"))
        environment = {"STATE_TABLE": self.table.table_name}
        for queue, variable in VARIABLES.items():
            if queue in f"{send} {delay}".split():
                environment[variable] = self.queues[queue].queue_url
        if publish:
            topic = self.notifications.topic.topic_arn
            calls.append(allow([topic], "sns:Publish"))
            environment["TOPIC_ARN"] = topic
        return FunctionSpec(
            name=name,
            environment=environment,
            calls=calls,
            timeout_s=self.timeouts_s.get(name, FUNCTION_TIMEOUT_MAX_S),
            source=self.queues[SOURCES[name]],
            on_failure=self.queues["DeadLetters"] if name == "batcher" else None,
            recursive=bool(send),
        )

    def _add_queues(self) -> dict[str, sqs.Queue]:
        """The queues by name; work that keeps failing goes to the dead letters."""
        settings = self.design.settings()
        hidden_s = {
            SOURCES[name]: VISIBILITY_FACTOR * limit_s for name, limit_s in self.timeouts_s.items()
        } | {
            "PlanQueue": VISIBILITY_FACTOR * FUNCTION_TIMEOUT_MAX_S,
            "ItemQueue": settings["ItemQueue"]["VisibilityTimeout"],
        }
        dead_letters = add_queue(self, "DeadLetters", hidden_s["DeadLetters"])
        queues = {"DeadLetters": dead_letters}
        for name in ("PlanQueue", "ItemQueue"):
            receives = settings[name]["RedrivePolicy.maxReceiveCount"]
            redrive = sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=receives)
            queues[name] = add_queue(self, name, hidden_s[name], redrive)
        why = self.why_no_redrive
        queues["PollQueue"] = add_queue(
            self, "PollQueue", hidden_s["PollQueue"], why_no_redrive=why
        )
        return queues
