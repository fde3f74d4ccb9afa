"""Stack `SfnBatchProcessing`: the bucket, three functions, the state machine, the schedule."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from infra.constructs import Trigger, add_bucket, add_queue, allow, wildcard
from infra.functions import FunctionSpec
from infra.machine import add_machine
from infra.stack import BatchStack
from infra.states import BATCHER_TIMEOUT_S, BATCHES, RESULTS, SUMMARY_TIMEOUT_S, Parts
from workbench.designs import BATCH_KEPT_DAYS

LOST_HIDDEN_S = 60


class SfnStack(BatchStack):
    """The `sfn` design."""

    about = "Batches through Step Functions and S3"

    def build(self) -> None:
        self.bucket = self._bucket()
        topic, limit_s = self.notifications.topic, self.design.processor_timeout_s
        parts = Parts(
            batcher=self._add(
                "batcher", BATCHER_TIMEOUT_S, "GetObject PutObject AbortMultipartUpload"
            ),
            processor=self._add("processor", limit_s, "PutObject"),
            summary=self._add("summary", SUMMARY_TIMEOUT_S, "GetObject", lists=True),
            bucket=self.bucket,
            topic=topic,
        )
        self.machine = add_machine(self, self.design, parts)
        self._publish_failures()
        # Step Functions has no metric of a running execution's age (developer guide, CloudWatch
        # metrics), so the machine's timeout is the limit.
        stopped = self.machine.metric_timed_out(period=Duration.minutes(5))
        description = "A batch was stopped by its execution's limit of time"
        self.notifications.alarm_above(stopped, 0, description)

    def start_with(self, trigger: Trigger) -> targets.SfnStateMachine:
        """The machine; a start that EventBridge gives up on is kept."""
        why = "It is a dead-letter queue itself, of the schedule's target."
        lost = add_queue(self, "LostTriggers", LOST_HIDDEN_S, why_no_redrive=why)
        return targets.SfnStateMachine(self.machine, input=trigger, dead_letter_queue=lost)

    def _bucket(self) -> s3.Bucket:
        """Items, claims and results."""
        reason = "Drawn items of a benchmark; a log object a request would cost as much as they do."
        return add_bucket(self, "Bucket", BATCH_KEPT_DAYS, reason)

    def _publish_failures(self) -> None:
        """No Catch sees a timeout, a stop or a data limit of the machine itself: a rule does.

        The batch id is the execution's name: the workbench's own, or EventBridge's for the
        schedule. A batch whose failure was caught is notified of twice.
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
        notification = events.RuleTargetInput.from_object(message)
        self.notifications.allow_rule(rule)
        # By its ARN, so that CDK does not let every rule of every account in besides.
        topic = sns.Topic.from_topic_arn(self, "EndedTopic", self.notifications.topic.topic_arn)
        rule.add_target(targets.SnsTopic(topic, message=notification))

    def _add(
        self, name: str, timeout_s: int, actions: str, lists: bool = False
    ) -> lambda_.Function:
        """A function that works on the bucket's batches; one that lists reads the results too."""
        below = [BATCHES, RESULTS] if lists else [BATCHES]
        keys = [self.bucket.arn_for_objects(one) for one in below]
        calls = [allow([self.bucket.bucket_arn], "s3:ListBucket")] if lists else []
        calls.append(allow(keys, *(f"s3:{action}" for action in actions.split())))
        reason = "Batches get their keys when they run; the function keeps below this prefix."
        findings = (wildcard(self.bucket, "Arn", f"/{one}") for one in below)
        return self.add(
            FunctionSpec(
                name=name,
                timeout_s=timeout_s,
                environment={"BUCKET": self.bucket.bucket_name},
                calls=calls,
                accepted=dict.fromkeys(findings, reason),
            )
        )
