"""What the simulated world holds before a batch begins: a user's file fills it.

The file has `fill(client, items)`: `client("s3")` gives a boto3 client of the simulated cloud,
whose calls take no virtual time and are on no bill; `items` are those of the batch, each with `id`
and `value`, in their order.
"""

import runpy
from collections.abc import Iterable
from pathlib import Path
from traceback import extract_tb
from typing import Any

from workbench.errors import BadInput
from workbench.targets.local.world.deployment import Deployment


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
