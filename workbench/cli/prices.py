"""`workbench prices`: show the price book, or rebuild it from AWS's Price List."""

from typing import Annotated

import typer
from rich.console import Console

from workbench.prices import load_book, refresh, show, write_book
from workbench.prices.files import BOOKS

Region = Annotated[str, typer.Option("--region", help="An AWS region, such as us-east-1.")]
WIDTH_MIN = 150  # a price's line is not broken too often


def show_book(
    region: Region = "us-east-1",
    service: Annotated[str | None, typer.Option(help="Any part of a service's name.")] = None,
) -> None:
    """Print every price with its unit, tiers, source and date."""
    console = Console()
    console.width = max(console.width, WIDTH_MIN)
    console.print(show(load_book(region), service))


def refresh_book(region: Region = "us-east-1") -> None:
    """Rebuild a region's book through the AWS Price List API, and print where it lies."""
    import boto3

    old = load_book("us-east-1")
    # The Price List API answers for all regions, from a few.
    print(write_book(refresh(boto3.client("pricing", region_name="us-east-1"), region, old), BOOKS))
