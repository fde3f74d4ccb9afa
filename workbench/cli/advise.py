"""`workbench advise`: one workload, one answer, on one page."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Cluster, Results, whole, workloads
from workbench.cli.output import Json, print_json
from workbench.cli.terms import Already, Discounts, FreeTier, Prices, read_terms
from workbench.cli.tune import CONFIRMED as LINE_KEYS
from workbench.cli.workload_option import read_option
from workbench.project import RESULTS
from workbench.runs.results_folder import refuse_unwritable

if TYPE_CHECKING:
    from workbench.advise.answer import Answer, Choice
    from workbench.advise.question import Question
    from workbench.tune.tuning import Confirmed

CONFIRMED = 2  # of the best, on local
File = Annotated[
    Path,
    typer.Argument(help="A YAML file, such as workloads/web_calls.yaml.", autocompletion=workloads),
]


def advise(
    file: File,
    items: Annotated[int | None, whole("items", "Of the file's sizes; else its first.", 1)] = None,
    item_concurrency: Annotated[
        int, whole("item_concurrency", "Items at a time inside one invocation, at most.", 1)
    ] = 1,
    confirmed: Annotated[
        bool, typer.Option("--confirm/--no-confirm", help="Run the best two on local too.")
    ] = True,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    cluster: Cluster = "",
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Tune every design for a workload: which to take, its cost, what would change that."""
    if confirmed:
        refuse_unwritable(results)
    found = read_option(file)
    terms = read_terms(found.region, prices, free_tier, already, discounts)
    from workbench.advise.answer import advise as answer_to
    from workbench.advise.question import Question

    asked = Question(
        items=items or found.items[0],
        item_ms=found.item_ms,
        cpu_ms=found.cpu_ms,
        poison_per_million=found.poison_per_million,
        fails_per_million=found.fails_per_million,
        memory_mb=found.memory_mb,
        item_concurrency=item_concurrency,
        deadline_s=found.deadline_s,
        batches_per_month=Decimal(repr(found.batches_per_month)),
        budget_usd_per_month=found.budget_usd_per_month,
        promise=found.promise,
        terms=terms,
    )
    answer = answer_to(asked, cluster=cluster)
    done = _confirmed(answer, asked, results) if confirmed else []
    if as_json:
        print_json("advise", **_content(answer, done))
        return
    for line in _page(answer, done, file):
        print(line)


def _confirmed(answer: "Answer", asked: "Question", results: Path) -> "list[Confirmed]":
    """The best two run on local, at a size that fits."""
    from workbench.tune.tuning import confirm

    best = answer.choices[:CONFIRMED]
    print(f"running {' and '.join(one.name for one in best)} on local …", file=sys.stderr)
    return [confirm(one.design, asked.items, results) for one in best]


def _page(answer: "Answer", done: "list[Confirmed]", file: Path) -> list[str]:
    """The answer as lines."""
    from workbench.advise.crossings import crossings
    from workbench.advise.flips import deadline_steps, price_flips
    from workbench.advise.unsure import least_sure
    from workbench.cli import advice

    changes = advice.change_lines(
        answer, crossings(answer), deadline_steps(answer), price_flips(answer)
    )
    parts = {
        "": [advice.asked_line(answer.question)],
        "The answer": advice.choice_lines(answer),
        "Run on local": map(advice.confirmed_line, done),
        "What would change it": changes,
        "What is least sure": advice.unsure_lines(least_sure(answer)),
        "To do it": advice.command_lines(answer, file),
    }
    lines: list[str] = []
    for title, some in parts.items():
        if body := list(some):
            lines += ([""] if lines else []) + ([title] if title else [])
            lines += [f"  {line}" if title else line for line in body]
    return lines


def _content(answer: "Answer", done: "list[Confirmed]") -> dict[str, Any]:
    """The answer as JSON has it: dollars, seconds, knobs by name."""
    from workbench.advise.crossings import crossings
    from workbench.advise.flips import batch_flips, deadline_steps, price_flips
    from workbench.advise.unsure import least_sure

    asked = answer.question
    steps = [
        {"deadline_s": one.deadline_s, "design": one.name, "month_usd": one.month_usd}
        for one in deadline_steps(answer)
    ]
    return {
        "items": asked.items,
        "batches_per_month": float(asked.batches_per_month),
        "region": asked.terms.region,
        "price_date": asked.terms.book().date,
        "choices": [_choice(one) for one in answer.choices],
        "refused": dict(answer.refused),
        "over_budget_usd": answer.over_budget_usd,
        "overlapping": answer.overlapping,
        "crossings": [vars(one) for one in crossings(answer)],
        "deadlines": steps,
        "prices": [vars(one) for one in price_flips(answer)],
        "batches": [{"per_month": n, "design": name} for n, name in batch_flips(answer)],
        "least_sure": [
            vars(one) | {"teller": one.teller and str(one.teller)} for one in least_sure(answer)
        ],
        "confirmed": [
            {"run_id": one.run.run_id, "lines": one.lines[list(LINE_KEYS)].to_dict("records")}
            for one in done
        ],
    }


def _choice(one: "Choice") -> dict[str, Any]:
    """One design at its best."""
    return {
        "design": one.name,
        "month_usd": one.month_usd,
        "batch_usd": vars(one.forecast.usd),
        "minutes": vars(one.forecast.minutes),
        "binding_limit": one.forecast.binding_limit,
        "knobs": one.design.turned_knobs(),
    }
