"""The cron rule: four batches a day, so that the numbers also come from an everyday life."""

import json
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_events as events

from workbench.designs import Design


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


def add_rule(stack: Stack, cron: Cron) -> events.Rule:
    """The rule at 00:00, 06:00, 12:00 and 18:00 UTC. Off means there, but disabled."""
    return events.Rule(
        stack,
        "Cron",
        schedule=events.Schedule.cron(minute="0", hour="0,6,12,18"),
        enabled=cron.enabled,
    )
