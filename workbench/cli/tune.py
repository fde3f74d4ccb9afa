"""`workbench tune`: the cheapest and fastest knobs of a design, and what each of them bought."""

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Design, Results, Settings, amount, read_settings, whole
from workbench.cli.output import Json, print_json, wide_console
from workbench.designs import Design as AnyDesign
from workbench.designs import fit_design
from workbench.errors import BadInput, BadKnob, WorkbenchError
from workbench.project import RESULTS
from workbench.runs.results_folder import refuse_unwritable

if TYPE_CHECKING:
    from workbench.tune import Step, Tuned

WIDTH_MIN = 130


class RatioPassed(WorkbenchError):
    """The tuned design costs more, in floors, than `--max-ratio` allows; exit code 1."""


def command(
    design: Design,
    items: Annotated[int, whole("items", "How many items, 1 to 100,000,000.")] = 1_000_000,
    value_max: Annotated[int, whole("value_max", "An item takes 0 to so many ms.")] = 1_000,
    within: Annotated[Decimal, amount("within", "Minutes until completion is known.")] = Decimal(
        60
    ),
    budget: Annotated[Decimal | None, amount("budget", "Dollars that a batch may cost.")] = None,
    item_concurrency: Annotated[
        int, whole("item_concurrency", "Items at a time inside one invocation, at most.")
    ] = 1,
    settings: Settings = None,
    max_ratio: Annotated[
        Decimal | None, amount("max_ratio", "Exit with 1 if the cheapest passes so many floors.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Run the cheapest on local too.")
    ] = True,
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Find a design's cheapest and fastest knobs on the model, and confirm them on local."""
    from workbench.cli import tune_results
    from workbench.tune import Goal, confirm, tune

    goal = Goal(
        design,
        items,
        value_max,
        within * 60,
        budget,
        item_concurrency,
        fixed=_fixed(settings, design),
    )
    if confirmed:
        refuse_unwritable(results)
    found = tune(goal)
    steps = _gains(found)
    if confirmed:
        print("confirming the cheapest on local …", file=sys.stderr)
    done = confirm(found.cheapest.design, items, results) if confirmed else None
    if as_json:
        print_json("tune", **tune_results.content(found, steps, done))
    else:
        console = wide_console(WIDTH_MIN)
        for table in tune_results.tables(found, steps, done):
            console.print(table)
        print(found.line)
    if max_ratio is not None and found.ratio > max_ratio:
        raise RatioPassed(f"{design} tuned costs {found.ratio:.4f} floors; allowed: {max_ratio}")


def _gains(found: "Tuned") -> "list[Step]":
    """What each knob bought, from the default knobs on; nothing if those cannot carry the items."""
    from workbench.tune import steps_between

    start = _starting_point(found)
    if start is None:
        return []
    return steps_between(start, found.cheapest.design, found.goal.items, seeds=(1, 2))


def _starting_point(found: "Tuned") -> AnyDesign | None:
    """The default knobs, fitted to the same items if they can be: what the gains start from."""
    goal = found.goal
    try:
        fitted = fit_design(goal.design, settings={"value_max": goal.value_max})
    except BadKnob:
        return None
    if fitted.line:
        print(f"the start of the gains is {fitted.line}", file=sys.stderr)
    return fitted.design


def _fixed(pairs: list[str] | None, design: str) -> dict[str, str]:
    """The knobs to keep, as text; the design reads and checks them."""
    fixed = read_settings(pairs, design)
    if "value_max" in fixed:
        raise BadInput("--set value_max: the items' range is given with --value-max.")
    return fixed
