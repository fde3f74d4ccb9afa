"""`workbench tune`: the cheapest and fastest knobs of a design, and what each of them bought."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from workbench.cli.options import Results, read_settings
from workbench.designs import DESIGNS, Design
from workbench.errors import BadInput, BadKnob, WorkbenchError
from workbench.project import RESULTS
from workbench.tune.confirm import Confirmed, confirm
from workbench.tune.gains import Step, steps_between
from workbench.tune.goal import Goal
from workbench.tune.scoring import Score
from workbench.tune.tuning import Tuned, tune

WIDTH_MIN = 130
FRONT_MAX = 12  # rows of the front that are printed
LINES = ("processed_s", "detected_s", "cost_usd", "knowing_usd", "invocations")


class RatioPassed(WorkbenchError):
    """The tuned design costs more, in floors, than `--max-ratio` allows; exit code 1."""


def command(
    design: Annotated[str, typer.Option(help="sqs or sfn.")],
    items: Annotated[int, typer.Option(help="How many items, 1 to 100,000,000.")] = 1_000_000,
    value_max: Annotated[int, typer.Option(help="An item takes 0 to so many ms.")] = 1_000,
    within: Annotated[float, typer.Option(help="Minutes until completion is known.")] = 60.0,
    budget: Annotated[float | None, typer.Option(help="Dollars that a batch may cost.")] = None,
    item_concurrency: Annotated[
        int, typer.Option(help="Items at a time inside one invocation, at most.")
    ] = 1,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A knob to keep: name=value. May repeat.")
    ] = None,
    max_ratio: Annotated[
        float | None, typer.Option(help="Exit with 1 if the cheapest passes so many floors.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Run the cheapest on local too.")
    ] = True,
    results: Results = RESULTS,
) -> None:
    """Find a design's cheapest and fastest knobs on the model, and confirm them on local."""
    goal = Goal(
        design, items, value_max, within * 60, budget, item_concurrency, fixed=_fixed(settings)
    )
    found = tune(goal)
    console = Console()
    console.width = max(console.width, WIDTH_MIN)
    console.print(choices_table(found))
    console.print(front_table(found.front))
    start = starting_point(found)
    if start is not None:
        steps = steps_between(start, found.cheapest.design, items, seeds=(1, 2))
        console.print(gains_table(steps, items))
    if confirmed:
        print("confirming the cheapest on local …", file=sys.stderr)
        console.print(confirmed_table(confirm(found.cheapest.design, items, results)))
    print(found.line)
    if max_ratio is not None and found.ratio > max_ratio:
        raise RatioPassed(f"{design} tuned costs {found.ratio:.4f} floors; allowed: {max_ratio}")


def starting_point(found: Tuned) -> Design | None:
    """The default knobs for the same items, if they can carry them: what the gains start from."""
    goal = found.goal
    try:
        return DESIGNS[goal.design](value_max=goal.value_max)
    except BadKnob:
        return None


def choices_table(found: Tuned) -> Table:
    """The cheapest within the time and the fastest within the budget."""
    goal = found.goal
    table = Table(
        title=f"{goal.design}, {goal.items:,} items of 0 to {goal.value_max:,} ms: "
        f"{found.tried:,} candidates tried"
    )
    for head in ("choice", "$ / million", "minutes", "held by", "knobs that differ from default"):
        table.add_column(head)
    within = f"cheapest within {goal.within_s / 60:g} min"
    budget = f"fastest within ${goal.budget_usd:g}" if goal.budget_usd else "fastest"
    for name, one in ((within, found.cheapest), (budget, found.fastest)):
        table.add_row(name, *_figures(one), one.binding_limit, _knobs(one))
    return table


def front_table(front: list[Score]) -> Table:
    """What no other candidate beats in both dollars and time."""
    table = Table(title="The front: nothing is both cheaper and sooner")
    for head in ("$ / million", "minutes", "knobs that differ from default"):
        table.add_column(head)
    step = max(1, -(-len(front) // FRONT_MAX))
    shown = sorted({*range(0, len(front), step), len(front) - 1})
    for number in shown:
        table.add_row(*_figures(front[number]), _knobs(front[number]))
    return table


def gains_table(steps: list[Step], items: int) -> Table:
    """What each knob bought, the largest saving first."""
    table = Table(title="What each knob bought, from the default knobs on")
    for head in ("change", "$ / million", "saved", "minutes"):
        table.add_column(head, justify="left" if head == "change" else "right")
    before = None
    for step in steps:
        usd = step.score.mean_usd * 1e6 / items
        saved = "" if before is None else f"{before - usd:,.4f}"
        table.add_row(
            step.told or "default", f"{usd:,.4f}", saved, f"{step.score.mean_s / 60:,.1f}"
        )
        before = usd
    return table


def confirmed_table(done: Confirmed) -> Table:
    """The model's word beside what `local` did."""
    table = Table(title=f"Confirmed on local: {done.run.items:,} items, run {done.run.run_id}")
    for head in ("line", "predicted", "local", "error, %"):
        table.add_column(head, justify="left" if head == "line" else "right")
    for row in done.lines.set_index("line").loc[list(LINES)].itertuples():
        table.add_row(
            row.Index, f"{row.predicted:,.6g}", f"{row.actual:,.6g}", f"{row.error_percent:+.2f}"
        )
    return table


def _figures(one: Score) -> tuple[str, str]:
    return one.per_million_usd.told(",.4f"), one.minutes.told(",.1f")


def _knobs(one: Score) -> str:
    default = type(one.design)().knobs()
    changed = {n: v for n, v in one.design.knobs().items() if default[n] != v}
    return ", ".join(f"{name}={value}" for name, value in changed.items()) or "none"


def _fixed(pairs: list[str] | None) -> dict[str, str]:
    """The knobs to keep, as text; the design reads and checks them."""
    fixed = read_settings(pairs)
    if "value_max" in fixed:
        raise BadInput("--set value_max: the items' range is given with --value-max.")
    return fixed
