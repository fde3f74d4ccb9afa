"""`workbench prices`: show the price book, or rebuild it from AWS's Price List."""

from dataclasses import asdict
from typing import Annotated

import typer

from workbench.cli.output import Json, print_json, wide_console

Region = Annotated[str, typer.Option("--region", help="An AWS region, such as us-east-1.")]
WIDTH_MIN = 150  # a price's line is not broken too often


def show_book(
    region: Region = "us-east-1",
    service: Annotated[str | None, typer.Option(help="Any part of a service's name.")] = None,
    as_json: Json = False,
) -> None:
    """Print every price with its unit, tiers, source and date."""
    from workbench.prices import load_book, show

    book = load_book(region).of_service(service or "")
    if as_json:
        print_json("prices show", **asdict(book))
        return
    wide_console(WIDTH_MIN).print(show(book))


def refresh_book(region: Region = "us-east-1") -> None:
    """Rebuild a region's book through the AWS Price List API, and print where it lies."""
    import boto3

    from workbench.prices import load_book, refresh, write_book
    from workbench.prices.files import BOOKS

    old = load_book("us-east-1")
    # The Price List API answers for all regions, from a few.
    print(write_book(refresh(boto3.client("pricing", region_name="us-east-1"), region, old), BOOKS))
