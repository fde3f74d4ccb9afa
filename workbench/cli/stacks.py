"""`workbench deploy`, `destroy`, `teardown`, `resume` and `purge`: the stacks on AWS."""

import sys
from typing import Annotated

import typer

from workbench.cli.options import (
    Designs,
    Results,
    Settings,
    read_designs,
    settings_by_design,
    whole,
)
from workbench.project import RESULTS


def deploy(
    design: Designs = "all",
    notify: Annotated[str | None, typer.Option(help="A mail address to subscribe.")] = None,
    cron: Annotated[bool, typer.Option(help="Four scheduled batches a day.")] = True,
    cron_items: Annotated[int, whole("cron_items", "Items of a scheduled batch.")] = 100,
    settings: Settings = None,
) -> None:
    """Show the differences and the cost of a month, deploy, and print the outputs."""
    from workbench.stacks.deploy import Deployment
    from workbench.stacks.deploy import deploy as put_up

    names = read_designs(design)
    plan = Deployment(names, settings_by_design(settings, names), cron, cron_items, notify)
    for stack, outputs in put_up(plan, say).items():
        print(stack)
        for name, value in outputs.items():
            print(f"  {name} = {value}")


def destroy(design: Designs = "all", results: Results = RESULTS) -> None:
    """Remove the stacks and all that is in them, and prove it by an inventory."""
    from workbench.stacks.destroy import destroy as take_down

    for thing in take_down(results, say, read_designs(design)):
        print(f"removed: {thing}")


def teardown(
    design: Designs = "all",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List only.")] = False,
    results: Results = RESULTS,
) -> None:
    """List what exists with its monthly cost, and remove it unless this is a dry run."""
    from workbench.stacks.destroy import teardown_plan

    planned = teardown_plan(read_designs(design))
    for one in planned:
        print(one)
    print(f"{len(planned)} things, ${sum(one.monthly_usd for one in planned):.4f} a month")
    if not dry_run:
        destroy(design, results)


def resume(batch: str, results: Results = RESULTS) -> None:
    """Let a batch go on that was stopped on dollars."""
    from workbench.targets.aws import resume as go_on

    print(go_on(batch, results))


def purge(batch: str, results: Results = RESULTS) -> None:
    """Give up a batch that was stopped on dollars."""
    from workbench.targets.aws import purge as give_up

    print(give_up(batch, results))


def say(line: str) -> None:
    """One line for the user."""
    print(line, file=sys.stderr)
