"""What AWS charges: dated price books, and how to rebuild one from AWS's Price List."""

from workbench.prices.book import Price, PriceBook, Tier, flat
from workbench.prices.files import book_dates, load_book, read_book, write_book

__all__ = [
    "Price",
    "PriceBook",
    "Tier",
    "book_dates",
    "flat",
    "load_book",
    "read_book",
    "write_book",
]
