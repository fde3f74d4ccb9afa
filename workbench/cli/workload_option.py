"""`--workload FILE`: what a command takes of it, and what it says that no target tells."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.designs import WORKLOAD_KNOBS
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION

if TYPE_CHECKING:
    from workbench.workload.workload import Workload


def read_workload_option(path: Path) -> "Workload":
    """The workload of a file; what of it no target tells is said on standard error."""
    from workbench.workload.workload import read_workload

    found = read_workload(path)
    if found.untold:
        print(f"not told by any target: {', '.join(found.untold)}", file=sys.stderr)
    return found


def pairs_with(path: Path | None, pairs: list[str] | None) -> list[str]:
    """The settings of `--set`, after those of a workload; no item is said twice what it is."""
    given = list(pairs or [])
    if path is None:
        return given
    for pair in given:
        name = pair.partition("=")[0].strip().rpartition(".")[2]
        if name in WORKLOAD_KNOBS:
            raise BadInput(f"--set {name}: the workload says what the items are. Leave one out.")
    knobs = read_workload_option(path).knobs().items()
    return [f"{name}={value}" for name, value in knobs] + given


def items_of(path: Path | None, items: int | None, usual: int | None = None) -> int:
    """How many items: as they are given, else the first size of a workload, else as usual."""
    if items is None and path is not None:
        from workbench.workload.workload import read_workload

        items = read_workload(path).items[0]
    found = usual if items is None else items
    if found is None:
        raise BadInput("--items is missing: how many items has the batch?")
    return found


def prices_region(path: Path | None, region: str | None) -> str:
    """Whose prices: the region that is given, else a workload's, else the usual one."""
    if region is not None or path is None:
        return region or HOME_REGION
    from workbench.workload.workload import read_workload

    return read_workload(path).region
