"""What a run may set on a deployed stack through the API, in an order that AWS accepts.

Which property follows from which knob is the design's to say (`Design.settings`); settings are a
dictionary of the same shape, and `SCHEDULE` besides. Lambda refuses an event source whose queue has
a shorter visibility than the function's timeout (Lambda developer guide, SQS event sources). So
the visibility is raised first and lowered last, whichever way the settings go.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from workbench.designs import Design, Part
from workbench.stacks.aws_clients import Aws
from workbench.stacks.aws_errors import AwsFailed, code_of, plainly
from workbench.stacks.deployed import Deployed
from workbench.stacks.executions import versions
from workbench.targets.aws.timeouts import Clock, Timeouts

# By construct: its properties, as templates name them. None: the property is left out.
Settings = dict[str, dict[str, Any]]
VISIBILITY = "VisibilityTimeout"
FUNCTION = ("MemorySize", "Timeout", "DurableConfig")
SOURCE = ("BatchSize", "MaximumBatchingWindowInSeconds", "ScalingConfig")
LEFT_OUT = {"MaximumBatchingWindowInSeconds": 0, "ScalingConfig": {}}  # as the API says it
MACHINE = ("TimeoutSeconds",)  # of its definition
# What makes one version of a function another one than the next.
VERSIONED = ("CodeSha256", "Environment", "Role", "Handler", "Runtime", *FUNCTION)
SCHEDULE = "Schedule"
SCHEDULES = ({"State": "ENABLED"}, {"State": "DISABLED"})
IN_USE = ("ResourceInUseException", "ResourceConflictException")  # a change is under way


def settings_of(design: Design, deadline_s: int | None = None) -> Settings:
    """The settings under which a batch with these knobs runs; nothing else is started meanwhile.

    A state machine ends by itself what is not complete by the deadline, and so does a durable
    function. No input can say when: that is a number in its definition (Step Functions guide, State
    machine structure), or in its configuration (Lambda guide, Configure durable functions).
    """
    own = design.settings()
    settable = {
        part.construct: {name: own[part.construct][name] for name in names}
        for part, names in _settable(design)
    }
    if design.parts.machine and deadline_s is not None:
        settable[design.parts.machine.construct] = dict.fromkeys(MACHINE, deadline_s)
    for part in design.parts.functions:
        if deadline_s is not None and (limits := own[part.construct].get("DurableConfig")):
            limited = {"DurableConfig": limits | {"ExecutionTimeout": deadline_s}}
            settable[part.construct] = settable[part.construct] | limited
    return settable | {SCHEDULE: {"State": "DISABLED"}}


def is_scheduled(settings: Settings) -> bool:
    """Whether the schedule is on."""
    return settings[SCHEDULE]["State"] == "ENABLED"


def with_schedule(settings: Settings, on: bool) -> Settings:
    """The same settings with the schedule on or off."""
    return settings | {SCHEDULE: {"State": "ENABLED" if on else "DISABLED"}}


@dataclass(frozen=True)
class StackSettings:
    """Reads and sets the settings of one deployed stack."""

    aws: Aws
    deployed: Deployed
    clock: Clock = field(default_factory=Clock)
    timeouts: Timeouts = field(default_factory=Timeouts)

    def read(self) -> Settings:
        """The settings as they are now."""
        found = {}
        with plainly():
            for part, names in _settable(self.deployed.design):
                now = self._read(part)
                found[part.construct] = {name: now.get(name) or None for name in names}
            rule = self.aws.client("events").describe_rule(Name=self.deployed.outputs["RuleName"])
        return found | {SCHEDULE: {"State": rule["State"]}}

    def set(self, now: Settings, goal: Settings) -> None:
        """Go from the settings as they are to these."""
        parts = [part for part, _ in _settable(self.deployed.design)]
        changed = [part for part in parts if goal[part.construct] != now[part.construct]]
        queues = [part for part in changed if VISIBILITY in goal[part.construct]]
        raised = [one for one in queues if _visibility_s(goal, one) > _visibility_s(now, one)]
        with plainly():
            if is_scheduled(now) and not is_scheduled(goal):
                self._switch_schedule("disable_rule")
            for queue in raised:
                self._set_queue(queue, goal)
            longest_s = max((one.get("Timeout") or 0 for one in goal.values()), default=0)
            if any(_visibility_s(now, one) < longest_s for one in raised):
                self.clock.sleep(self.timeouts.visibility_s)
            for part in changed:
                if part in self.deployed.design.parts.functions:
                    self._set_function(part, goal[part.construct])
                elif part == self.deployed.design.parts.machine:
                    self._set_machine(part, goal[part.construct])
                elif part not in queues:
                    self._set_source(part, goal[part.construct])
            for queue in queues:
                if queue not in raised:
                    self._set_queue(queue, goal)
            if is_scheduled(goal) and not is_scheduled(now):
                self._switch_schedule("enable_rule")

    def switch_sources(self, on: bool) -> None:
        """Switch the event sources that bring work on or off, and wait until they are."""
        sources = self.deployed.design.parts.sources
        with plainly():
            for part in sources:
                self._update_source(part, Enabled=on)
            for part in sources:
                self._await_source(part)

    def sources_on(self) -> bool:
        """Whether the event sources are on."""
        with plainly():
            states = [self._source(part)["State"] for part in self.deployed.design.parts.sources]
        return all(state in ("Enabled", "Enabling", "Updating") for state in states)

    def _name(self, part: Part) -> str:
        return self.deployed.outputs[part.output]

    def _source(self, part: Part) -> dict[str, Any]:
        return self.aws.client("lambda").get_event_source_mapping(UUID=self._name(part))

    def _read(self, part: Part) -> Mapping[str, Any]:
        """The properties that a part has now."""
        parts = self.deployed.design.parts
        if part in parts.functions:
            qualified = {"Qualifier": part.alias} if part.alias else {}
            return self.aws.client("lambda").get_function_configuration(
                FunctionName=self._name(part), **qualified
            )
        if part in parts.sources:
            return self._source(part)
        if part == parts.machine:
            return self._definition(part)
        answer = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self._name(part), AttributeNames=[VISIBILITY]
        )
        return {VISIBILITY: int(answer["Attributes"][VISIBILITY])}

    def _definition(self, part: Part) -> dict[str, Any]:
        """A state machine's definition."""
        answer = self.aws.client("stepfunctions").describe_state_machine(
            stateMachineArn=self._name(part)
        )
        return json.loads(answer["definition"])

    def _set_machine(self, part: Part, own: Mapping[str, Any]) -> None:
        """Change a state machine; executions that run keep the definition they began with.

        One that is started just then may have the old one, too (UpdateStateMachine, API reference).
        """
        definition = json.dumps(self._definition(part) | own)
        self.aws.client("stepfunctions").update_state_machine(
            stateMachineArn=self._name(part), definition=definition
        )
        self.clock.sleep(self.timeouts.machine_s)

    def _set_queue(self, part: Part, goal: Settings) -> None:
        self.aws.client("sqs").set_queue_attributes(
            QueueUrl=self._name(part), Attributes={VISIBILITY: str(_visibility_s(goal, part))}
        )

    def _set_function(self, part: Part, settings: Mapping[str, Any]) -> None:
        client, name = self.aws.client("lambda"), self._name(part)
        self._once_free(part, client.update_function_configuration, FunctionName=name, **settings)
        tries = max(1, round(self.timeouts.settings_s))
        client.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": tries}
        )
        if part.alias:
            version = self._like_now(name) or self._published(part)
            self._once_free(
                part,
                client.update_alias,
                FunctionName=name,
                Name=part.alias,
                FunctionVersion=version,
            )

    def _like_now(self, name: str) -> str:
        """A version that is as the function is now, or nothing: what a run sets and puts back
        makes no more versions than it must."""
        client = self.aws.client("lambda")
        now = client.get_function_configuration(FunctionName=name)
        for one in versions(client, name):
            same = all(one.get(key) == now.get(key) for key in VERSIONED)
            if one["Version"].isdigit() and same:
                return one["Version"]
        return ""

    def _published(self, part: Part) -> str:
        """A new version of a function as it is now."""
        publish = self.aws.client("lambda").publish_version
        return self._once_free(part, publish, FunctionName=self._name(part))["Version"]

    def _set_source(self, part: Part, settings: Mapping[str, Any]) -> None:
        own = {name: LEFT_OUT[name] if value is None else value for name, value in settings.items()}
        self._update_source(part, **own)
        self._await_source(part)

    def _update_source(self, part: Part, **own: Any) -> None:
        """Change an event source, once an earlier change of it is through."""
        update = self.aws.client("lambda").update_event_source_mapping
        self._once_free(part, update, UUID=self._name(part), **own)

    def _once_free(self, part: Part, update: Callable[..., Any], **given: Any) -> Any:
        """Make a change as soon as Lambda takes it: it refuses one while another is under way.

        A run that was interrupted may have left such a change (Lambda API,
        UpdateEventSourceMapping and UpdateFunctionConfiguration, errors).
        """
        until = self.clock.now() + self.timeouts.settings_s
        while True:
            try:
                return update(**given)
            except ClientError as error:
                if code_of(error) not in IN_USE:
                    raise
            if self.clock.now() >= until:
                raise AwsFailed(
                    f"an earlier change of {part.construct} is still under way after "
                    f"{self.timeouts.settings_s:.0f} s. Look at it in the Lambda console."
                )
            self.clock.sleep(1)

    def _await_source(self, part: Part) -> None:
        """Wait until an event source has taken its settings: there is no waiter for it."""
        until = self.clock.now() + self.timeouts.settings_s
        while (state := self._source(part)["State"]) not in ("Enabled", "Disabled"):
            if self.clock.now() >= until:
                raise AwsFailed(
                    f"the event source of the {part.role} is still {state} after "
                    f"{self.timeouts.settings_s:.0f} s. Look at it in the Lambda console."
                )
            self.clock.sleep(1)

    def _switch_schedule(self, call: str) -> None:
        getattr(self.aws.client("events"), call)(Name=self.deployed.outputs["RuleName"])


def _settable(design: Design) -> Iterator[tuple[Part, list[str]]]:
    """The parts with properties that follow from knobs and that the API sets for one run."""
    parts, settings = design.parts, design.settings()
    machines = (parts.machine,) if parts.machine else ()
    kinds = (
        *((parts.functions, FUNCTION), (parts.sources, SOURCE)),
        *((parts.queues, (VISIBILITY,)), (machines, MACHINE)),
    )
    for some, names in kinds:
        for part in some:
            if own := [name for name in names if name in settings.get(part.construct, {})]:
                yield part, own


def _visibility_s(settings: Settings, queue: Part) -> int:
    return settings[queue.construct][VISIBILITY] or 0
