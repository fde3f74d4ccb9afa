"""`workbench swarm`, `agreement`, `calibrate`: how far the simulated targets can be trusted."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import (
    Cluster,
    Designs,
    Results,
    Runs,
    WrittenResults,
    read_designs,
    whole,
)
from workbench.designs import DESIGNS
from workbench.errors import BadInput, WorkbenchError
from workbench.project import RESULTS


class PromiseBroken(WorkbenchError):
    """A seed of the swarm under which a promise did not hold; exit code 1."""


def swarm(
    runs: Annotated[int, whole("runs", "Seeds of each design.", 1)] = 200,
    first_seed: Annotated[int, whole("first_seed", "The first of them.", 0)] = 0,
    processes: Annotated[int | None, whole("processes", "Side by side; 2 if not given.", 1)] = None,
    design: Designs = "all",
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also count the seeds that reach each rule.")
    ] = False,
    cluster: Cluster = "",
) -> None:
    """Run seeds of drawn faults on every design, and check each; print the seeds that fail."""
    from workbench.swarm.swarm import swarm as run

    names = tuple(_drawn(name) for name in read_designs(design))
    failures = run(runs, first_seed, names, processes, coverage, cluster)
    print(f"{runs} seeds of {' and '.join(names)} from {first_seed}: {len(failures)} failures")
    if failures:
        raise PromiseBroken(f"{len(failures)} seeds broke a promise; each is named above")


def agreement(
    results: WrittenResults = RESULTS,
    cluster: Cluster = "",
) -> None:
    """Replay published measurements on the model: measured, modelled, error."""
    from workbench.side_tables import write_agreement

    _, page = write_agreement(results, results / "published", cluster)
    print(page.read_text(encoding="utf-8"))
    print(page)


def calibrate(
    runs: Runs,
    out: Annotated[Path, typer.Option(help="The profile to write.")] = Path("profile.json"),
    results: Results = RESULTS,
) -> None:
    """Fit the model's open constants to runs on aws or local, and write a profile for
    `estimate --profile`."""
    from workbench.agreement.calibrate import calibrate as fit
    from workbench.agreement.calibrate import write_profile
    from workbench.runs.stored import find_run

    found = fit([find_run(results, one) for one in runs])
    write_profile(found.profile, out)
    print(found.errors.to_string(index=False))
    told = found.constants[found.constants["told"]]
    print(told.drop(columns=["told", "tell_by"]).to_string(index=False))
    for row in found.constants.itertuples():
        if not row.told:
            print(f"{row.constant}: these runs do not tell it; one that would: {row.tell_by}")
        elif row.on_bound:
            print(f"{row.constant}: at an end of its range; the range or the model is wrong here")
    print(out)


def replay(seed: int, design: str) -> None:
    """Run one seed of the swarm again, event for event, and say what its checks find."""
    from workbench.swarm.swarm import fault_run

    case, _, found = fault_run(seed, _drawn(design))
    print(case)
    for check, violations in found.items():
        print(*(f"{check}: {one}" for one in violations), sep="\n")
    if any(found.values()):
        raise PromiseBroken(f"seed {seed} of {design} broke a promise")
    print(f"seed {seed} of {design}: every promise held")


def _drawn(design: str) -> str:
    """A design that the swarm knows; any other is refused."""
    if design not in DESIGNS:
        known = ", ".join(DESIGNS)
        raise BadInput(f"design={design!r} is not known. Take one of {known}.")
    return design
