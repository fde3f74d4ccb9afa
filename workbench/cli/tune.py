"""`workbench tune`: a design's cheapest and fastest knobs, what each bought, and a confirmation."""

import sys
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import (
    Cluster,
    Design,
    PricesRegion,
    Results,
    Settings,
    WorkloadFile,
    amount,
    read_settings,
    say_fitted,
    whole,
)
from workbench.cli.output import Json, print_json, wide_console
from workbench.cli.terms import Already, Discounts, FreeTier, Prices, read_terms
from workbench.cli.workload_option import items_of, pairs_with, prices_region, read_option
from workbench.designs import WORKLOAD_KNOBS, fit_design
from workbench.errors import BadInput, BadKnob, WorkbenchError
from workbench.project import RESULTS
from workbench.runs.results_folder import refuse_unwritable

if TYPE_CHECKING:
    from rich.table import Table

    from workbench.tuning.gains import Step
    from workbench.tuning.goal import Score
    from workbench.tuning.search import Confirmed, Tuned

ITEMS = 1_000_000  # where nobody says
HOUR = Decimal(60)  # minutes
WIDTH_MIN = 130  # rows are not broken
FRONT_MAX = 12  # rows of the front that are printed
LINES = ("processed_s", "detected_s", "cost_usd", "coordination_usd", "knowing_usd", "invocations")
CONFIRMED = ("line", "unit", "predicted", "low", "high", "actual", "error_percent")


class RatioPassed(WorkbenchError):
    """The tuned design costs more, in floors, than `--max-ratio` allows; exit code 1."""


def tune(
    design: Design,
    items: Annotated[int | None, whole("items", "How many, else a million.")] = None,
    value_max: Annotated[int | None, whole("value_max", "An item takes 0 to so many ms.")] = None,
    within: Annotated[Decimal, amount("within", "Minutes until completion is known.")] = HOUR,
    budget: Annotated[Decimal | None, amount("budget", "Dollars that a batch may cost.")] = None,
    item_concurrency: Annotated[
        int, whole("item_concurrency", "Items at a time inside one invocation, at most.")
    ] = 1,
    settings: Settings = None,
    workload: WorkloadFile = None,
    max_ratio: Annotated[
        Decimal | None, amount("max_ratio", "Exit with 1 if the cheapest passes so many floors.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Run the cheapest on local too.")
    ] = True,
    region: PricesRegion = None,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    cluster: Cluster = "",
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Find a design's cheapest and fastest knobs on the model, and confirm them on local."""
    own_items = read_option(workload)
    fixed = read_settings(pairs_with(own_items, settings), design)
    items, region = items_of(own_items, items, ITEMS), prices_region(own_items, region)
    from workbench.tuning import search
    from workbench.tuning.goal import Goal

    terms = read_terms(region, prices, free_tier, already, discounts)
    if free_tier and max_ratio is not None:
        raise BadInput("--max-ratio: inside a free tier the work may cost nothing. Leave one out.")
    work, fixed = _work(value_max, fixed, told=own_items is not None)
    limits = {"within_s": within * 60, "budget_usd": budget, "item_concurrency": item_concurrency}
    goal = Goal(design, items, **work, **limits, terms=terms, fixed=fixed)
    if confirmed:
        refuse_unwritable(results)
    found = search.tune(goal, cluster=cluster)
    steps = _gains(found)
    done = _confirm(found, results) if confirmed else None
    if as_json:
        asked = {"region": region, "free_tier": free_tier, "discounts": discounts or []}
        print_json("tune", **asked, **_content(found, steps, done))
    else:
        _print(found, steps, done)
    _hold(found, max_ratio)


def _confirm(found: "Tuned", results: Path) -> "Confirmed":
    """The cheapest, run on local."""
    from workbench.tuning.search import confirm

    print("confirming the cheapest on local …", file=sys.stderr)
    return confirm(found.cheapest.design, found.goal.items, results)


def _hold(found: "Tuned", max_ratio: Decimal | None) -> None:
    """Refuse a cheapest that costs more floors than allowed."""
    if max_ratio is not None and found.ratio is not None and found.ratio > max_ratio:
        costs = f"{found.goal.design} tuned costs {found.ratio:.4f} floors"
        raise RatioPassed(f"{costs}; allowed: {max_ratio}")


def _work(
    value_max: int | None, fixed: dict[str, Any], told: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the items are, as a goal takes it, and what is fixed besides."""
    if told and value_max is not None:
        raise BadInput("--value-max: the workload says what the items are. Leave one out.")
    if not told and "value_max" in fixed:
        raise BadInput("--set value_max: the items' range is given with --value-max.")
    from workbench.tuning.work import work_of

    return work_of(fixed if value_max is None else fixed | {"value_max": value_max})


def _print(found: "Tuned", steps: "list[Step]", done: "Confirmed | None") -> None:
    """The tables of a tuning, and its figure on one line."""
    console = wide_console(WIDTH_MIN)
    for table in _tables(found, steps, done):
        console.print(table)
    print(found.line)


def _gains(found: "Tuned") -> "list[Step]":
    """What each knob bought, from the default knobs on; nothing if those cannot carry the items."""
    from workbench.tuning.gains import steps_between

    goal = found.goal
    try:
        known = found.cheapest.design.knobs()
        start = fit_design(goal.design, settings={name: known[name] for name in WORKLOAD_KNOBS})
    except BadKnob:
        return []
    say_fitted(start, "the start of the gains is ")
    return steps_between(start.design, found.cheapest.design, goal.items, (1, 2), goal.terms)


def _content(found: "Tuned", steps: "list[Step]", done: "Confirmed | None") -> dict[str, Any]:
    """A tuning as JSON has it: dollars per million items, minutes until completion is known."""
    goal = found.goal
    return {"design": goal.design, "items": goal.items, **goal.item_ms.knobs} | {
        "price_date": goal.terms.book().date,
        "tried": found.tried,
        "floor_per_million_usd": found.floor_per_million_usd,
        "ratio": found.ratio,
        "cheapest": _score(found.cheapest),
        "fastest": _score(found.fastest),
        "front": [_score(one) for one in found.front],
        "gains": [{"change": step.change} | _score(step.score) for step in steps],
        "confirmed": done
        and {
            "run_id": done.run.run_id,
            "items": done.run.items,
            "lines": done.lines[list(CONFIRMED)].to_dict("records"),
        },
    }


def _score(one: "Score") -> dict[str, Any]:
    """A candidate as JSON has it."""
    bounds = ("low", "middle", "high")
    return {
        "per_million_usd": {name: getattr(one.per_million_usd, name) for name in bounds},
        "minutes": {name: getattr(one.minutes, name) for name in bounds},
        "binding_limit": one.binding_limit,
        "completes": one.completes,
        "changed_knobs": one.design.changed_knobs(),
    }


def _tables(found: "Tuned", steps: "list[Step]", done: "Confirmed | None") -> "Iterable[Table]":
    """Every table of a tuning, in the order in which they are read."""
    goal, dollars, knobs = found.goal, "$ / million", "knobs that differ from default"
    within = f"cheapest within {goal.within_s / 60:g} min"
    budget = f"fastest within ${goal.budget_usd:g}" if goal.budget_usd else "fastest"
    yield _table(
        f"{goal.design}, {goal.items:,} items of {goal.item_ms.line}: "
        f"{found.tried:,} candidates tried, prices of {goal.terms.book().date}{goal.terms.text}",
        ("choice", dollars, "minutes", "held by", knobs),
        (
            (name, *_figures(one), one.binding_limit, _knobs(one))
            for name, one in ((within, found.cheapest), (budget, found.fastest))
        ),
    )
    front = found.front
    shown = sorted({*range(0, len(front), max(1, -(-len(front) // FRONT_MAX))), len(front) - 1})
    yield _table(
        "The front: nothing is both cheaper and sooner",
        (dollars, "minutes", knobs),
        ((*_figures(front[number]), _knobs(front[number])) for number in shown),
    )
    if steps:
        usd = [step.score.mean_usd * 1e6 / goal.items for step in steps]
        saved = ["", *(f"{a - b:,.4f}" for a, b in pairwise(usd))]
        rows = (
            (step.label or "default", f"{own:,.4f}", less, f"{step.score.mean_s / 60:,.1f}")
            for step, own, less in zip(steps, usd, saved, strict=True)
        )
        heads = ("change", dollars, "saved", "minutes")
        yield _table("What each knob bought, from the default knobs on", heads, rows, "right")
    if done is not None:
        lines = done.lines.set_index("line").loc[list(LINES)].itertuples()
        yield _table(
            f"Confirmed on local{goal.terms.text and ', at list prices'}: "
            f"{done.run.items:,} items, run {done.run.run_id}",
            ("line", "predicted", "local", "error, %"),
            ((r.Index, f"{r.predicted:,.6g}", f"{r.actual:,.6g}", f"{r.error_percent:+.2f}")
             for r in lines),
            "right",
        )  # fmt: skip


def _table(
    title: str, heads: tuple[str, ...], rows: Iterable[tuple], numbers: str = "left"
) -> "Table":
    """A table whose columns after the first stand on the side of `numbers`."""
    from rich.table import Table

    table = Table(title=title)
    for head in heads:
        table.add_column(head, justify="left" if head == heads[0] else numbers)
    for row in rows:
        table.add_row(*row)
    return table


def _figures(one: "Score") -> tuple[str, str]:
    return one.per_million_usd.text(",.4f"), one.minutes.text(",.1f")


def _knobs(one: "Score") -> str:
    return ", ".join(f"{n}={value}" for n, value in one.design.turned_knobs().items()) or "none"
