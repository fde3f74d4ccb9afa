"""What every reader of failed items gives and takes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Clients = Callable[[str], Any]  # a boto3 client by the service's name
Names = Mapping[str, str]  # the outputs of a stack


class Failure(NamedTuple):
    """One row: an item's id, or a range's name with how many items it has."""

    item: str
    items: int
    reason: str
    attempts: int | None  # None where nobody counted
