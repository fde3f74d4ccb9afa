"""How the batches of each design are started, followed and stopped on AWS, by its name."""

from collections.abc import Callable

from workbench.stacks.aws_clients import Aws
from workbench.stacks.deployed import Deployed
from workbench.targets.aws.batches import Batches
from workbench.targets.aws.counters import CountersBatches
from workbench.targets.aws.sfn import SfnBatches
from workbench.targets.aws.sqs import SqsBatches
from workbench.targets.aws.timeouts import Clock

CONTROLS: dict[str, Callable[[Aws, Deployed, Clock], Batches]] = {
    "sqs": SqsBatches,
    "sfn": SfnBatches,
    "counters": CountersBatches,
}


def batches_of(aws: Aws, deployed: Deployed, clock: Clock) -> Batches:
    """The batches of a deployed stack."""
    return CONTROLS[deployed.design.name](aws, deployed, clock)
