"""The keys of the objects of a batch of the `sfn` design.

The trailing slashes matter: `b1` is a prefix of `b10`. Results lie apart from the items, because
the map reads everything under the items' prefix.
"""

import os

bucket = os.environ.get("BUCKET", "")


def items_prefix(batch: str) -> str:
    """The items, one object a segment."""
    return f"batches/{batch}/items/"


def segment_key(batch: str, segment: int) -> str:
    """The items of one segment; a second attempt overwrites the first."""
    return f"{items_prefix(batch)}{segment:06d}.jsonl"


def failed_prefix(batch: str) -> str:
    """The items that failed, one object for each child that had any."""
    return f"batches/{batch}/failed/"


def failed_key(batch: str, first: str) -> str:
    """The failed items of the child whose first item that is."""
    return f"{failed_prefix(batch)}{first}.jsonl"


def results_prefix(batch: str) -> str:
    """What the map's ResultWriter writes."""
    return f"results/{batch}/"
