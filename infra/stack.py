"""What the stack of every design has: notifications, the schedule, tags and outputs."""

import json
from abc import abstractmethod
from typing import ClassVar

from aws_cdk import App, CfnOutput, Stack, Tags
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from infra.constructs import Cron, Notifications, Trigger
from infra.functions import FunctionSpec, add_function, add_source
from workbench.designs import Design
from workbench.designs.tags import stack_tags

VERSION = "1"  # of the outputs and their meaning; a run refuses a stack of another one
DEAD_LETTERS_PER_INVOCATION = 10
# What an output says of a part, by the kind of the part.
ATTRIBUTES = {
    "functions": "function_name",
    "queues": "queue_url",
    "sources": "event_source_mapping_id",
    "table": "table_name",
    "machine": "state_machine_arn",
    "bucket": "bucket_name",
}


class BatchStack(Stack):
    """The stack of a design. Its subclass makes the parts, and says what starts a batch."""

    about: ClassVar[str]

    def __init__(self, app: App, design: Design, cron: Cron, code: lambda_.Code) -> None:
        super().__init__(app, design.stack, description=self.about)
        self.design, self.code = design, code
        self.notifications = Notifications(self)
        self.build()
        # At 00:00, 06:00, 12:00 and 18:00 UTC, so that the numbers also come from an everyday life.
        # Off means there, but disabled.
        self.rule = events.Rule(
            self,
            "Cron",
            schedule=events.Schedule.cron(minute="0", hour="0,6,12,18"),
            enabled=cron.enabled,
        )
        self.rule.add_target(self.start_with(Trigger(design, cron)))
        for key, value in stack_tags(design.name).items():
            Tags.of(self).add(key, value)
        for name, value in self._outputs().items():
            CfnOutput(self, name, value=value)

    @abstractmethod
    def build(self) -> None:
        """Make the parts of the design, and the alarm on a batch that stays open."""

    @abstractmethod
    def start_with(self, trigger: Trigger) -> events.IRuleTarget:
        """What the schedule starts."""

    def add(self, spec: FunctionSpec) -> lambda_.Function:
        """A function, and its event source if it has one."""
        function = add_function(self, self.design, self.code, spec)
        if spec.source:
            dead = spec.source.node.id == "DeadLetters"
            add_source(
                function, spec.source, self.design, DEAD_LETTERS_PER_INVOCATION if dead else 1
            )
        return function

    def _outputs(self) -> dict[str, str]:
        """What the workbench must know to run batches here: what `design.parts` names, and more."""
        parts, outputs = self.design.parts, {}
        for kind, attribute in ATTRIBUTES.items():
            found = getattr(parts, kind)
            for part in found if isinstance(found, tuple) else [found] if found else []:
                construct = self.node.find_child(part.construct.removesuffix("Source"))
                if kind == "sources":
                    construct = construct.node.find_child("Source")
                outputs[part.output] = getattr(construct, attribute)
        return outputs | {
            "TopicArn": self.notifications.topic.topic_arn,
            "NoticesQueueUrl": self.notifications.queue.queue_url,
            "RuleName": self.rule.rule_name,
            "DesignKnobs": json.dumps(self.design.knobs()),
            "Version": VERSION,
        }
