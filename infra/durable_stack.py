"""Stack `DurableBatchProcessing`: the orchestrator, which is a durable function, and the processor.

cron ──> orchestrator (live) ──> orchestrator, a segment ──> processor, a chunk
              └──> topic <── Lambda: the trigger of an execution that failed, or took too long
"""

from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.constructs import Trigger, accept, add_bucket, allow, wildcard
from infra.functions import FunctionSpec
from infra.stack import BatchStack
from workbench.designs import BATCH_KEPT_DAYS, DURABLE_ALIAS

BATCHES = "batches/*"  # claims, and lists of what failed


class DurableStack(BatchStack):
    """The `durable` design."""

    about = "Batches through a durable function"

    def build(self) -> None:
        reason = "Claims and failures of a benchmark; a log object a request costs as much."
        self.bucket = add_bucket(self, "Bucket", BATCH_KEPT_DAYS, reason)
        topic = self.notifications.topic
        self.processor = self._add("processor", {}, [])
        publish = allow([topic.topic_arn], "sns:Publish")  # and what Lambda gives up on
        invoke = allow([self.processor.function_arn], "lambda:InvokeFunction")
        variables = {"PROCESSOR": self.processor.function_name, "TOPIC_ARN": topic.topic_arn}
        self.orchestrator = self._add("orchestrator", variables, [publish, invoke], durable=True)
        self._let_go_on()
        self.live = lambda_.Alias(
            self, "Live", alias_name=DURABLE_ALIAS, version=self.orchestrator.current_version
        )

    def start_with(self, trigger: Trigger) -> targets.LambdaFunction:
        """An asynchronous invoke, whose execution may outlast fifteen minutes."""
        return targets.LambdaFunction(self.live, event=trigger)

    def _let_go_on(self) -> None:
        """What a durable function may do with its own executions, and start them for segments.

        In a policy of its own: the function needs its role first, and this the function.
        """
        actions = ("CheckpointDurableExecution", "GetDurableExecutionState", "InvokeFunction")
        versions = f"{self.orchestrator.function_arn}:*"
        policy = iam.Policy(
            self,
            "GoesOn",
            statements=[allow([versions], *(f"lambda:{action}" for action in actions))],
        )
        policy.attach_to_role(self.node.find_child("OrchestratorRole"))
        why = "Versions and executions of this function get their names later."
        accept(policy, wildcard(self.orchestrator, "Arn", ":*"), why)

    def _add(
        self,
        name: str,
        variables: dict[str, str],
        calls: list[iam.PolicyStatement],
        durable: bool = False,
    ) -> lambda_.Function:
        """A function that reads and writes the batches' objects."""
        objects = self.bucket.arn_for_objects(BATCHES)
        reason = "Batches get their keys when they run; the function keeps below this prefix."
        return self.add(
            FunctionSpec(
                name=name,
                environment={"BUCKET": self.bucket.bucket_name, **variables},
                calls=[allow([objects], "s3:GetObject", "s3:PutObject"), *calls],
                accepted={wildcard(self.bucket, "Arn", f"/{BATCHES}"): reason},
                durable=durable,
                dead_letters=self.notifications.topic if durable else None,
            )
        )
