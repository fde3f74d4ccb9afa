"""`workbench study`, `report` and `publish`: the main job, and the pictures of what was run."""

import sys
from typing import Annotated

import typer

from workbench.cli import completion
from workbench.cli.failed_items import end_by_failed
from workbench.cli.options import (
    Designs,
    Results,
    Settings,
    Target,
    WrittenResults,
    read_designs,
    read_sizes,
    settings_by_design,
    whole,
)
from workbench.cli.output import wide_console
from workbench.project import RESULTS

WIDTH_MIN = 120  # a row of the comparison is not broken


def study(
    items: Annotated[str, typer.Option(help="Sizes on --target, with commas.")] = "100,1000,10000",
    target: Target = "local",
    seed: Annotated[int, whole("seed", "The items are drawn from it.")] = 7,
    story: Annotated[
        str,
        typer.Option(
            help="A study to sweep besides; empty: none.", autocompletion=completion.studies
        ),
    ] = "story",
    design: Designs = "all",
    settings: Settings = None,
    results: WrittenResults = RESULTS,
) -> None:
    """Benchmark the designs by papermill, sweep the story, and render the report."""
    from workbench import study as job
    from workbench.cli.sweep import find, tell
    from workbench.sweep.sweeping import sweep

    knobs = settings_by_design(settings, read_designs(design))
    plan = job.Plan(tuple(knobs), read_sizes(items), target, seed, knobs)
    wanted = find(story) if story else None
    paths = []
    for order in plan.orders():
        print(f"{order.design}, {order.items:,} items on {order.target} …", file=sys.stderr)
        paths.append(job.run_notebook(order, results))
    if wanted:
        from workbench.sweep.progress import sweep_progress

        with sweep_progress() as watch:
            tell(sweep(wanted, results, watch=watch))
    wide_console(WIDTH_MIN).print(job.comparison_table(job.comparison(results, paths)))
    if not wanted:
        for picture in job.draw(results):
            print(picture)
    else:
        tables(results)
        publish(results, video=False)
        report(results)
    end_by_failed(paths)


def tables(results: WrittenResults = RESULTS) -> None:
    """Write the tables beside the runs: limits, savings, predictions, simplicity, agreement."""
    from workbench.side_tables import write_agreement, write_side_tables

    for path in write_side_tables(results) + write_agreement(results, results / "published"):
        print(path)


def report(results: Results = RESULTS) -> None:
    """Render report.html and findings.md, of a results folder into its published/."""
    from analysis.findings import write_findings
    from analysis.report import render
    from workbench.notebooks import execute
    from workbench.runs.results_folder import published

    print(write_findings(results, published(results)))
    print(render(results, execute))


def publish(
    results: Results = RESULTS,
    video: Annotated[bool, typer.Option(help="The film too.")] = True,
) -> None:
    """Draw every chart that the runs can carry, and the film, into its published/."""
    from analysis.publish import publish as draw

    for path in draw(results, video):
        print(path)
