"""What processing an item means. Bring your own work by replacing `process`."""

from lambdas import outside
from lambdas.items import Item


def process(item: Item) -> None:
    """Sleep for the item's milliseconds; a poisoned item asks for less than none and raises."""
    outside.sleep(item.value / 1000)
