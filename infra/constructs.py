"""The constructs that stacks share: policies, logs, buckets, queues, topic, alarms, schedule.

Findings of cdk-nag are accepted each by itself, on one construct, with a reason. A test fails on a
finding that is not accepted, and on an acceptance that answers no finding.
"""

import json
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Aws, CfnElement, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from workbench.designs import Design

PACK = "AwsSolutions"
RETENTION_DAYS = 14  # SQS's longest: a weekend and a holiday must not lose a batch
NOTIFICATION_HIDDEN_S = 60  # a reader that dies shows what it read again after a minute


def accept(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding of the pack, `SQS3` for example, on one construct."""
    rule = Acknowledgment(id=f"{PACK}::{PACK}-{finding}", reason=reason)
    Validations.of(construct).acknowledge(rule)


def wildcard(owner: IConstruct, attribute: str, rest: str, before: str = "") -> str:
    """The finding of a policy on `before`, the owner's attribute and `rest`, where the star is."""
    element = owner.node.default_child
    assert isinstance(element, CfnElement)
    name = Stack.of(owner).get_logical_id(element)
    return f"IAM5[Resource::{before}<{name}.{attribute}>{rest}]"


def allow(resources: list[str], *actions: str) -> iam.PolicyStatement:
    """A statement that allows exactly these actions on exactly these resources."""
    return iam.PolicyStatement(actions=list(actions), resources=resources)


def add_logs(stack: Stack, id: str) -> logs.LogGroup:
    """A log group that expires, and is deleted with its stack."""
    return logs.LogGroup(
        stack,
        id,
        retention=logs.RetentionDays.TWO_WEEKS,
        removal_policy=RemovalPolicy.DESTROY,
    )


def add_bucket(stack: Stack, id: str, kept_days: int, why_no_log: str) -> s3.Bucket:
    """A private bucket whose objects expire; it goes with its stack, once it is empty."""
    bucket = s3.Bucket(
        stack,
        id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        removal_policy=RemovalPolicy.DESTROY,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(1),
                expiration=Duration.days(kept_days),
            )
        ],
    )
    accept(bucket, "S1", why_no_log)
    return bucket


def add_queue(
    scope: Construct,
    id: str,
    visibility_s: int,
    redrive: sqs.DeadLetterQueue | None = None,
    why_no_redrive: str = "",
) -> sqs.Queue:
    """A queue; without a redrive, and not a dead-letter queue itself, it must give a reason."""
    queue = sqs.Queue(
        scope,
        id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(RETENTION_DAYS),
        visibility_timeout=Duration.seconds(visibility_s),
        removal_policy=RemovalPolicy.DESTROY,
        dead_letter_queue=redrive,
    )
    if why_no_redrive:
        accept(queue, "SQS3", why_no_redrive)
    return queue


class Notifications(Construct):
    """A topic for people and alarms, and a queue that gets every message as it was published.

    The workbench learns of completion from the queue; a mail address may be subscribed too.
    """

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Notices")
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.queue = add_queue(
            self,
            "Queue",
            NOTIFICATION_HIDDEN_S,
            why_no_redrive="Only the workbench reads it, and deletes what it read; a notice that "
            "nobody wants expires.",
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(self.queue, raw_message_delivery=True)
        )

    def alarm_above(self, metric: cloudwatch.Metric, threshold: float, description: str) -> None:
        """Publish when the metric of open batches passes the threshold."""
        alarm = metric.create_alarm(
            Stack.of(self),
            "OldestOpenBatch",
            alarm_description=description,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        # The policy that refuses plain HTTP replaces the default one, which let alarms in.
        self._let_publish("cloudwatch", {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})

    def allow_rule(self, rule: events.Rule) -> None:
        """Let this rule publish, and no other: a service's name alone lets in all accounts'.

        The condition keys are in the EventBridge user guide, Using IAM policy conditions.
        """
        self._let_publish("events", {"ArnEquals": {"aws:SourceArn": rule.rule_arn}})

    def _let_publish(self, service: str, conditions: dict[str, dict[str, str]]) -> None:
        """Let a service publish under conditions on what it does so for."""
        statement = iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
            resources=[self.topic.topic_arn],
            conditions=conditions,
        )
        self.topic.add_to_resource_policy(statement)


@dataclass(frozen=True)
class Cron:
    """Whether the schedule runs, and how many items a scheduled batch has."""

    enabled: bool = True
    items: int = 100


class Trigger(events.RuleTargetInput):
    """What a scheduled batch is started with; its id comes from the scheduled time.

    Our own template, because `RuleTargetInput.from_object` leaves out what is null, and a knob that
    is null (no limit) is not a knob that is missing.
    """

    def __init__(self, design: Design, cron: Cron) -> None:
        super().__init__()
        rest = json.dumps({"items": cron.items, "knobs": design.batch_knobs()})
        self.template = f'{{"time": <time>, {rest[1:]}'

    def bind(self, rule: events.IRule) -> events.RuleTargetInputProperties:  # noqa: ARG002
        """The input transformer."""
        return events.RuleTargetInputProperties(
            input_paths_map={"time": "$.time"}, input_template=self.template
        )
