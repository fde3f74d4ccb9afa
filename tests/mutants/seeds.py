"""The swarm against one assembly, up to the first violation."""

from pathlib import Path
from traceback import extract_tb
from unittest.mock import patch

from workbench.errors import NotDeployed
from workbench.swarm.cases import draw_case
from workbench.swarm.checks import violations
from workbench.swarm.harness import FaultHarness


def first_violation(assembly: Path, design: str, runs: int) -> str:
    """The first seed under which a promise is broken, with the checks that see it, or nothing."""
    with patch("workbench.swarm.harness.assembly", lambda _: assembly):
        try:
            harness = FaultHarness(design)
        except NotDeployed as error:
            return f"not deployed: {error}"
    with harness:
        for seed in range(runs):
            try:
                found = violations(harness.run(draw_case(seed, design)))
            except Exception as error:
                found = [f"{error!r} at {extract_tb(error.__traceback__)[-1]}"]
            if found:
                return f"{design} {seed} ({', '.join(found)})"
    return ""
