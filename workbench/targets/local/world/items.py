"""The items of a batch, as the deployed code creates them: nobody else here knows the rule."""

from collections.abc import Iterator
from typing import Protocol

from workbench.designs import Design
from workbench.errors import BadInput
from workbench.runs.batch import Batch
from workbench.targets.local.world.deployment import Deployment


class Item(Protocol):
    """An item of the deployed code."""

    id: str
    value: int


def create_items(deployment: Deployment, design: Design, batch: Batch) -> Iterator[Item]:
    """Every item of a batch in its order; what `create` raises is refused in one line."""
    try:
        yield from deployment.create()(batch.seed, 0, batch.items, design.batch_knobs())
    except Exception as error:
        text = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise BadInput(f"create in lambdas/items.py ended with {text}") from error


def read_ids(deployment: Deployment, design: Design, batch: Batch) -> set[str]:
    """The ids of a batch; refused unless there is one for each item."""
    created = [item.id for item in create_items(deployment, design, batch)]
    ids = set(created)
    if not len(created) == len(ids) == batch.items:
        raise BadInput(
            f"create in lambdas/items.py gives {len(created):,} items with {len(ids):,} different "
            f"ids for a batch of {batch.items:,}: each item needs an id of its own"
        )
    return ids
