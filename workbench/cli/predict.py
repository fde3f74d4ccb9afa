"""`workbench estimate`: what a batch will cost and take, by line, and what limits it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import (
    Designs,
    Preset,
    PricesRegion,
    Settings,
    WorkloadFile,
    read_designs,
    say_fitted,
    settings_by_design,
    whole,
)
from workbench.cli.output import Json, print_json, wide_console
from workbench.cli.terms import Already, Discounts, FreeTier, Prices, read_terms
from workbench.cli.workload_option import items_of, pairs_with, prices_region, read_option
from workbench.designs import fit_design
from workbench.platform.profile import DEFAULT

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.designs import Design
    from workbench.targets.model.forecast import Estimate

WIDTH_MIN = 122  # lines of a bill are not broken


def estimate(
    items: Annotated[int | None, whole("items", "How many items, 1 to 100,000,000.")] = None,
    design: Designs = "all",
    seed: Annotated[int, whole("seed", "The items are drawn from it.")] = 7,
    preset: Preset = "default",
    settings: Settings = None,
    workload: WorkloadFile = None,
    replications: Annotated[int, whole("replications", "Draws behind low and high.", 1)] = 20,
    profile: Annotated[str, typer.Option(help="A date, or a file of constants.")] = DEFAULT,
    region: PricesRegion = None,
    prices: Prices = None,
    free_tier: FreeTier = False,
    already: Already = None,
    discounts: Discounts = None,
    as_json: Json = False,
) -> None:
    """Print the modelled bill by line, with low, likely and high, and what limits the time."""
    own_items = read_option(workload)
    knobs = settings_by_design(pairs_with(own_items, settings), read_designs(design))
    items, region = items_of(own_items, items), prices_region(own_items, region)
    terms = read_terms(region, prices, free_tier, already, discounts)
    designs = [_fitted(name, preset, own, items) for name, own in knobs.items()]
    from workbench.bill import bill_tree, by_label
    from workbench.platform.profile import load_profile
    from workbench.targets.model.forecast import estimate as forecast

    book, constants, contents = terms.book(), load_profile(profile), []
    for made in designs:
        found = forecast(made, items, seed, replications, constants, book, terms.month)
        if as_json:
            rows = found.bill.to_dict("records")
            own = {"knobs": made.knobs(), "usd_by_label": by_label(found.bill), "bill": rows}
            contents.append(asdict(found) | own)
            continue
        title = f"{found.design}: {items:,} items, modelled, prices of {book.date}{terms.text}"
        console = wide_console(WIDTH_MIN)
        console.print(bill_tree(found.bill, title, book, items))
        _print_forecast(console, found)
    if constants.fitted is not None and not as_json:
        fit = constants.fitted
        print(
            f"{len(fit.names)} constants are fitted to {len(fit.runs)} runs: the middle one is "
            f"drawn from {fit.left:.0%} of its range's width, and intervals shrink with them"
        )
    if as_json:
        inputs = {"items": items, "seed": seed, "region": region, "price_date": book.date}
        asked = {"free_tier": free_tier, "discounts": discounts or []}
        print_json("estimate", **inputs, **asked, designs=contents)


def _fitted(name: str, preset: str, settings: dict[str, str], items: int) -> "Design":
    """A design that can be estimated; what was fitted of it is said."""
    found = fit_design(name, preset, settings)
    found.refuse_unpriced(items)
    say_fitted(found)
    return found.design


def _print_forecast(console: "Console", found: "Estimate") -> None:
    """The intervals under a bill."""
    console.print(
        f"  low / likely / high (5 % to 95 % of {found.replications} draws)\n"
        f"    dollars             {found.usd}\n"
        f"    of it coordination  {found.coordination_usd}\n"
        f"    of that knowing     {found.knowing_usd}\n"
        f"    minutes             {found.minutes}\n"
        f"    known after, s      {found.detection_lag_s}\n"
        f"  what limits it first: {found.binding_limit}"
    )
    if not found.completes:
        console.print("  [bold]it would not complete[/]: work takes longer than AWS allows")
    console.print()
