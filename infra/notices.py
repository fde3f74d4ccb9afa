"""Where a batch's end is told: a topic for people and alarms, and a queue that listens to it.

The workbench learns of completion from the queue; somebody's mail address may be subscribed too.
"""

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.queues import add_queue

VISIBILITY_S = 60  # a reader that dies shows its notice again after a minute


class Notices(Construct):
    """The topic, and the queue that gets every message of it as it was published."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Notices")
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        self.queue = add_queue(
            self,
            "Queue",
            VISIBILITY_S,
            why_no_redrive="Only the workbench reads it, and deletes what it read; a notice that "
            "nobody wants expires.",
        )
        self.topic.add_subscription(
            subscriptions.SqsSubscription(self.queue, raw_message_delivery=True)
        )

    def tell(self, alarm: cloudwatch.Alarm) -> None:
        """Publish when the alarm goes off."""
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        # The policy that refuses plain HTTP replaces the default one, which let alarms in.
        statement = iam.PolicyStatement(
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[self.topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
        self.topic.add_to_resource_policy(statement)
