"""`workbench first-day`: the one command for a first day on AWS."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.account import say
from workbench.cli.options import (
    Bootstrap,
    Designs,
    Qualifier,
    Region,
    Results,
    Settings,
    amount,
    read_designs,
    settings_by_design,
    whole,
)
from workbench.project import RESULTS

if TYPE_CHECKING:
    from workbench.first_day.plan import Day


def first_day(
    design: Designs = "all",
    max_usd: Annotated[Decimal, amount("max_usd", "What the day may cost at most.")] = Decimal(2),
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stacks standing.")] = False,
    settle: Annotated[
        bool, typer.Option("--settle", help="A day later: ask Cost Explorer, renew the page.")
    ] = False,
    small: Annotated[int, whole("small", "Items of a small run.")] = 200,
    large: Annotated[int, whole("large", "Items of a large run.")] = 20_000,
    tell: Annotated[
        bool, typer.Option(help="Runs besides, one a kind of constant that these leave open.")
    ] = True,
    settings: Settings = None,
    bootstrap: Bootstrap = False,
    qualifier: Qualifier = None,
    region: Region = None,
    results: Results = RESULTS,
) -> None:
    """Doctor, deploy, a few runs, calibrate, destroy: prints the page of a first day on AWS."""
    from workbench.first_day.plan import Plan, newest_day, open_day
    from workbench.first_day.steps import FirstDay
    from workbench.first_day.steps import settle as ask_costs
    from workbench.stacks.aws_clients import session_region
    from workbench.stacks.cdk import QUALIFIER

    if settle:
        day = newest_day(results)
        for why in ask_costs(day, results, say):
            say(why)
        print(_write_page(day, results))
        return
    names = read_designs(design)
    knobs = settings_by_design(settings, names)
    plan = Plan(
        *(tuple(names), session_region(region), max_usd, keep, small, large, knobs),
        *(bootstrap, qualifier or QUALIFIER, tell),
    )
    day = open_day(plan, results)
    FirstDay(plan, day, results).go(say, _watched)
    print(_write_page(day, results))


@contextmanager
def _watched(design: str) -> Iterator[Any]:
    """A progress bar for one run."""
    from workbench.runs.progress import progress_bar

    with progress_bar(design, "aws") as watch:
        yield watch


def _write_page(day: "Day", results: Path) -> Path:
    """The page of a day, beside its state."""
    from analysis.first_day_page import page
    from workbench.runs.predictions import check_predictions

    path = results / "first-day" / day.name / "first-day.html"
    text = page(asdict(day), check_predictions(results), results)
    path.write_text(text, encoding="utf-8")
    return path
