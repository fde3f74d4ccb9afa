"""`workbench advise`: one workload, one answer, on one page."""

import sys
from collections.abc import Iterator, Mapping, Sequence
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
    from workbench.advice.answer import Answer, Choice
    from workbench.advice.crossings import Crossing
    from workbench.advice.question import Question
    from workbench.advice.unsure import Unsure
    from workbench.tuning.search import Confirmed

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
    report: Annotated[
        Path | None, typer.Option(help="The answer as one HTML page too, with its chart.")
    ] = None,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    cluster: Cluster = "",
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Tune every design for a workload: which to take, its cost, what would change that."""
    from workbench.advice.page import Page, refuse_report

    if confirmed:
        refuse_unwritable(results)
    if report is not None:
        refuse_report(report)
    found = read_option(file)
    terms = read_terms(found.region, prices, free_tier, already, discounts)
    from workbench.advice.answer import advise as answer_to
    from workbench.advice.crossings import crossings
    from workbench.advice.question import Question
    from workbench.advice.unsure import least_sure
    from workbench.advice.words import told_parts

    asked = Question.of(found, items, item_concurrency, terms)
    answer = answer_to(asked, cluster=cluster)
    done = _confirmed(answer, asked, results) if confirmed else []
    crossed, unsure = crossings(answer), least_sure(answer)
    parts = told_parts(answer, done, file, crossed, unsure)
    if report is not None:
        Page(answer, parts, file.name).write(report)
        print(report, file=sys.stderr)
    if as_json:
        print_json("advise", **_content(answer, done, crossed, unsure))
        return
    print("\n".join(_lines(parts)))


def _confirmed(answer: "Answer", asked: "Question", results: Path) -> "list[Confirmed]":
    """What to take and the runner-up, run on local at a size that fits."""
    from workbench.tuning.search import confirm

    best = [answer.take, *answer.others][:CONFIRMED]
    print(f"running {' and '.join(one.name for one in best)} on local …", file=sys.stderr)
    return [confirm(one.design, asked.items, results) for one in best]


def _lines(parts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The parts below each other, their titles above them."""
    for title, lines in parts.items():
        if lines and title:
            yield f"\n{title}"
        yield from (f"  {line}" if title else line for line in lines)


def _content(
    answer: "Answer",
    done: "list[Confirmed]",
    crossed: "list[Crossing]",
    unsure: "list[Unsure]",
) -> dict[str, Any]:
    """The answer as JSON has it: dollars, seconds, knobs by name."""
    from workbench.advice.flips import batch_flips, deadline_steps, price_flips
    from workbench.advice.words import told_clock

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
        "take": answer.take.name,
        "level": [one.name for one in answer.level.choices],
        "clock": told_clock(answer),
        "refused": dict(answer.refused),
        "over_budget_usd": answer.over_budget_usd,
        "overlapping": answer.overlapping,
        "crossings": [vars(one) for one in crossed],
        "deadlines": steps,
        "prices": [vars(one) for one in price_flips(answer)],
        "batches": [{"per_month": n, "design": name} for n, name in batch_flips(answer)],
        "least_sure": [vars(one) | {"teller": one.teller and str(one.teller)} for one in unsure],
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
