"""The account: `workbench doctor`, `prices`, `deploy`, `destroy`, `teardown`, `resume`, `purge`."""

import sys
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli import options
from workbench.cli.options import (
    Designs,
    Results,
    Settings,
    read_designs,
    settings_by_design,
    whole,
)
from workbench.cli.output import Json, print_json, wide_console
from workbench.designs import COMPARED, make_design
from workbench.designs.tags import BILL_EXPORT
from workbench.errors import BadInput
from workbench.platform.services import HOME_REGION
from workbench.project import RESULTS

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

    from workbench.prices import Price, PriceBook, Tier
    from workbench.prices.sources import Source

PRICES_WIDTH_MIN = 150  # a price's line is not broken too often
DOUBT = "~ not confirmed"
SURE = "sure: A AWS's own text, B third party or built on the price list, C arithmetic, M memory"

KeepBillExport = Annotated[
    bool,
    typer.Option("--keep-bill-export", help="Not AWS's exported bills, which come a day later."),
]
Region = Annotated[str, typer.Option("--region", help="An AWS region, such as us-east-1.")]


def doctor(
    target: Annotated[
        str,
        typer.Option(help="aws: ask AWS too, for about $0.03.", autocompletion=options.targets),
    ] = "local",
    preset: Annotated[
        str,
        typer.Option(
            help="The knobs that quotas are held against.", autocompletion=options.presets
        ),
    ] = "default",
    region: options.Region = None,
    as_json: Json = False,
    results: options.Results = RESULTS,
) -> None:
    """Say what this machine has and lacks for a target."""
    from workbench.runs.runner import refuse_unknown_target
    from workbench.stacks.doctor import findings

    refuse_unknown_target(target)
    designs = [make_design(name, preset) for name in COMPARED]
    found = findings()
    if target == "aws":
        from workbench.targets.aws.doctor import aws_findings

        found = [finding for finding in found if finding.name != "AWS credentials"]
        found += aws_findings(designs, results, region)
    works = not any(finding.fatal for finding in found)
    if as_json:
        print_json("doctor", target=target, works=works, findings=found)
    else:
        for finding in found:
            print(finding)
    if not works:
        raise typer.Exit(1)


def show_prices(
    region: Region = HOME_REGION,
    service: Annotated[str | None, typer.Option(help="Any part of a service's name.")] = None,
    as_json: Json = False,
) -> None:
    """Print every price with its unit, tiers, source and date."""
    from workbench.prices import load_book

    book = load_book(region).of_service(service or "")
    if as_json:
        print_json("prices show", **asdict(book))
    else:
        wide_console(PRICES_WIDTH_MIN).print(prices_table(book))


def refresh_prices(
    region: Region = HOME_REGION,
    api: Annotated[
        bool, typer.Option("--api", help="Ask the Price List API, with AWS credentials.")
    ] = False,
    place: Annotated[
        str | None,
        typer.Option("--from", help="A folder of offer files, or the address of a mirror."),
    ] = None,
) -> None:
    """Rebuild a region's book from AWS's public offer files, and print where it lies."""
    from workbench.prices import load_book, write_book
    from workbench.prices.refresh import refresh

    if api and place is not None:
        raise BadInput("--api asks AWS, --from reads files: give one of them.")
    print(write_book(refresh(_price_list(api, place), region, load_book(HOME_REGION), say=say)))


def _price_list(api: bool, place: str | None) -> "Source":
    """Where prices are read: AWS's offer files unless another place is named."""
    from workbench.prices import sources

    if api:
        import boto3

        # The Price List API answers for all regions, from a few.
        return sources.price_list_api(boto3.client("pricing", region_name="us-east-1"))
    if place is None:
        return sources.offer_files()
    is_address = place.startswith(("http://", "https://"))
    return sources.offer_files(place) if is_address else sources.folder(Path(place))


def prices_table(book: "PriceBook") -> "Group":
    """A book as a rich table with its notes."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"Prices of {book.region}, {book.date} (USD)", title_justify="left")
    for head in ("service", "usage type", "unit", "price a unit", "free a month", "sure", "note"):
        right = head in ("price a unit", "free a month")
        table.add_column(head, justify="right" if right else "left", overflow="fold")
    for price in book.prices:
        table.add_row(*_price_cells(price))
    doubted = sum(not price.is_confirmed for price in book.prices)
    foot = f"{len(book.prices)} prices, {doubted} with a part that is {DOUBT[2:]}. {SURE}."
    return Group(table, Text(foot), Text(book.note))


def _price_cells(price: "Price") -> "list[str | Text]":
    """The texts of one price."""
    from rich.text import Text

    tiers = Text("\n".join(_tier_text(tier, price.confirmed) for tier in price.tiers))
    free = "" if price.free_per_month is None else f"{price.free_per_month:,}"
    mark = "" if price.is_confirmed else f" {DOUBT}"
    sku = price.sku and f"SKU {price.sku}."
    said = " ".join(filter(None, (f"{price.source}.", sku, price.note)))
    return [
        price.service,
        "\n".join((price.usage_type, *(f"or {name}" for name in price.aliases))),
        price.unit,
        tiers,
        free,
        Text(price.sure + mark, style="yellow" if mark else ""),
        Text(said),
    ]


def _tier_text(tier: "Tier", confirmed: bool) -> str:
    """A tier's price, where it ends, and a mark if it is in doubt."""
    end = "" if tier.up_to is None else f" to {_number(tier.up_to)}"
    return f"{'' if confirmed and tier.confirmed else '~ '}{_number(tier.usd)}{end}"


def _number(value: Decimal) -> str:
    """A number without an exponent, with commas."""
    return f"{value:,f}"


def deploy(
    design: Designs = "all",
    notify: Annotated[str | None, typer.Option(help="A mail address to subscribe.")] = None,
    cron: Annotated[bool, typer.Option(help="Four scheduled batches a day.")] = True,
    cron_items: Annotated[int, whole("cron_items", "Items of a scheduled batch.")] = 100,
    settings: Settings = None,
    max_monthly_usd: Annotated[
        Decimal, options.amount("max_monthly_usd", "Refused above it.")
    ] = Decimal(50),
    yes: Annotated[
        bool, typer.Option("--yes", help="Also above the limit, or without a price.")
    ] = False,
    bootstrap: options.Bootstrap = False,
    qualifier: options.Qualifier = None,
    bill_export: Annotated[
        bool,
        typer.Option("--bill-export", help="Also let AWS export its bills (for collect --export)."),
    ] = False,
    region: options.Region = None,
    results: Results = RESULTS,
) -> None:
    """Show the differences and the cost of a month, deploy, and print the outputs."""
    from workbench.stacks.aws_clients import session_region
    from workbench.stacks.cdk import QUALIFIER
    from workbench.stacks.deploy import Deployment
    from workbench.stacks.deploy import deploy as put_up
    from workbench.targets.aws import put_back

    names = read_designs(design)
    plan = Deployment(
        *(names, settings_by_design(settings, names), cron, cron_items, notify),
        *(max_monthly_usd, yes, bootstrap, qualifier or QUALIFIER, bill_export),
    )
    plan.context()  # refused before anything is changed
    session_region(region)
    put_back(names, results, say)
    for stack, outputs in put_up(plan, say).items():
        print(stack)
        for name, value in outputs.items():
            print(f"  {name} = {value}")


def destroy(
    design: Designs = "all",
    keep_bill_export: KeepBillExport = False,
    region: options.Region = None,
    results: Results = RESULTS,
) -> None:
    """Remove the stacks and all that is in them, and prove it by an inventory."""
    from workbench.stacks.aws_clients import use_region
    from workbench.stacks.destroy import destroy as take_down

    use_region(region)
    for thing in take_down(results, say, _removed(design, keep_bill_export)):
        print(f"removed: {thing}")


def teardown(
    design: Designs = "all",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List only.")] = False,
    keep_bill_export: KeepBillExport = False,
    region: options.Region = None,
    results: Results = RESULTS,
) -> None:
    """List what exists with its monthly cost, and remove it unless this is a dry run."""
    from workbench.stacks.aws_clients import use_region
    from workbench.stacks.destroy import teardown_plan

    use_region(region)
    planned = teardown_plan(_removed(design, keep_bill_export))
    for one in planned:
        print(one)
    print(f"{len(planned)} things, ${sum(one.monthly_usd for one in planned):.4f} a month")
    if not dry_run:
        destroy(design, keep_bill_export, None, results)


def _removed(design: str, keep_bill_export: bool) -> tuple[str, ...]:
    """What a teardown is of: designs and, with all of them, the stack that exports AWS's bills."""
    names = read_designs(design)
    return names if design != "all" or keep_bill_export else (*names, BILL_EXPORT)


def resume(
    batch: str,
    max_usd: Annotated[
        Decimal, options.amount("max_usd", "Of the whole batch: stopped again above it.")
    ] = Decimal(1),
    results: Results = RESULTS,
) -> None:
    """Let a stopped batch go on, and follow it to its end as `workbench run` does."""
    from workbench.cli.run import end
    from workbench.runs.progress import progress_bar
    from workbench.runs.runner import RunRequest, run_request
    from workbench.stacks.aws_clients import use_region
    from workbench.stacks.ledger import Ledger
    from workbench.targets.aws import resume as go_on

    say(go_on(batch, results))
    entry = Ledger(results).read(batch)
    assert entry is not None
    use_region(entry.region)
    request = RunRequest(
        *(entry.design, "aws", entry.items, entry.seed, "default", entry.knobs, entry.region),
        max_usd=max_usd,
    )
    with progress_bar(entry.design, "aws") as watch:
        path = run_request(request, results, watch)
    print(path)
    end(path)


def purge(batch: str, results: Results = RESULTS) -> None:
    """Give up a stopped batch."""
    from workbench.targets.aws import purge as give_up

    print(give_up(batch, results))


def say(line: str) -> None:
    """One line for the user."""
    print(line, file=sys.stderr)
