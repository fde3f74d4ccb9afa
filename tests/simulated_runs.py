"""A run of each design on each simulated target."""

from collections.abc import Iterator
from pathlib import Path

from workbench.designs import DESIGNS
from workbench.runs.runner import RunRequest, make_target, run_request


def run_every_design(results: Path, items: int) -> Iterator[Path]:
    """The folders of runs that are named after their design and target."""
    for name in ("local", "model"):
        target = make_target(name)
        for design in DESIGNS:
            request = RunRequest(design, name, items)
            yield run_request(request, results, lambda _: None, f"{design}-{name}", target)
        target.close()
