"""`workbench study`, `sweep`, `tables`, `report`, `publish`, `reference`: many runs, pictures.

`reference` alone changes what git tracks.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.options import (
    Designs,
    Results,
    Settings,
    Target,
    WrittenResults,
    amount,
    whole,
)
from workbench.cli.output import Json, end_by_failed, print_json, wide_console
from workbench.cli.terms import Already, Discounts, FreeTier, Prices, read_terms, say_age
from workbench.errors import BadInput, Incomplete
from workbench.project import DOCS, REFERENCE, RESULTS, ROOT, STUDIES
from workbench.targets import dollars_by_target

if TYPE_CHECKING:
    from workbench.bill.terms import Terms
    from workbench.sweep.bucket import Bucket
    from workbench.sweep.study import Study
    from workbench.sweep.sweeping import Swept

WIDTH_MIN = 120  # a row of the comparison is not broken
LOOKED_AT = 10_000  # runs whose knobs are looked at for what was fitted
SHOWN_MAX = 5  # failed or skipped runs that are named
REFERENCE_RUNS = RESULTS / ".reference-runs"  # made here; stays, so that a killed sweep goes on


def study(
    items: Annotated[str, typer.Option(help="Sizes on --target, with commas.")] = "100,1000,10000",
    target: Target = "local",
    seed: Annotated[int, whole("seed", "The items are drawn from it.")] = 7,
    story: Annotated[
        str,
        typer.Option(help="A study to sweep besides; empty: none.", autocompletion=options.studies),
    ] = "story",
    design: Designs = "all",
    settings: Settings = None,
    region: options.Region = None,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    results: WrittenResults = RESULTS,
) -> None:
    """Benchmark the designs by papermill, sweep the story, and render the report.

    With prices of a day, a free tier or discounts the runs are kept at list prices; what is shown
    and drawn is billed anew from their usage.
    """
    from workbench import study as job
    from workbench.runs.runner import region_of

    knobs = options.settings_by_design(settings, options.read_designs(design))
    sizes, whose = options.read_sizes(items), region_of(target, region)
    plan = job.Plan(tuple(knobs), sizes, target, seed, knobs, whose)
    terms = read_terms(whose, prices, free_tier, already, discounts)
    wanted = read_story(story) if story else None
    paths = []
    for request in plan.requests():
        print(f"{request.design}, {request.items:,} items on {request.target} …", file=sys.stderr)
        paths.append(job.run_notebook(request, results))
    if wanted:
        run_sweep(wanted, results)
    if wanted:
        tables(results)
    shown = _at(results, terms)
    table = job.comparison_table(job.comparison(shown, paths), terms.text)
    wide_console(WIDTH_MIN).print(table)
    if not wanted:
        _print_each(job.draw(shown))
    else:
        publish(shown, video=False, calculator=False)
        report(shown)
    end_by_failed(paths)


def sweep(
    study: options.Study,
    results: options.SweptInto = RESULTS,
    workload: options.WorkloadFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Also more than 100,000 runs.")] = False,
    processes: Annotated[int | None, whole("processes", "Default: all cores.", 1)] = None,
    cluster: options.Cluster = "",
    max_usd: Annotated[Decimal, amount("max_usd", "Of all its runs on aws together.")] = Decimal(5),
    as_json: Json = False,
) -> None:
    """Run every run of a study that is not there yet, and write its table.

    Exit code 3 if items failed in some of its runs, which are finished all the same.
    """
    from workbench.sweep.study import read_study

    how = {"yes": yes, "processes": processes, "cluster": cluster, "max_usd": max_usd}
    done = run_sweep(read_study(find(study), workload), results, **how)
    if as_json:
        keys = ("table", "ran", "found", "older", "skipped", "failed", "cost_usd")
        content = {key: getattr(done, key) for key in keys}
        print_json("sweep", study=done.study.name, runs=done.runs, **content)
    else:
        print(done.table)
    if done.failed:
        raise Incomplete(
            f"{len(done.failed)} of {len(done.jobs)} runs are not kept, or did not complete."
        )
    end_by_failed(done.folders.values(), done.with_failed, len(done.jobs))


def tables(results: WrittenResults = RESULTS) -> None:
    """Write the tables beside the runs: limits, savings, predictions, simplicity, agreement."""
    from workbench.side_tables import write_agreement, write_side_tables

    _print_each(write_side_tables(results) + write_agreement(results, results / "published"))


def report(
    results: Results = RESULTS,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
) -> None:
    """Render report.html and findings.md, of a results folder into its published/.

    With prices of a day, a free tier or discounts every run is billed anew from its usage.
    """
    from analysis.findings import write_findings
    from analysis.report import render
    from workbench.notebooks import execute
    from workbench.runs.results_folder import published

    results = _at(results, read_terms(None, prices, free_tier, already, discounts))
    print(write_findings(results, published(results)))
    print(render(results, execute))


def publish(
    results: Results = RESULTS,
    video: Annotated[bool, typer.Option(help="The film too.")] = True,
    calculator: Annotated[bool, typer.Option(help="The page to play with too.")] = True,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
) -> None:
    """Draw every chart that the runs can carry, and the film, into its published/.

    With prices of a day, a free tier or discounts every run is billed anew from its usage.
    """
    from analysis.publish import publish as draw

    terms = read_terms(None, prices, free_tier, already, discounts)
    page = _calculator(terms) if calculator else None
    _print_each(draw(_at(results, terms), video, calculator=page))


@contextmanager
def _calculator(terms: "Terms") -> Iterator[Callable[[Path], Path]]:
    """What writes the calculator into a folder; the model runs for it have begun."""
    from analysis.calculator import write_calculator
    from workbench.calculator.table import begun

    with begun() as table:
        yield lambda folder: write_calculator(folder, table(), terms.book())


def _at(results: Path, terms: "Terms") -> Path:
    """The set, or the same runs on other terms than those that they were billed at."""
    if terms.price_date is None and not terms.text:
        return results
    from workbench.runs.repriced import reprice
    from workbench.runs.sets import note_of, read_runs

    place = reprice(results, terms)
    print(note_of(place)[0], file=sys.stderr)
    say_age(min(run.price_date or "" for run in read_runs(place)))
    return place


def reference(
    sweep: Annotated[
        bool, typer.Option(help="Run what is new of studies/reference.yaml and pack it.")
    ] = True,
) -> None:
    """Make the project's reference set anew: runs, tables, charts, docs/findings.md.

    This is the only command that changes what git tracks. --no-sweep draws from the packed runs.
    """
    from analysis.findings import write_findings
    from analysis.publish import publish as draw
    from workbench.side_tables import write_agreement, write_side_tables

    kept = REFERENCE.relative_to(ROOT)
    print(f"this changes what git tracks: {kept}/ and docs/findings.md", file=sys.stderr)
    charts = REFERENCE / "published"
    if sweep:
        _pack()
        _print_each(write_side_tables(REFERENCE_RUNS, REFERENCE))
        _print_each(write_agreement(REFERENCE, charts))
    _print_each(draw(REFERENCE, video=False, kept_in=charts))
    print(write_findings(REFERENCE, DOCS))


def find(study: str) -> Path:
    """A study by its file, or by the name of one that comes with the project."""
    path = Path(study)
    if path.suffix in (".yaml", ".yml") and path.is_file():
        return path
    if (STUDIES / f"{study}.yaml").is_file():
        return STUDIES / f"{study}.yaml"
    there = ", ".join(sorted(one.stem for one in STUDIES.glob("*.yaml")))
    raise BadInput(f"there is no study {study!r}. Give a YAML file, or one of {there}.")


def read_story(story: str) -> "Study":
    """A study, refused here if it cannot be read or planned."""
    from workbench.sweep.jobs import plan_jobs
    from workbench.sweep.study import read_study

    study = read_study(find(story))
    plan_jobs(study)
    return study


def run_sweep(study: "Path | Study", results: "Path | Bucket", **options: Any) -> "Swept":
    """Sweep a study under a bar, and say on standard error what was done, and what was not."""
    from workbench.runs.progress import RunCounter, display
    from workbench.sweep.study import Study, read_study
    from workbench.sweep.sweeping import sweep

    study = study if isinstance(study, Study) else read_study(study)
    if any(grid.best_in for grid in study.grids):
        print("finding the best knobs of each design for each batch …", file=sys.stderr)
    with display("sweep") as show:
        done = sweep(study, results, counter=RunCounter(show), **options)
    lines = [
        f"{done.study.name}: {done.ran:,} runs, {done.found:,} were there already, "
        f"{dollars_by_target(done.usd)}"
    ]
    if done.older:
        lines.append(
            f"{done.older:,} of them were made by other code than this. To run them again, take "
            "their folders and parts away, or sweep into another --results folder"
        )
    if done.skipped:
        lines.append(f"{len(done.skipped):,} combinations cannot work and were skipped, such as")
        lines += [f"  {reason}" for reason in list(dict.fromkeys(done.skipped))[:SHOWN_MAX]]
    fitted = dict.fromkeys(job.request.fitted().line for job in done.jobs[:LOOKED_AT])
    lines += [line for line in fitted if line][:SHOWN_MAX]
    lines += [f"  {run}: {why}" for run, why in list(done.failed.items())[:SHOWN_MAX]]
    print("\n".join(lines), file=sys.stderr)
    return done


def _pack() -> None:
    """Sweep the reference study, by this code only, and pack its runs."""
    from workbench.project import is_of_other_code
    from workbench.runs.sets import pack, read_runs

    if any(is_of_other_code(run.commit) for run in read_runs(REFERENCE_RUNS)):
        shutil.rmtree(REFERENCE_RUNS)
    done = run_sweep(find("reference"), REFERENCE_RUNS)
    if done.failed:
        raise Incomplete(f"{len(done.failed)} of {len(done.jobs)} reference runs have failed.")
    _print_each(pack(REFERENCE_RUNS, REFERENCE))


def _print_each(paths: Iterable[Path]) -> None:
    for path in paths:
        print(path)
