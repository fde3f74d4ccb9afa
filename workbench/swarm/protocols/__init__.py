"""What the swarm knows of each design, by its name."""

from workbench.swarm.protocols.counters import CountersProtocol
from workbench.swarm.protocols.durable import DurableProtocol
from workbench.swarm.protocols.protocol import Protocol
from workbench.swarm.protocols.sfn import SfnProtocol
from workbench.swarm.protocols.sqs import SqsProtocol

PROTOCOLS: dict[str, Protocol] = {
    "sqs": SqsProtocol(),
    "sfn": SfnProtocol(),
    "counters": CountersProtocol(),
    "durable": DurableProtocol(),
}

__all__ = ["PROTOCOLS", "Protocol"]
