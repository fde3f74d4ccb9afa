"""`workbench doctor` and `prices`: what this machine lacks for a target, and what AWS charges."""

from dataclasses import asdict
from typing import Annotated

import typer

from workbench.cli import options
from workbench.cli.output import Json, print_json, wide_console
from workbench.designs import COMPARED, make_design
from workbench.project import RESULTS

PRICES_WIDTH_MIN = 150  # a price's line is not broken too often

Region = Annotated[str, typer.Option("--region", help="An AWS region, such as us-east-1.")]


def doctor(
    target: Annotated[
        str,
        typer.Option(help="aws: ask AWS too, for about $0.03.", autocompletion=options.targets),
    ] = "local",
    preset: Annotated[
        str,
        typer.Option(
            help="The knobs that quotas are held against.", autocompletion=options.presets
        ),
    ] = "default",
    as_json: Json = False,
    results: options.Results = RESULTS,
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


def show_prices(
    region: Region = "us-east-1",
    service: Annotated[str | None, typer.Option(help="Any part of a service's name.")] = None,
    as_json: Json = False,
) -> None:
    """Print every price with its unit, tiers, source and date."""
    from workbench.prices import load_book
    from workbench.prices.show import show

    book = load_book(region).of_service(service or "")
    if as_json:
        print_json("prices show", **asdict(book))
    else:
        wide_console(PRICES_WIDTH_MIN).print(show(book))


def refresh_prices(region: Region = "us-east-1") -> None:
    """Rebuild a region's book through the AWS Price List API, and print where it lies."""
    import boto3

    from workbench.prices import load_book, write_book
    from workbench.prices.refresh import refresh

    # The Price List API answers for all regions, from a few.
    client = boto3.client("pricing", region_name="us-east-1")
    print(write_book(refresh(client, region, load_book("us-east-1"))))
