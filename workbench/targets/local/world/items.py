"""What a run works on: items as the deployed code creates them, a world that a user's file fills.

The file has `fill(client, items)`: `client("s3")` gives a boto3 client of the simulated cloud,
whose calls take no virtual time and are on no bill; `items` are those of the batch, each with `id`
and `value`, in their order.
"""

import runpy
from collections.abc import Iterable, Iterator
from pathlib import Path
from traceback import extract_tb
from typing import Any, Protocol

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


def fill_world(path: Path, deployment: Deployment, items: Iterable[Any]) -> None:
    """Let a file fill the cloud of a deployment; whatever it raises is refused in one line."""
    try:
        fill = runpy.run_path(str(path)).get("fill")
        if not callable(fill):
            raise BadInput(f"{path} has no function `fill(client, items)`: add one")
        fill(deployment.cloud.client, items)
    except BadInput:
        raise
    except Exception as error:
        lines = [one.lineno for one in extract_tb(error.__traceback__) if one.filename == str(path)]
        where = f"{path}, line {lines[-1]}" if lines else str(path)
        text = " ".join(str(error).split())
        raise BadInput(f"{where}: fill ended with {type(error).__name__}: {text}") from error
