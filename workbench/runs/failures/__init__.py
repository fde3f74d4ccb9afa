"""The failed items of a batch: read from where its design lists them, kept, and put into words."""

from collections.abc import Iterator
from itertools import islice

import pandas as pd

from workbench.runs.failures.listed import Clients, Failure, Names
from workbench.runs.failures.objects import in_objects
from workbench.runs.failures.state_table import in_state_table
from workbench.runs.failures.words import failed_line, failures_frame

FAILURES_MAX = 100_000  # rows kept of a run; the true number is in run.json
READERS = {"sqs": in_state_table, "counters": in_state_table, "sfn": in_objects}

__all__ = ["FAILURES_MAX", "Failure", "failed_line", "failures_frame", "read_failures"]


def read_failures(
    design: str, client: Clients, outputs: Names, batch_id: str, limit: int = FAILURES_MAX
) -> pd.DataFrame:
    """What a design's stack lists as failed of a batch, the first `limit` rows."""
    found: Iterator[Failure] = READERS[design](client, outputs, batch_id)
    return failures_frame(islice(found, limit))
