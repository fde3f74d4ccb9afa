"""What a run may set on a deployed stack through the API, in an order that AWS accepts.

Lambda refuses an event source whose queue has a shorter visibility than the function's timeout
(Lambda developer guide, SQS event sources). So the visibility is raised first and lowered last,
whichever way the settings go.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from workbench.designs import Design, Part
from workbench.errors import BadRecord
from workbench.stacks.aws_clients import Aws, AwsFailed, plainly
from workbench.stacks.deployed import Deployed
from workbench.targets.aws.timeouts import Clock, Timeouts


@dataclass(frozen=True)
class FunctionSettings:
    """Of a Lambda function."""

    memory_mb: int
    timeout_s: int


@dataclass(frozen=True)
class MappingSettings:
    """Of an event source."""

    batch_size: int
    window_s: int
    max_concurrency: int | None


@dataclass(frozen=True)
class Settings:
    """Everything that a run sets: functions by role, event sources, the item queue, the rule."""

    functions: dict[str, FunctionSettings]
    mappings: dict[str, MappingSettings]
    visibility_s: int | None
    cron: bool

    def as_json(self) -> dict[str, Any]:
        """For the ledger."""
        return asdict(self)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Settings":
        """From the ledger."""
        try:
            functions, mappings = content["functions"], content["mappings"]
            return Settings(
                {role: FunctionSettings(**one) for role, one in functions.items()},
                {name: MappingSettings(**one) for name, one in mappings.items()},
                content["visibility_s"],
                content["cron"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise BadRecord(f"the ledger's settings of a stack do not fit: {error!r}") from None


class StackSettings:
    """Reads and sets the settings of one deployed stack."""

    def __init__(
        self, aws: Aws, deployed: Deployed, clock: Clock | None = None, timeouts: Any = None
    ) -> None:
        self._aws = aws
        self._deployed = deployed
        self._clock = clock or Clock()
        self._timeouts: Timeouts = timeouts or Timeouts()

    def read(self) -> Settings:
        """The settings as they are now."""
        outputs = self._deployed.outputs
        parts = self._deployed.design.parts
        with plainly():
            rule = self._aws.client("events").describe_rule(Name=outputs["RuleName"])
            return Settings(
                functions={one.role: self._function(one.role) for one in self._sized()},
                mappings={one.role: self._mapping(one.role) for one in parts.sources},
                visibility_s=self._visibility_s() if self._item_queue else None,
                cron=rule["State"] == "ENABLED",
            )

    def set(self, now: Settings, goal: Settings) -> None:
        """Go from the settings as they are to these."""
        with plainly():
            if now.cron and not goal.cron:
                self._switch_cron(False)
            if goal.visibility_s is not None and goal.visibility_s > (now.visibility_s or 0):
                self._set_visibility(goal.visibility_s)
                longest_s = goal.functions["processor"].timeout_s
                if (now.visibility_s or 0) < longest_s:
                    self._clock.sleep(self._timeouts.visibility_s)
            for role, function in goal.functions.items():
                if function != now.functions[role]:
                    self._set_function(role, function)
            for name, mapping in goal.mappings.items():
                if mapping != now.mappings[name]:
                    self._set_mapping(name, mapping)
            if goal.visibility_s is not None and goal.visibility_s < (now.visibility_s or 0):
                self._set_visibility(goal.visibility_s)
            if goal.cron and not now.cron:
                self._switch_cron(True)

    def switch_sources(self, on: bool) -> None:
        """Switch the event sources of the item and plan queues on or off, and wait until it is."""
        names = [one.role for one in self._deployed.design.parts.sources]
        with plainly():
            for name in names:
                self._aws.client("lambda").update_event_source_mapping(
                    UUID=self._mapping_id(name), Enabled=on
                )
            for name in names:
                self._await_mapping(name)

    def sources_on(self) -> bool:
        """Whether the event sources are on."""
        with plainly():
            states = [
                self._aws.client("lambda").get_event_source_mapping(UUID=self._mapping_id(one.role))
                for one in self._deployed.design.parts.sources
            ]
        return all(one["State"] in ("Enabled", "Enabling", "Updating") for one in states)

    def _sized(self) -> list[Part]:
        """The functions whose memory a knob says."""
        settings = self._deployed.design.settings()
        functions = self._deployed.design.parts.functions
        return [one for one in functions if "MemorySize" in settings[one.construct]]

    @property
    def _item_queue(self) -> str:
        """The URL of the queue whose visibility follows from the knobs; none without one."""
        settings = self._deployed.design.settings()
        for queue in self._deployed.design.parts.queues:
            if "VisibilityTimeout" in settings.get(queue.construct, {}):
                return self._deployed.outputs[queue.output]
        return ""

    def _function(self, role: str) -> FunctionSettings:
        found = self._aws.client("lambda").get_function_configuration(
            FunctionName=self._deployed.function(role)
        )
        return FunctionSettings(found["MemorySize"], found["Timeout"])

    def _mapping(self, name: str) -> MappingSettings:
        found = self._aws.client("lambda").get_event_source_mapping(UUID=self._mapping_id(name))
        return MappingSettings(
            found["BatchSize"],
            found.get("MaximumBatchingWindowInSeconds", 0),
            (found.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        )

    def _visibility_s(self) -> int:
        answer = self._aws.client("sqs").get_queue_attributes(
            QueueUrl=self._item_queue, AttributeNames=["VisibilityTimeout"]
        )
        return int(answer["Attributes"]["VisibilityTimeout"])

    def _set_visibility(self, visibility_s: int) -> None:
        self._aws.client("sqs").set_queue_attributes(
            QueueUrl=self._item_queue,
            Attributes={"VisibilityTimeout": str(visibility_s)},
        )

    def _set_function(self, role: str, settings: FunctionSettings) -> None:
        name = self._deployed.function(role)
        self._aws.client("lambda").update_function_configuration(
            FunctionName=name, MemorySize=settings.memory_mb, Timeout=settings.timeout_s
        )
        waiter = self._aws.client("lambda").get_waiter("function_updated_v2")
        tries = max(1, round(self._timeouts.settings_s))
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": tries})

    def _set_mapping(self, name: str, settings: MappingSettings) -> None:
        limit = settings.max_concurrency
        self._aws.client("lambda").update_event_source_mapping(
            UUID=self._mapping_id(name),
            BatchSize=settings.batch_size,
            MaximumBatchingWindowInSeconds=settings.window_s,
            ScalingConfig={} if limit is None else {"MaximumConcurrency": limit},
        )
        self._await_mapping(name)

    def _await_mapping(self, name: str) -> None:
        """Wait until an event source has taken its settings: there is no waiter for it."""
        until = self._clock.now() + self._timeouts.settings_s
        while True:
            found = self._aws.client("lambda").get_event_source_mapping(UUID=self._mapping_id(name))
            if found["State"] in ("Enabled", "Disabled"):
                return
            if self._clock.now() >= until:
                raise AwsFailed(
                    f"the event source of the {name} is still {found['State']} after "
                    f"{self._timeouts.settings_s:.0f} s. Look at it in the Lambda console."
                )
            self._clock.sleep(1)

    def _mapping_id(self, name: str) -> str:
        sources = {one.role: one.output for one in self._deployed.design.parts.sources}
        return self._deployed.outputs[sources[name]]

    def _switch_cron(self, on: bool) -> None:
        events = self._aws.client("events")
        switch = events.enable_rule if on else events.disable_rule
        switch(Name=self._deployed.outputs["RuleName"])


def wanted(now: Settings, design: Design) -> Settings:
    """The settings under which a batch with these knobs runs; nothing else is started meanwhile."""
    settings, parts = design.settings(), design.parts
    constructs = {one.role: one.construct for one in (*parts.functions, *parts.sources)}
    visible = [one["VisibilityTimeout"] for one in settings.values() if "VisibilityTimeout" in one]
    return Settings(
        functions={
            role: _function(old, settings[constructs[role]]) for role, old in now.functions.items()
        },
        mappings={
            role: _mapping(old, settings[constructs[role]]) for role, old in now.mappings.items()
        },
        visibility_s=visible[0] if visible else None,
        cron=False,
    )


def _function(now: FunctionSettings, own: Mapping[str, Any]) -> FunctionSettings:
    """A function's settings: those of the knobs, and else what it has."""
    return FunctionSettings(own.get("MemorySize", now.memory_mb), own.get("Timeout", now.timeout_s))


def _mapping(now: MappingSettings, own: Mapping[str, Any]) -> MappingSettings:
    """An event source's settings: those of the knobs, and else what it has."""
    window_s, scaling = now.window_s, own["ScalingConfig"] or {}
    if "MaximumBatchingWindowInSeconds" in own:
        window_s = own["MaximumBatchingWindowInSeconds"] or 0
    return MappingSettings(
        own.get("BatchSize", now.batch_size), window_s, scaling.get("MaximumConcurrency")
    )
