"""What AWS charges: dated price books, how to show one, and how to rebuild one.

Books      Price, Tier, PriceBook, flat
Files      load_book, read_book, write_book, book_dates
Show       show
Refresh    refresh
"""

from workbench.prices.book import Price, PriceBook, Tier, flat
from workbench.prices.files import book_dates, load_book, read_book, write_book
from workbench.prices.refresh import refresh
from workbench.prices.show import show

__all__ = [
    "Price",
    "PriceBook",
    "Tier",
    "book_dates",
    "flat",
    "load_book",
    "read_book",
    "refresh",
    "show",
    "write_book",
]
