"""What a design's stack is made of, and what `workbench tune` may search: said once, by role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORK, DISPATCH, KNOWING = "work", "dispatch", "knowing"  # what a cost is for
# Of every stack, whatever its design.
COMMON_OUTPUTS = ("TopicArn", "NoticesQueueUrl", "RuleName", "DesignKnobs")


@dataclass(frozen=True)
class Part:
    """A function, queue, table, machine, bucket or event source.

    `construct` is its name in the stack's template, `output` the stack's output that says what it
    is called once deployed: a name, a URL, an ARN or an id.
    """

    role: str
    construct: str
    output: str
    purpose: str = KNOWING
    alias: str = ""  # of a function that is started by it: it means a version, whose settings stay


@dataclass(frozen=True)
class Parts:
    """The parts of a design. `sources` are the event sources that bring work about."""

    functions: tuple[Part, ...]
    queues: tuple[Part, ...] = ()
    sources: tuple[Part, ...] = ()
    table: Part | None = None
    machine: Part | None = None
    bucket: Part | None = None
    knowing_states: tuple[str, ...] = ()  # of the machine; its other states dispatch

    @property
    def outputs(self) -> tuple[str, ...]:
        """Every output that a run on the stack stands on."""
        single = [one for one in (self.table, self.machine, self.bucket) if one]
        named = [one.output for one in (*self.functions, *self.queues, *self.sources, *single)]
        return (*named, *COMMON_OUTPUTS)

    def names(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """What the deployed parts are called, by role; of a queue's URL the last part is its name.

        The machine goes by its ARN, which CloudWatch knows it by.
        """
        single = [one for one in (self.table, self.machine) if one]
        return {
            one.role: outputs[one.output].rsplit("/", 1)[-1]
            if one.output.endswith("Url")
            else outputs[one.output]
            for one in (*self.functions, *self.queues, *single)
            if one.output in outputs
        }

    def function_names(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """What the deployed functions are called, by role."""
        return {one.role: outputs[one.output] for one in self.functions if one.output in outputs}

    def purpose_of(self, role: str) -> str:
        """What the cost of a function or a queue is for."""
        found = [one.purpose for one in (*self.functions, *self.queues) if one.role == role]
        return found[0] if found else KNOWING

    def purpose_of_state(self, name: str) -> str:
        """What the cost of entering a state of the machine is for."""
        return KNOWING if name in self.knowing_states else DISPATCH


@dataclass(frozen=True)
class Search:
    """What `workbench tune` searches.

    `lot` is the knob that says how many items go together, `roomy` the knobs with which the largest
    lot fits, `axes` the values of the other knobs. `promised` are knobs that no candidate gives up.
    `hurried` are knobs that buy time and never cheapness: they are tried beside
    the best of the others.
    """

    lot: str
    roomy: Mapping[str, Any]
    axes: Mapping[str, tuple]
    promised: Mapping[str, Any] = field(default_factory=dict)
    hurried: tuple[Mapping[str, Any], ...] = ()


def function(role: str, purpose: str = KNOWING, alias: str = "") -> Part:
    """A function of the stack, named after its handler's module."""
    return Part(role, role.capitalize(), f"{role.capitalize()}Name", purpose, alias)


QUEUES = (
    Part("plan_queue", "PlanQueue", "PlanQueueUrl", DISPATCH),
    Part("item_queue", "ItemQueue", "ItemQueueUrl", DISPATCH),
    Part("poll_queue", "PollQueue", "PollQueueUrl"),
    Part("dead_letters", "DeadLetters", "DeadLettersUrl"),
)
# Of a design whose items come through a queue and whose state is a table.
QUEUED = Parts(
    functions=(
        function("batcher", DISPATCH),
        function("processor", WORK),
        function("finalizer"),
        function("failures"),
    ),
    queues=QUEUES,
    sources=(
        Part("items", "ProcessorSource", "ItemMappingId", DISPATCH),
        Part("plans", "BatcherSource", "PlanMappingId", DISPATCH),
    ),
    table=Part("table", "BatchState", "StateTableName"),
)
