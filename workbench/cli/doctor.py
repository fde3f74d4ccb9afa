"""`workbench doctor`: what this machine has and lacks for a target."""

from typing import Annotated

import typer

from workbench.cli.options import Results
from workbench.designs import BOTH, make_design
from workbench.project import RESULTS


def doctor(
    target: Annotated[str, typer.Option(help="aws: ask AWS too, for about $0.03.")] = "local",
    preset: Annotated[
        str, typer.Option(help="The knobs that quotas are held against.")
    ] = "default",
    results: Results = RESULTS,
) -> None:
    """Say what this machine has and lacks for a target."""
    from workbench.doctor import findings

    found = findings()
    if target == "aws":
        from workbench.aws_doctor import aws_findings

        found = [finding for finding in found if finding.name != "AWS credentials"]
        found += aws_findings([make_design(name, preset) for name in BOTH], results)
    for finding in found:
        print(finding)
    if any(finding.fatal for finding in found):
        raise typer.Exit(1)
