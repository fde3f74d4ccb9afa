"""Stack `SqsBatchProcessing`: queues, the batch-state table, four functions, the schedule.

cron ──> batcher ──> PlanQueue ──> batcher ──> ItemQueue ──> processor
            └──────> PollQueue <─> finalizer ──> topic      DeadLetters ──> failures
"""

from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_

from infra import accepted, sqs_functions
from infra.alarm import add_alarm
from infra.functions import FunctionSpec, add_function
from infra.notices import Notices
from infra.queues import VISIBILITY_FACTOR, Redrive, add_queue, add_source
from infra.rule import Cron, Trigger, add_rule
from infra.sqs_functions import Parts
from infra.stamp import stamp
from infra.tables import state_table
from workbench.designs import Sqs

TABLE_READ_UNITS = 12_000  # what every on-demand table has: warm throughput wants both figures


class SqsStack(Stack):
    """The `sqs` design."""

    def __init__(self, app: App, design: Sqs, cron: Cron, code: lambda_.Code) -> None:
        super().__init__(app, design.stack, description="Batches through SQS and DynamoDB")
        self.design = design
        self.code = code
        self.notices = Notices(self)
        self.parts = self._add_parts()
        self.batcher, self.plan_mapping = self._add(sqs_functions.batcher(design, self.parts))
        self.processor, self.item_mapping = self._add(sqs_functions.processor(design, self.parts))
        self.finalizer, _ = self._add(sqs_functions.finalizer(design, self.parts))
        self.failures, _ = self._add(sqs_functions.failures(design, self.parts))
        add_alarm(self, design, self.notices)
        self.rule = add_rule(self, cron)
        self.rule.add_target(targets.LambdaFunction(self.batcher, event=Trigger(design, cron)))
        stamp(self, design, self._outputs())

    def _add_parts(self) -> Parts:
        """The queues and the table that the functions work on."""
        failures_s = VISIBILITY_FACTOR * sqs_functions.FAILURES_TIMEOUT_S
        dead_letters = add_queue(self, "DeadLetters", failures_s)
        redrive = Redrive(dead_letters, self.design.max_receives)
        plan_s = VISIBILITY_FACTOR * sqs_functions.BATCHER_TIMEOUT_S
        poll_s = VISIBILITY_FACTOR * sqs_functions.FINALIZER_TIMEOUT_S
        return Parts(
            table=self._table(),
            plan_queue=add_queue(self, "PlanQueue", plan_s, redrive),
            item_queue=add_queue(self, "ItemQueue", self.design.visibility_timeout_s, redrive),
            poll_queue=add_queue(
                self,
                "PollQueue",
                poll_s,
                why_no_redrive="The finalizer's chain must not end while its batch is open: "
                "what fails returns to this queue.",
            ),
            dead_letters=dead_letters,
            topic=self.notices.topic,
        )

    def _table(self) -> dynamodb.Table:
        """The batch state, with as much write capacity ready as the knob says."""
        units = self.design.warm_write_units
        table = state_table(
            self,
            warm_throughput=units
            and dynamodb.WarmThroughput(
                read_units_per_second=TABLE_READ_UNITS, write_units_per_second=units
            ),
        )
        reason = "Records live until their item is done; a restored table would fit no queue."
        accepted.accept(table, "DDB3", reason)
        return table

    def _outputs(self) -> dict[str, str]:
        """What the workbench must know to run batches here."""
        return {
            "StateTableName": self.parts.table.table_name,
            "PlanQueueUrl": self.parts.plan_queue.queue_url,
            "ItemQueueUrl": self.parts.item_queue.queue_url,
            "PollQueueUrl": self.parts.poll_queue.queue_url,
            "DeadLettersUrl": self.parts.dead_letters.queue_url,
            "TopicArn": self.notices.topic.topic_arn,
            "NoticesQueueUrl": self.notices.queue.queue_url,
            "BatcherName": self.batcher.function_name,
            "ProcessorName": self.processor.function_name,
            "FinalizerName": self.finalizer.function_name,
            "FailuresName": self.failures.function_name,
            "ItemMappingId": self.item_mapping.event_source_mapping_id,
            "PlanMappingId": self.plan_mapping.event_source_mapping_id,
            "RuleName": self.rule.rule_name,
        }

    def _add(self, spec: FunctionSpec) -> tuple[lambda_.Function, lambda_.EventSourceMapping]:
        """A function and what polls for it."""
        assert spec.source
        function = add_function(self, self.design, self.code, spec)
        return function, add_source(function, spec.source)
