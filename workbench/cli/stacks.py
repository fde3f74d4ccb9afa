"""`workbench deploy`, `destroy`, `teardown`, `resume` and `purge`: the stacks on AWS."""

import sys
from typing import Annotated

import typer

from workbench.cli.options import Results, Settings, read_settings
from workbench.errors import BadInput
from workbench.project import RESULTS

Design = Annotated[str, typer.Option(help="sqs, sfn, both of them, or counters.")]
Gone = Annotated[str, typer.Option("--design", help="sqs, sfn, both of them, counters, or all.")]


def deploy(
    design: Design = "both",
    notify: Annotated[str | None, typer.Option(help="A mail address to subscribe.")] = None,
    cron: Annotated[bool, typer.Option(help="Four scheduled batches a day.")] = True,
    cron_items: Annotated[int, typer.Option(help="Items of a scheduled batch.")] = 100,
    settings: Settings = None,
) -> None:
    """Show the differences and the cost of a month, deploy, and print the outputs."""
    from workbench.stacks.deploy import Deployment
    from workbench.stacks.deploy import deploy as put_up

    names, knobs = designs(design), read_settings(settings)
    if knobs and len(names) > 1:
        raise BadInput("--set needs one design: --design sqs or --design sfn")
    plan = Deployment(names, dict.fromkeys(names, knobs), cron, cron_items, notify)
    for stack, outputs in put_up(plan, say).items():
        print(stack)
        for name, value in outputs.items():
            print(f"  {name} = {value}")


def destroy(design: Gone = "all", results: Results = RESULTS) -> None:
    """Remove the stacks and all that is in them, and prove it by an inventory."""
    from workbench.stacks.destroy import destroy as take_down

    for thing in take_down(results, say, designs(design)):
        print(f"removed: {thing}")


def teardown(
    design: Gone = "all",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List only.")] = False,
    results: Results = RESULTS,
) -> None:
    """List what exists with its monthly cost, and remove it unless this is a dry run."""
    from workbench.stacks.destroy import teardown_plan

    planned = teardown_plan(designs(design))
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


def designs(name: str) -> tuple[str, ...]:
    """The designs that a word means; Deployment and the rest refuse unknown ones by name."""
    from workbench.designs import BOTH, DESIGNS

    words = {"both": BOTH, "all": tuple(DESIGNS)}
    if name not in words and name not in DESIGNS:
        known = ", ".join((*DESIGNS, *words))
        raise BadInput(f"design={name!r} is not known. Take one of {known}.")
    return words.get(name, (name,))


def say(line: str) -> None:
    """One line for the user."""
    print(line, file=sys.stderr)
