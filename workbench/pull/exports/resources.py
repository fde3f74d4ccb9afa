"""Which part of a design a billed resource is, by its name alone: no tag is asked for.

CloudFormation names a thing `<stack>-<logical id>-<random>`, in small letters where it is a bucket,
and a state machine without its stack; the CDK's logical id is the construct's name and eight digits
of a hash (CloudFormation user guide, Name type; CDK guide, Identifiers). So a machine that nobody
knows by name is believed only if it is the only one of that kind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.designs import Design, Parts
from workbench.runs.resources import TOPIC

NOTICES, ALARM = "notices_queue", "alarm"  # of every stack, beside its parts
COMMON = {"noticestopic": TOPIC, "topic": TOPIC, "noticesqueue": NOTICES, "oldestopenbatch": ALARM}
GENERATED = re.compile(r"(?P<construct>[a-z]+?)(?:[0-9a-f]{8})?(?:-[a-z0-9]+)?", re.IGNORECASE)
MACHINES = "states"
KINDS = re.compile(  # before a name in an ARN's last part
    "(?:function|table|stateMachine|mapRun|execution|express|log-group|alarm|event-source-mapping)"
    "[:/]"
)


@dataclass(frozen=True)
class Resource:
    """A resource id of a bill: an ARN, or of a bucket its name alone."""

    id: str

    @property
    def service(self) -> str:
        """As ARNs have it."""
        return self.id.split(":")[2] if self._is_arn else "s3"

    @property
    def region(self) -> str:
        """Empty where its ARN has none."""
        return self.id.split(":")[3] if self._is_arn else ""

    @property
    def name(self) -> str:
        """What it is called; of a map run, an index or a version the machine, table or function."""
        if not self._is_arn:
            return self.id
        own = KINDS.sub("", self.id.split(":", 5)[5], count=1).removesuffix(":*")
        own = own.removeprefix("/aws/lambda/")
        return re.split("[:/]", own, maxsplit=1)[0]

    @property
    def _is_arn(self) -> bool:
        return self.id.startswith("arn:") and self.id.count(":") >= 5


@dataclass(frozen=True)
class Stack:
    """A design's stack; `names` are those of its parts that are known, by role."""

    design: type[Design]
    names: Mapping[str, str]

    def known(self, resource: Resource) -> str:
        """The role of a resource whose very name is known; else empty."""
        own = {re.split("[:/]", name)[-1]: role for role, name in self.names.items()}
        return own.get(resource.name, "")

    def role(self, resource: Resource) -> str:
        """The role of a resource in the stack; empty if it is no part of it."""
        name = resource.name
        if role := self.known(resource):
            return role
        prefix = f"{self.design.stack}-"
        of_stack = name.lower().startswith(prefix.lower())
        if not of_stack and resource.service != MACHINES:
            return ""
        found = GENERATED.fullmatch(name[len(prefix) if of_stack else 0 :])
        construct = found["construct"] if found else name
        role = _roles(self.design.parts).get(construct.lower(), construct if of_stack else "")
        if role in self.names and resource.service != "logs":
            return ""  # another one of that name: of a stack before or after, or of another account
        return role if of_stack or role == self.machine else ""

    @property
    def machine(self) -> str:
        """The role of its state machine; empty if it has none."""
        return self.design.parts.machine.role if self.design.parts.machine else ""


def _roles(parts: Parts) -> dict[str, str]:
    """The roles of what a stack has, by construct, in small letters; logs are their writer's."""
    single = [one for one in (parts.table, parts.machine, parts.bucket) if one]
    found = {one.construct.lower(): one.role for one in (*parts.functions, *parts.queues, *single)}
    logging = (*parts.functions, *([parts.machine] if parts.machine else []))
    logs = {f"{one.construct.lower()}logs": one.role for one in logging}
    return COMMON | logs | found
