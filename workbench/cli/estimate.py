"""`workbench estimate`: what a batch will cost and take, without running anything."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbench.cli.options import Designs, Preset, Settings, read_designs, settings_by_design, whole
from workbench.cli.output import Json, print_json, wide_console
from workbench.designs import Design, fit_design
from workbench.platform.profile import DEFAULT

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.prices import PriceBook
    from workbench.targets.model.forecast import Estimate

WIDTH_MIN = 122  # a bill's line is not broken


def estimate(
    items: Annotated[int, whole("items", "How many items, 1 to 100,000,000.")],
    design: Designs = "all",
    seed: Annotated[int, whole("seed", "The items are drawn from it.")] = 7,
    preset: Preset = "default",
    settings: Settings = None,
    replications: Annotated[int, whole("replications", "Draws behind low and high.", 1)] = 20,
    profile: Annotated[str, typer.Option(help="A date, or a file of constants.")] = DEFAULT,
    region: Annotated[str, typer.Option(help="Whose prices.")] = "us-east-1",
    as_json: Json = False,
) -> None:
    """Print the modelled bill by line, with low, likely and high, and what limits the time."""
    knobs = settings_by_design(settings, read_designs(design))
    fitted = [fit_design(name, preset, own) for name, own in knobs.items()]
    designs = [one.design for one in fitted]
    for one in fitted:
        one.design.refuse_items(items)
        if one.line:
            print(one.line, file=sys.stderr)
    from workbench.platform.profile import load_profile
    from workbench.prices import load_book
    from workbench.targets.model.forecast import estimate as forecast

    book, constants = load_book(region), load_profile(profile)
    found = [forecast(one, items, seed, replications, constants, book) for one in designs]
    if as_json:
        inputs = {"items": items, "seed": seed, "region": region, "price_date": book.date}
        contents = [_content(*pair) for pair in zip(designs, found, strict=True)]
        print_json("estimate", **inputs, designs=contents)
        return
    console = wide_console(WIDTH_MIN)
    for one in found:
        _print(console, one, book)


def _content(design: Design, found: "Estimate") -> dict[str, Any]:
    """An estimate as JSON has it: the forecast, the knobs, the bill and its sums."""
    from workbench.bill import by_label

    return asdict(found) | {
        "knobs": design.knobs(),
        "usd_by_label": by_label(found.bill),
        "bill": found.bill.to_dict("records"),
    }


def _print(console: "Console", found: "Estimate", book: "PriceBook") -> None:
    """One design's bill and its intervals."""
    from workbench.bill import bill_tree

    title = f"{found.design}: {found.items:,} items, modelled, prices of {book.date}"
    console.print(bill_tree(found.bill, title, book, found.items))
    console.print(f"  low / likely / high (5 % to 95 % of {found.replications} draws)")
    console.print(f"    dollars            {found.usd}")
    console.print(f"    of it for knowing  {found.knowing_usd}")
    console.print(f"    minutes            {found.minutes}")
    console.print(f"    known after, s     {found.detection_lag_s}")
    console.print(f"  what limits it first: {found.binding_limit}")
    if not found.completes:
        console.print("  [bold]it would not complete[/]: work takes longer than AWS allows")
    console.print()
