"""`workbench run` and `collect`: one batch, and the evidence about it."""

import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.options import (
    Design,
    Preset,
    Results,
    Settings,
    Target,
    amount,
    read_settings,
    whole,
)
from workbench.cli.output import say_failed
from workbench.cli.terms import Prices, say_age
from workbench.cli.trust import replay
from workbench.cli.workload_option import items_of, pairs_with, read_option
from workbench.errors import ITEMS_FAILED, BadInput, Incomplete, PullFailed, WorkbenchError
from workbench.project import RESULTS
from workbench.runs.results_folder import nothing_left

if TYPE_CHECKING:
    from workbench.runs.runner import RunRequest
    from workbench.targets.aws import AwsTarget

SAID_FROM_S = 60.0  # a run that takes longer says so first


def run(
    design: Design,
    items: Annotated[int | None, whole("items", "How many, 1 to 100,000,000.")] = None,
    target: Target = "local",
    seed: Annotated[int, whole("seed", "The items are drawn from it.")] = 7,
    preset: Preset = "default",
    settings: Settings = None,
    workload: options.WorkloadFile = None,
    results: Results = RESULTS,
    max_usd: Annotated[
        Decimal, amount("max_usd", "On aws: refused or stopped above it.")
    ] = Decimal(1),
    region: options.Region = None,
    prices: Prices = None,
    fill: Annotated[
        Path | None,
        typer.Option(help="On local: a Python file that fills the cloud."),
    ] = None,
    forecast: Annotated[bool, typer.Option(help="Write down what the model says, first.")] = True,
    fault_seed: Annotated[int | None, whole("fault_seed", "A seed of the swarm, again.", 0)] = None,
) -> None:
    """Run one batch and print the path of its run folder; exit code 3 if items of it failed."""
    if fault_seed is not None:
        replay(fault_seed, design)
        return
    own_items = read_option(workload)
    items = items_of(own_items, items)
    from workbench.runs.progress import progress_bar
    from workbench.runs.runner import RunRequest, new_run_id, region_of, run_request

    knobs = read_settings(pairs_with(own_items, settings), design)
    request = RunRequest(
        *(design, target, items, seed, preset, knobs), max_usd=max_usd, fill=fill or ""
    )
    request.make_design()  # refused before anything is said or asked, or numba loaded
    request = replace(request, region=region_of(target, region), price_date=prices)
    say_age(request.book().date)
    run_id = new_run_id(request)
    with nothing_left(results, run_id) as beginning:
        if forecast and (foretold := _predict(request, run_id, results)):
            print(f"predicted (modelled): {foretold}", file=sys.stderr)
        if target == "local" and request.expected_s >= SAID_FROM_S:
            told = f"{items:,} items on local take roughly {request.expected_s / 60:,.0f} min"
            print(f"{told} here; --target model tells in seconds what to expect", file=sys.stderr)
        with progress_bar(design, target) as watch:
            path = run_request(request, results, beginning.listening(watch), run_id)
    print(path)
    end(path)


def end(path: Path) -> None:
    """What came of a run, on standard error, and the exit code that says so."""
    from workbench.runs.failures import work_hint
    from workbench.runs.records import read_run

    done = read_run(path)
    if hint := work_hint(done):
        print(hint, file=sys.stderr)
    some_failed = say_failed(path)
    if done.status != "complete":
        raise Incomplete(f"the batch did not complete: {done.reason}")
    if some_failed:
        raise typer.Exit(ITEMS_FAILED)


def collect(
    runs: options.Runs,
    export: Annotated[
        str | None,
        typer.Option(
            help="Costs by resource from an AWS data export: a folder, a file or s3://bucket/prefix."
            " Nothing else is asked.",
            metavar="FOLDER|s3://…",
        ),
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Bill runs of the target aws again by all that AWS has now, and pull the evidence; older
    pulls stay."""
    from workbench.runs.stored import find_run, run_of

    on = {path: run_of(path).target for path in (find_run(results, one) for one in runs)}
    for path, target in on.items():
        if target != "aws":
            raise BadInput(
                f"{path.name} ran on {target}: collect pulls from AWS what it knows of runs of the "
                "target aws."
            )
    if export is not None:
        _collect_export(list(on), export)
        return
    from workbench.pull.collect import collect as pull
    from workbench.runs.runner import make_target, region_of
    from workbench.targets.base import RunOptions

    lacking = []
    for path, target in on.items():
        terms = RunOptions(path.resolve().parents[1], region_of(target, None))
        own = make_target(target, terms)
        lacking += _bill_again(path, own, terms.region)
        found = pull(path, own)
        for kept in found.pulls:
            print(f"{path.name}: {kept.kind}, {len(kept.frame):,} rows, {kept.stamp}")
        lacking += [f"{path.name}: {why}" for why in found.failed]
    if lacking:
        raise PullFailed("; ".join(lacking))


def _collect_export(runs: list[Path], export: str) -> None:
    """Keep what a data export has of runs; one that it lacks leaves the others."""
    from tempfile import gettempdir

    from workbench.pull.exports.collect import collect_export
    from workbench.pull.exports.files import S3, Bucket, Folder
    from workbench.stacks.aws_clients import Aws
    from workbench.temporary import temporary_folder

    lacking = []
    with temporary_folder(Path(gettempdir()), "workbench-export-") as copies:
        is_bucket = export.startswith(S3)
        place = Bucket(export, Aws().client("s3"), copies) if is_bucket else Folder(export)
        for path in runs:
            try:
                kept = collect_export(path, place)
            except PullFailed as error:
                lacking.append(f"{path.name}: {error}")
                continue
            own = kept.frame[kept.frame["tagged"]]
            found = own.groupby("label")["cost_usd"].sum()
            told = ", ".join(f"{label} ${usd:.6f}" for label, usd in found.items())
            print(f"{path.name}: costs, {len(kept.frame):,} rows, {kept.stamp}; {told}")
    if lacking:
        raise PullFailed("; ".join(lacking))


def _bill_again(path: Path, target: "AwsTarget", region: str) -> list[str]:
    """Renew a run's bill by all that AWS has now, and say what became of it; why not, if it fails.

    A batch that did not end well has nothing that came late: its run stays as it is.
    """
    from workbench.prices import load_book
    from workbench.runs.records import read_folder, renew_folder
    from workbench.runs.runner import priced

    before = read_folder(path)
    try:
        found = target.bill_again(before)
    except BadInput as error:
        print(error, file=sys.stderr)
        return []
    except WorkbenchError as error:
        return [f"{path.name}: {error}"]
    after = priced(found, load_book(region))
    renew_folder(after, path.resolve().parents[1])
    was, now = before.run, after.run
    print(f"{path.name}: ${was.cost_usd or 0:.6f}, billed again ${now.cost_usd:.6f}, {now.status}")
    return [f"{path.name}: {now.reason}"] if now.status != "complete" else []


def _predict(request: "RunRequest", run_id: str, results: Path) -> str:
    """What the model says of a run, written down; nothing of a run of the model itself."""
    from workbench.runs.predictions import predict, read_prediction

    path = predict(request, run_id, results)
    return read_prediction(path).told if path else ""
