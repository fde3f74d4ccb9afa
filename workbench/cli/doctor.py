"""`workbench doctor`: what this machine has and lacks for a target."""

from typing import Annotated

import typer

from workbench.cli import completion
from workbench.cli.options import Results
from workbench.cli.output import Json, print_json
from workbench.designs import COMPARED, make_design
from workbench.project import RESULTS


def doctor(
    target: Annotated[
        str,
        typer.Option(help="aws: ask AWS too, for about $0.03.", autocompletion=completion.targets),
    ] = "local",
    preset: Annotated[
        str,
        typer.Option(
            help="The knobs that quotas are held against.", autocompletion=completion.presets
        ),
    ] = "default",
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Say what this machine has and lacks for a target."""
    from workbench.runs.runner import refuse_unknown_target
    from workbench.stacks.doctor import findings

    refuse_unknown_target(target)
    designs = [make_design(name, preset) for name in COMPARED]
    found = findings()
    if target == "aws":
        from workbench.targets.aws.doctor import aws_findings

        found = [finding for finding in found if finding.name != "AWS credentials"]
        found += aws_findings(designs, results)
    works = not any(finding.fatal for finding in found)
    if as_json:
        print_json("doctor", target=target, works=works, findings=found)
    else:
        for finding in found:
            print(finding)
    if not works:
        raise typer.Exit(1)
