"""`workbench runs`: list the runs of a results folder, show one, remove some."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli import options
from workbench.cli.options import Results
from workbench.cli.output import Json, print_json, wide_console
from workbench.cli.terms import Already, Discounts, FreeTier, Prices, read_terms
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION
from workbench.project import RESULTS
from workbench.targets import FIGURES

if TYPE_CHECKING:
    from workbench.runs.records import Run
    from workbench.runs.stored import Details, Stored

WIDTH_MIN = 200  # a run's row is not broken; the table takes what it needs
LISTED = "run_id design target items seed started_at status reason items_failed cost_usd".split()
TIMES = ("created_s", "processed_s", "detected_s", "detection_lag_s")
COUNTS = (
    "items items_processed items_failed items_duplicated invocations cold_starts peak_concurrency"
).split()


def list_runs(
    design: Annotated[
        str | None,
        typer.Option(help="Only of this design.", autocompletion=options.one_design),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Only on this target.", autocompletion=options.targets)
    ] = None,
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """List the runs, the newest last; a folder that cannot be read is listed with the reason."""
    from workbench.runs.stored import stored_runs

    _refuse_unknown(design, target)
    found = stored_runs(results, design, target)
    if as_json:
        print_json("runs list", results=results.resolve(), runs=[_row(one) for one in found])
        return
    _print_list(found)
    print(f"{len(found)} runs in {results}", file=sys.stderr)


def show_run(
    run: Annotated[
        str,
        typer.Argument(
            help="A path, an id, or the beginning of one.", autocompletion=options.run_ids
        ),
    ],
    prices: Prices = None,
    region: Annotated[
        str | None, typer.Option(help="Whose prices, instead of the run's own region.")
    ] = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    as_json: Json = False,
    results: Results = RESULTS,
) -> None:
    """Show one run: times, counts, dollars by label, and the knobs that are not default.

    With prices of a day or a region, a free tier or discounts it is billed anew from its usage;
    what is stored stays.
    """
    from workbench.runs.stored import billed_anew, details, find_run

    found, terms = details(find_run(results, run)), None
    if prices or region or free_tier or already or discounts:
        whose = region or found.run.region or HOME_REGION
        terms = read_terms(whose, prices, free_tier, already, discounts)
    shown = billed_anew(found, terms) if terms else found
    if as_json:
        anew = {"billed_anew": terms is not None, "cost_usd_stored": found.run.cost_usd}
        asked = {"free_tier": free_tier, "discounts": discounts or []}
        print_json("runs show", run=_content(shown) | anew | asked)
        return
    for line in _lines(shown):
        print(line)
    if terms:
        print(f"  billed     {_anew(found.run, shown.run, terms.text)}")


def _anew(was: "Run", now: "Run", terms: str) -> str:
    """At which terms a run is billed anew, and how its dollars were."""
    text = f"anew from its usage, prices of {now.region}, {now.price_date}{terms}"
    if not was.cost_usd or now.cost_usd is None:
        return text
    change = 100 * (now.cost_usd / was.cost_usd - 1)
    return f"{text}; stored: {was.cost_usd:,.6f} ({was.price_date}), {change:+.1f} %"


def remove_runs(
    runs: options.Runs,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    results: Results = RESULTS,
) -> None:
    """Remove runs with their pulls and predictions; reference runs and open batches never."""
    from workbench.runs.stored import find_run, refuse_removal, remove_run

    paths = list(dict.fromkeys(find_run(results, run) for run in runs))
    for path in paths:
        refuse_removal(path)  # all of them, before the first is gone
    if not yes:
        for path in paths:
            print(path, file=sys.stderr)
        typer.confirm("Remove these for good?", abort=True, err=True)
    for path in paths:
        remove_run(path)
        print(f"removed: {path}")


def _refuse_unknown(design: str | None, target: str | None) -> None:
    """A filter that nothing can pass is a slip of the pen."""
    from workbench.designs import DESIGNS

    for name, value, known in (("design", design, DESIGNS), ("target", target, FIGURES)):
        if value is not None and value not in known:
            raise BadInput(f"{name}={value!r} is not known. Take one of {', '.join(known)}.")


def _row(one: "Stored") -> dict[str, Any]:
    """A run of the list as JSON has it; of a damaged one its path and the reason."""
    run = one.run
    if run is None:
        told = {"run_id": one.path.name, "status": "damaged", "reason": one.damage}
        return told | {"path": one.path}
    return {name: getattr(run, name) for name in LISTED} | {
        "figures": FIGURES.get(run.target),
        "detected_s": run.detected_s,
        "detection_lag_s": run.detection_lag_s,
        "path": one.path,
    }


def _print_list(found: "list[Stored]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for head in ("run", "started (UTC)", "status", "items", "$", "", "known, s", "lag, s"):
        right = head in ("items", "$", "known, s", "lag, s")
        table.add_column(head, justify="right" if right else "left", no_wrap=True)
    for one in found:
        if one.run is not None:
            table.add_row(*map(Text, _cells(one.run)))
    for one in found:
        if one.run is None:
            print(f"damaged: {one.damage}")
    if table.row_count:
        wide_console(WIDTH_MIN).print(table)


def _cells(run: "Run") -> list[str]:
    return [
        run.run_id,
        run.started_at[:16].replace("T", " "),
        run.status + (f", {run.items_failed:,} failed" if run.items_failed else ""),
        f"{run.items:,}",
        "" if run.cost_usd is None else f"{run.cost_usd:,.6f}",
        FIGURES.get(run.target, ""),
        _number(run.detected_s),
        _number(run.detection_lag_s),
    ]


def _content(found: "Details") -> dict[str, Any]:
    """A run as JSON has it: its record, and what was worked out."""
    from dataclasses import asdict

    changed = found.changed_knobs.items()
    return asdict(found.run) | {
        "path": found.path,
        "figures": FIGURES.get(found.run.target),
        "detection_lag_s": found.run.detection_lag_s,
        "usd_by_label": found.usd_by_label,
        "failures": found.failures,
        "changed_knobs": {n: {"value": value, "default": usual} for n, (value, usual) in changed},
    }


def _lines(found: "Details") -> list[str]:
    """A run as a terminal shows it."""
    from workbench.runs.failures import measured_work

    run = found.run
    figures = FIGURES.get(run.target, "")
    lines = [
        f"{run.run_id}: {run.design} on {run.target}, {run.items:,} items, seed {run.seed}",
        f"  path       {found.path}",
        f"  status     {run.status}" + (f": {run.reason}" if run.reason else ""),
        f"  started    {run.started_at}, code {run.commit or 'unknown'}, prices {run.price_date}",
        "  times, s   " + _listed(run, TIMES),
        "  counts     " + _listed(run, COUNTS),
    ]
    if found.failed:
        lines.append(f"  failed     {found.failed}")
    if told := measured_work(run):
        lines.append(f"  work       {told}")
    if run.cost_usd is not None:
        lines.append(f"  dollars    {run.cost_usd:,.6f} {figures}")
    lines += [f"    {name:<9}  {usd:,.6f}" for name, usd in found.usd_by_label.items()]
    knobs = found.changed_knobs.items()
    lines.append("  knobs      " + ("that differ from the default" if knobs else "all default"))
    lines += [f"    {name} = {value} (default {usual})" for name, (value, usual) in knobs]
    return lines


def _listed(run: "Run", names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"{name.removesuffix('_s')} {_number(getattr(run, name))}" for name in names)


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
