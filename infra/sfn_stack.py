"""Stack `SfnBatchProcessing`: the bucket, three functions, the state machine, the schedule."""

from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from infra import accepted
from infra.functions import FunctionSpec, add_function, allow
from infra.machine import MACHINE_TIMEOUT_H, add_machine
from infra.notices import Notices
from infra.queues import add_queue
from infra.rule import Cron, Trigger, add_rule
from infra.stamp import stamp
from infra.states import BATCHER_TIMEOUT_S, BATCHES, RESULTS, SUMMARY_TIMEOUT_S, Parts
from workbench.designs import Sfn

BATCH_KEPT_DAYS = 30
LOST_VISIBILITY_S = 60


class SfnStack(Stack):
    """The `sfn` design."""

    def __init__(self, app: App, design: Sfn, cron: Cron, code: lambda_.Code) -> None:
        super().__init__(app, design.stack, description="Batches through Step Functions and S3")
        self.design = design
        self.code = code
        self.notices = Notices(self)
        self.bucket = self._bucket()
        self.parts = Parts(
            batcher=self._batcher(),
            processor=self._processor(),
            summary=self._summary(),
            bucket=self.bucket,
            topic=self.notices.topic,
        )
        self.machine = add_machine(self, design, self.parts)
        self._tell_failures()
        self._add_alarm()
        self.rule = self._rule(cron)
        stamp(self, design, self._outputs())

    def _bucket(self) -> s3.Bucket:
        """Items, claims and results. It goes with the stack, once it is empty."""
        bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                    expiration=Duration.days(BATCH_KEPT_DAYS),
                )
            ],
        )
        reason = "Drawn items of a benchmark; a log object a request would cost as much as they do."
        accepted.accept(bucket, "S1", reason)
        return bucket

    def _batcher(self) -> lambda_.Function:
        """Claims a batch, creates the items of each segment."""
        calls = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
        return self._add(
            "batcher",
            BATCHER_TIMEOUT_S,
            [allow([self.bucket.arn_for_objects(BATCHES)], *calls)],
            [BATCHES],
        )

    def _processor(self) -> lambda_.Function:
        """Works the items of a map child."""
        return self._add(
            "processor",
            self.design.processor_timeout_s,
            [allow([self.bucket.arn_for_objects(BATCHES)], "s3:PutObject")],
            [BATCHES],
        )

    def _summary(self) -> lambda_.Function:
        """Counts what failed."""
        below = [BATCHES, RESULTS]
        read = allow([self.bucket.arn_for_objects(keys) for keys in below], "s3:GetObject")
        calls = [allow([self.bucket.bucket_arn], "s3:ListBucket"), read]
        return self._add("summary", SUMMARY_TIMEOUT_S, calls, below)

    def _tell_failures(self) -> None:
        """No Catch sees a timeout, a stop or a data limit of the machine itself: a rule does.

        The batch id is the execution's name: the workbench's own, or EventBridge's for the
        schedule. A batch whose failure was caught is told of twice.
        """
        rule = events.Rule(
            self,
            "Ended",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [self.machine.state_machine_arn],
                },
            ),
        )
        message = {
            "batch_id": events.EventField.from_path("$.detail.name"),
            "design": self.design.name,
            "status": "failed",
            "failed_at": events.EventField.time,
            "reason": f"execution {events.EventField.from_path('$.detail.status')}",
        }
        told = events.RuleTargetInput.from_object(message)
        rule.add_target(targets.SnsTopic(self.notices.topic, message=told))

    def _add_alarm(self) -> None:
        """A batch that stays open. Step Functions has no metric of a running execution's age
        (developer guide, CloudWatch metrics), so the machine's timeout is the limit."""
        alarm = self.machine.metric_timed_out(period=Duration.minutes(5)).create_alarm(
            self,
            "OldestOpenBatch",
            alarm_description=f"A batch was open for {MACHINE_TIMEOUT_H} hours and was stopped",
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        self.notices.tell(alarm)

    def _rule(self, cron: Cron) -> events.Rule:
        """The schedule; a start that EventBridge gives up on is kept."""
        lost = add_queue(
            self,
            "LostTriggers",
            LOST_VISIBILITY_S,
            why_no_redrive="It is a dead-letter queue itself, of the schedule's target.",
        )
        rule = add_rule(self, cron)
        trigger = Trigger(self.design, cron)
        rule.add_target(
            targets.SfnStateMachine(self.machine, input=trigger, dead_letter_queue=lost)
        )
        return rule

    def _outputs(self) -> dict[str, str]:
        """What the workbench must know to run batches here."""
        return {
            "BucketName": self.bucket.bucket_name,
            "StateMachineArn": self.machine.state_machine_arn,
            "TopicArn": self.notices.topic.topic_arn,
            "NoticesQueueUrl": self.notices.queue.queue_url,
            "BatcherName": self.parts.batcher.function_name,
            "ProcessorName": self.parts.processor.function_name,
            "SummaryName": self.parts.summary.function_name,
            "RuleName": self.rule.rule_name,
        }

    def _add(
        self,
        name: str,
        timeout_s: int,
        calls: list[iam.PolicyStatement],
        below: list[str],
    ) -> lambda_.Function:
        """A function that works on the bucket, on the keys `below` certain prefixes."""
        reason = "Batches get their keys when they run; the function keeps below this prefix."
        findings = (accepted.wildcard(self.bucket, "Arn", f"/{keys}") for keys in below)
        spec = FunctionSpec(
            name=name,
            timeout_s=timeout_s,
            environment={"BUCKET": self.bucket.bucket_name},
            calls=calls,
            item_metrics=name == "processor",
            accepted=dict.fromkeys(findings, reason),
        )
        return add_function(self, self.design, self.code, spec)
