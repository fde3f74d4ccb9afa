"""What a tuning has found, as tables and as JSON."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from workbench.engine.statistics import Interval
from workbench.tune import Confirmed, Step, Tuned
from workbench.tune.scoring import Score

FRONT_MAX = 12  # rows of the front that are printed
LINES = ("processed_s", "detected_s", "cost_usd", "knowing_usd", "invocations")
COMPARED = ("line", "unit", "predicted", "low", "high", "actual", "error_percent")


def tables(found: Tuned, steps: list[Step], done: Confirmed | None) -> Iterator[Table]:
    """Every table of a tuning, in the order in which they are read."""
    yield choices_table(found)
    yield front_table(found.front)
    if steps:
        yield gains_table(steps, found.goal.items)
    if done is not None:
        yield confirmed_table(done)


def content(found: Tuned, steps: list[Step], done: Confirmed | None) -> dict[str, Any]:
    """A tuning as JSON has it: dollars per million items, minutes until completion is known."""
    goal = found.goal
    return {
        "design": goal.design,
        "items": goal.items,
        "value_max": goal.value_max,
        "tried": found.tried,
        "floor_per_million_usd": found.floor_per_million_usd,
        "ratio": found.ratio,
        "cheapest": _score(found.cheapest),
        "fastest": _score(found.fastest),
        "front": [_score(one) for one in found.front],
        "gains": [{"change": step.change} | _score(step.score) for step in steps],
        "confirmed": None if done is None else _confirmed(done),
    }


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
    return ", ".join(f"{name}={value}" for name, value in _changed(one).items()) or "none"


def _changed(one: Score) -> dict[str, Any]:
    default = type(one.design)().knobs()
    return {name: value for name, value in one.design.knobs().items() if default[name] != value}


def _score(one: Score) -> dict[str, Any]:
    return {
        "per_million_usd": _interval(one.per_million_usd),
        "minutes": _interval(one.minutes),
        "binding_limit": one.binding_limit,
        "completes": one.completes,
        "changed_knobs": _changed(one),
    }


def _interval(one: Interval) -> dict[str, float]:
    return {"low": one.low, "middle": one.middle, "high": one.high}


def _confirmed(done: Confirmed) -> dict[str, Any]:
    lines = done.lines[list(COMPARED)].to_dict("records")
    return {"run_id": done.run.run_id, "items": done.run.items, "lines": lines}
