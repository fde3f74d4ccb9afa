"""Stack `CounterBatchProcessing`: queues, counter shards in a table, four functions, the schedule.

cron ──> batcher ──> PlanQueue ──> batcher ──> ItemQueue ──> processor
            └──────> PollQueue ──> finalizer ──> topic      DeadLetters ──> failures
"""

from aws_cdk import App, Stack
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_

from infra import accepted
from infra.alarm import add_alarm
from infra.functions import (
    FUNCTION_TIMEOUT_MAX_S,
    SMALL_MEMORY_MB,
    FunctionSpec,
    add_function,
    allow,
)
from infra.notices import Notices
from infra.queues import VISIBILITY_FACTOR, Redrive, Source, add_queue, add_source
from infra.rule import Cron, Trigger, add_rule
from infra.sqs_functions import QUEUES, Parts, batcher, environment, put_off, records, send
from infra.stamp import stamp
from infra.tables import state_table
from workbench.designs import Counters

SMALL_TIMEOUT_S = 120  # of the finalizer, and of the failures consumer


class CountersStack(Stack):
    """The `counters` design."""

    def __init__(self, app: App, design: Counters, cron: Cron, code: lambda_.Code) -> None:
        super().__init__(app, design.stack, description="Batches through SQS and counter shards")
        self.notices = Notices(self)
        self.parts = self._add_parts(design)
        self.functions = {}
        for spec in specs(design, self.parts):
            self.functions[spec.name] = add_function(self, design, code, spec)
            add_source(self.functions[spec.name], spec.source)
        add_alarm(self, design, self.notices)
        self.rule = add_rule(self, cron)
        opener = self.functions["batcher"]
        self.rule.add_target(targets.LambdaFunction(opener, event=Trigger(design, cron)))
        stamp(self, design, self._outputs())

    def _add_parts(self, design: Counters) -> Parts:
        """The queues and the table; what a batch leaves in it expires by itself."""
        small_s = VISIBILITY_FACTOR * SMALL_TIMEOUT_S
        plan_s = VISIBILITY_FACTOR * FUNCTION_TIMEOUT_MAX_S
        dead_letters = add_queue(self, "DeadLetters", small_s)
        redrive = Redrive(dead_letters, design.max_receives)
        why = "Its one message stays until its batch is told: what fails returns to this queue."
        table = state_table(self, time_to_live_attribute="expires_at")
        accepted.accept(table, "DDB3", "Records matter while their batch is open, and then expire.")
        return Parts(
            table=table,
            plan_queue=add_queue(self, "PlanQueue", plan_s, redrive),
            item_queue=add_queue(self, "ItemQueue", design.visibility_timeout_s, redrive),
            poll_queue=add_queue(self, "PollQueue", small_s, why_no_redrive=why),
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
            "RuleName": self.rule.rule_name,
        }


def specs(design: Counters, parts: Parts) -> list[FunctionSpec]:
    """The four functions: settings, environment, and what each may call."""
    return [*_workers(design, parts), *_small(parts)]


def _workers(design: Counters, parts: Parts) -> list[FunctionSpec]:
    """What creates the items, and what works them."""
    processor = FunctionSpec(
        name="processor",
        memory_mb=design.memory_mb,
        timeout_s=design.processor_timeout_s,
        environment=environment(parts, "STATE_TABLE ITEM_QUEUE_URL"),
        calls=[
            records(parts, "GetItem PutItem UpdateItem BatchWriteItem"),
            send(parts.item_queue),
            put_off(parts.item_queue),
        ],
        source=Source(parts.item_queue, design.messages_per_invocation, design.max_concurrency),
        recursive=True,
    )
    return [batcher(design, parts, "GetItem PutItem"), processor]


def _small(parts: Parts) -> list[FunctionSpec]:
    """What looks whether all is counted, and what deals with dead letters."""
    publish = allow([parts.topic.topic_arn], "sns:Publish")
    finalizer = FunctionSpec(
        name="finalizer",
        memory_mb=SMALL_MEMORY_MB,
        timeout_s=SMALL_TIMEOUT_S,
        environment=environment(parts, "STATE_TABLE POLL_QUEUE_URL TOPIC_ARN"),
        calls=[
            records(parts, "GetItem BatchGetItem Query UpdateItem"),
            put_off(parts.poll_queue),
            publish,
        ],
        source=Source(parts.poll_queue, 1),
    )
    failures = FunctionSpec(
        name="failures",
        memory_mb=SMALL_MEMORY_MB,
        timeout_s=SMALL_TIMEOUT_S,
        environment=environment(parts, f"STATE_TABLE {QUEUES} DEAD_LETTERS_URL TOPIC_ARN"),
        calls=[
            records(parts, "GetItem PutItem UpdateItem BatchWriteItem"),
            send(parts.plan_queue, parts.item_queue, parts.poll_queue),
            put_off(parts.dead_letters),
            publish,
        ],
        source=Source(parts.dead_letters, 10),
        recursive=True,
    )
    return [finalizer, failures]
