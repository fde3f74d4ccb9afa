"""`--workload FILE`: what a command takes of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.designs import WORKLOAD_KNOBS
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION

if TYPE_CHECKING:
    from workbench.workload.workload import Workload


def read_option(path: Path | None) -> "Workload | None":
    """The workload of a file, if one is given."""
    if path is None:
        return None
    from workbench.workload.workload import read_workload

    return read_workload(path)


def pairs_with(found: "Workload | None", pairs: list[str] | None) -> list[str]:
    """The settings of `--set`, after those of a workload; no item is said twice what it is."""
    given = list(pairs or [])
    if found is None:
        return given
    for pair in given:
        name = pair.partition("=")[0].strip().rpartition(".")[2]
        if name in WORKLOAD_KNOBS:
            raise BadInput(f"--set {name}: the workload says what the items are. Leave one out.")
    return [f"{name}={value}" for name, value in found.knobs().items()] + given


def items_of(found: "Workload | None", items: int | None, usual: int | None = None) -> int:
    """How many items: as they are given, else the first size of a workload, else as usual."""
    told = [one for one in (items, found and found.items[0], usual) if one is not None]
    if not told:
        raise BadInput("--items is missing: how many items has the batch?")
    return told[0]


def prices_region(found: "Workload | None", region: str | None) -> str:
    """Whose prices: the region that is given, else a workload's, else the usual one."""
    return region or (found.region if found else HOME_REGION)
