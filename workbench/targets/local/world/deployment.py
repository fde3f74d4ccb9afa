"""A stack deployed into this process, its handlers imported; it serves one run after another.

What a run works on: items as the deployed code creates them, and a cloud that a user's file fills.
The file has `fill(client, items)`: `client("s3")` gives a boto3 client of the simulated cloud,
whose calls take no virtual time and are on no bill; `items` are those of the batch, each with `id`
and `value`, in their order.
"""

import gc
import json
import runpy
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any, Protocol

from workbench.designs import Design
from workbench.errors import BadInput, NotDeployed
from workbench.runs.batch import Batch
from workbench.targets.local.lambda_.functions import FunctionSpec, read_functions
from workbench.targets.local.runtime.outside import CurrentRun, Handler, load, load_create
from workbench.targets.local.s3 import bucket_named
from workbench.targets.local.sqs.queue import SILENT
from workbench.targets.local.world.moto_cloud import MotoCloud
from workbench.targets.local.world.stack import Stack


class Deployment:
    """One stack of a cloud assembly."""

    def __init__(self, assembly: Path, name: str) -> None:
        self.current_run = CurrentRun()
        with ExitStack() as opening, _no_collections():
            self.cloud = MotoCloud(self.current_run.epoch_s)
            opening.callback(self.cloud.close)
            self.current_run.client = self.cloud.client
            self.stack: Stack = self.cloud.deploy(assembly, name)
            self.functions: dict[FunctionSpec, Handler] = {}
            for spec in read_functions(self.stack):
                self._code = _asset(assembly, name, spec)
                handler = load(self._code, spec.handler, spec.variables, self.current_run)
                self.functions[spec] = handler
            self._open = opening.pop_all()

    @property
    def code_root(self) -> str:
        """The folder in which the handlers' code is: one asset has that of all functions."""
        return str(self._code)

    def create(self) -> Callable[..., Iterator[Any]]:
        """`create` of the deployed code's `lambdas.items`."""
        return load_create(self._code)

    def reset(self, seed: int) -> None:
        """Forget every item, message, object and metric of an earlier run."""
        self.cloud.seed(seed)
        for queue in self.cloud.queues:
            queue.watcher = SILENT
        self.cloud.queues.clear()
        self.cloud.topics.clear()
        for table in self.stack.of_type("AWS::DynamoDB::Table"):
            self.cloud.tables[table.physical_id].clear()
        for bucket in self.stack.of_type("AWS::S3::Bucket"):
            found = bucket_named(bucket.physical_id)
            found.keys.clear()
            found.multiparts.clear()
        self.cloud.forget_metrics()

    def close(self) -> None:
        """Undeploy: moto forgets everything."""
        self._open.close()


def _asset(assembly: Path, stack: str, spec: FunctionSpec) -> Path:
    """The folder of a function's code, which a deployment would zip."""
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text(encoding="utf-8"))
    _, key = spec.code
    for file in manifest["files"].values():
        if any(place["objectKey"] == key for place in file["destinations"].values()):
            return assembly / file["source"]["path"]
    raise NotDeployed(f"{spec.name}: the assembly has no asset {key}")


@contextmanager
def _no_collections() -> Iterator[None]:
    """moto's imports and service models are objects that stay: looking for garbage is in vain."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


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
