"""A stack deployed into this process, its handlers imported; it serves one run after another."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from workbench.targets.local.lambda_.functions import FunctionSpec, read_functions
from workbench.targets.local.runtime.handlers import Handler, Unpacked, load, load_create
from workbench.targets.local.runtime.outside import Stage
from workbench.targets.local.sqs.queue import SILENT
from workbench.targets.local.world.moto_cloud import Cloud
from workbench.targets.local.world.stack import ACCOUNT, REGION, Stack


class Deployment:
    """One stack of a cloud assembly."""

    def __init__(self, assembly: Path, name: str) -> None:
        self.stage = Stage()
        with ExitStack() as opening, _no_collections():
            self.cloud = Cloud(self.stage.epoch_s)
            opening.callback(self.cloud.close)
            self._unpacked = Unpacked()
            opening.callback(self._unpacked.close)
            self.stage.client = self.cloud.client
            self.stack: Stack = self.cloud.deploy(assembly, name)
            self.functions: dict[FunctionSpec, Handler] = {}
            for spec in read_functions(self.stack):
                folder = self._unpacked.path(self._zip(spec))
                handler = load(folder, spec.handler, spec.variables, self.stage)
                self.functions[spec] = handler
            self._open = opening.pop_all()

    @property
    def code_root(self) -> str:
        """The folder under which the handlers' code lies."""
        return self._unpacked.root

    def create(self) -> Callable[..., Iterator[Any]]:
        """`create` of the deployed code's `lambdas.items`."""
        return load_create(self._unpacked.path(self._zip(next(iter(self.functions)))))

    def reset(self, seed: int) -> None:
        """Forget every item, message, object and metric of an earlier run."""
        mock_random.seed(seed)
        for queue in self.cloud.queues:
            queue.watcher = SILENT
        self.cloud.queues.clear()
        self.cloud.topics.clear()
        for table in self.stack.of_type("AWS::DynamoDB::Table"):
            self.cloud.tables[table.physical_id].clear()
        for bucket in self.stack.of_type("AWS::S3::Bucket"):
            found = s3_backends[ACCOUNT]["aws"].buckets[bucket.physical_id]
            found.keys.clear()
            found.multiparts.clear()
        cloudwatch_backends[ACCOUNT][REGION].metric_data.clear()

    def close(self) -> None:
        """Undeploy: moto forgets everything."""
        self._open.close()

    def _zip(self, spec: FunctionSpec) -> bytes:
        """The code of a function, as it was deployed."""
        bucket, key = spec.code
        found: dict[str, Any] = self.cloud.client("s3").get_object(Bucket=bucket, Key=key)
        return found["Body"].read()


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
