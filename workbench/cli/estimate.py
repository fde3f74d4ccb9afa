"""`workbench estimate`: what a batch will cost and take, without running anything."""

from typing import Annotated

import typer
from rich.console import Console

from workbench.batch import Batch
from workbench.bill import bill, bill_tree
from workbench.cli.options import Settings, read_settings
from workbench.designs import BOTH, Design, make_design
from workbench.prices import PriceBook, load_book
from workbench.profile import DEFAULT, Profile, load_profile

WIDTH_MIN = 122  # a bill's line is not broken


def estimate(
    items: Annotated[int, typer.Option(help="How many items, 1 to 100,000,000.")],
    design: Annotated[str, typer.Option(help="sqs, sfn, both of them, or counters.")] = "both",
    seed: Annotated[int, typer.Option(help="The items are drawn from it.")] = 7,
    preset: Annotated[str, typer.Option(help="default, published, tuned …")] = "default",
    settings: Settings = None,
    replications: Annotated[int, typer.Option(help="Draws behind low and high.")] = 20,
    profile: Annotated[str, typer.Option(help="A date, or a file of constants.")] = DEFAULT,
    region: Annotated[str, typer.Option(help="Whose prices.")] = "us-east-1",
) -> None:
    """Print the modelled bill by line, with low, likely and high, and what limits the time."""
    names = BOTH if design == "both" else (design,)
    designs = [make_design(name, preset, read_settings(settings)) for name in names]
    for one in designs:
        one.refuse_items(items)
    console, book, constants = Console(), load_book(region), load_profile(profile)
    console.width = max(console.width, WIDTH_MIN)
    for one in designs:
        _print(console, one, Batch(items, seed, "estimate"), replications, book, constants)


def _print(
    console: Console,
    design: Design,
    batch: Batch,
    replications: int,
    book: PriceBook,
    constants: Profile,
) -> None:
    """One design's bill and its intervals."""
    from workbench.targets.model.forecast import estimate as forecast
    from workbench.targets.model.target import ModelTarget

    usage = ModelTarget(constants).outcome(design, batch).usage()
    table = bill(usage, book, source="modelled")
    title = f"{design.name}: {batch.items:,} items, modelled, prices of {book.date}"
    console.print(bill_tree(table, title, book, batch.items))
    found = forecast(design, batch.items, batch.seed, replications, constants, book)
    console.print(f"  low / likely / high (5 % to 95 % of {replications} draws)")
    console.print(f"    dollars            {found.usd}")
    console.print(f"    of it for knowing  {found.knowing_usd}")
    console.print(f"    minutes            {found.minutes}")
    console.print(f"    known after, s     {found.detection_lag_s}")
    console.print(f"  what limits it first: {found.binding_limit}")
    if not found.completes:
        console.print("  [bold]it would not complete[/]: work takes longer than AWS allows")
    console.print()
