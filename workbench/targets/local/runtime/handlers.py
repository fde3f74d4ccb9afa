"""The handlers of a deployed stack, out of the very folder that is deployed as a zip.

Each function imports the code for itself, with its own environment variables, and keeps its own
copies of the modules, as a process of its own would. What they print or do later is the run's
business; at import they may read their environment and make clients.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workbench.errors import NotDeployed
from workbench.targets.local.runtime.outside import CurrentRun, SimulatedOutside

PACKAGE = "lambdas"

Handler = Callable[[Any, Any], Any]


def load(
    folder: Path, handler: str, environment: Mapping[str, str], current_run: CurrentRun
) -> Handler:
    """The handler called `lambdas.sqs.processor.handler`, say, of the code in a folder.

    Its time, its sleep, its clients and its concurrency are the current run's, and its item log
    sees each item that it works.
    """
    module_name, _, function = handler.rpartition(".")
    with _fresh(folder, environment):
        try:
            simulated = SimulatedOutside(current_run)
            simulated.replace(importlib.import_module(f"{PACKAGE}.outside"))
            if find_spec(f"{PACKAGE}.work"):
                work = importlib.import_module(f"{PACKAGE}.work")
                work.process = simulated.watched(work.process)
            return getattr(importlib.import_module(module_name), function)
        except (ImportError, AttributeError) as error:
            raise NotDeployed(f"the deployed code has no {handler}: {error}") from error
        except SyntaxError as error:
            raise NotDeployed(f"the deployed code cannot be read: {error}") from error


def load_create(folder: Path) -> Callable[..., Iterator[Any]]:
    """`create` of the code in a folder: the items of a range of a batch."""
    with _fresh(folder, {}):
        return importlib.import_module(f"{PACKAGE}.items").create


@contextmanager
def _fresh(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Inside the block our package is not imported yet, and is found in the folder."""
    kept = _take_out()
    variables = dict(os.environ)
    writes = sys.dont_write_bytecode
    os.environ.update(environment)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        sys.path.remove(str(folder))
        os.environ.clear()
        os.environ.update(variables)
        _take_out()
        sys.modules.update(kept)


def _take_out() -> dict[str, Any]:
    """Take our package's modules out of the table of imported ones."""
    names = [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]
    return {name: sys.modules.pop(name) for name in names}
