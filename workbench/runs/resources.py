"""What a run used, told apart by resource: functions, queues, table, machine, bucket and topic.

`resources.parquet` of a run folder has the rows of `usage.parquet` with the resource's role before
them (that of its part in `workbench.designs`, or its name where no part has it), and adds up to
them exactly. Log bytes are those of the function that wrote them; custom metrics and PutMetricData
have no resource, as on AWS's bill. Our own look at a batch, `measuring`, is left out.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pandas as pd

from workbench.designs import Parts
from workbench.runs.records import RESOURCE_COLUMNS

Piece = tuple[str, str, str, str, str, Decimal | int]  # the resource, then a row of usage
STEP = Decimal("1e-14")  # of a piece; what rounding leaves is the largest's
TOPIC = "topic"  # of every stack
WIDE = Context(prec=60)


def by_resource(usage: pd.DataFrame, pieces: Iterable[Piece]) -> pd.DataFrame:
    """A usage table shared out over the resources whose use the pieces tell of.

    What no piece tells of has the resource "".
    """
    rows = resource_rows(usage.itertuples(index=False, name=None), pieces)
    return pd.DataFrame(rows, columns=RESOURCE_COLUMNS).astype({"quantity": object})


def resource_rows(usage: Iterable[tuple], pieces: Iterable[Piece]) -> list[tuple]:
    """The same from rows of usage, as rows."""
    with localcontext(WIDE):
        told: dict[tuple, dict[str, Decimal]] = {}
        for resource, *name, amount in pieces:
            own = told.setdefault(tuple(name), {})
            own[resource] = own.get(resource, Decimal(0)) + amount
        return [
            (resource, *name, amount)
            for *name, total in usage
            if name[-1] != "measuring"
            for resource, amount in _shared(total, told.get(tuple(name), {}))
        ]


def roles(parts: Parts, outputs: Mapping[str, str]) -> dict[str, str]:
    """The roles of a deployed stack's parts, by what they are called."""
    named = parts.names(outputs) | {
        one.role: outputs[one.output] for one in (parts.bucket,) if one and one.output in outputs
    }
    return {name: role for role, name in named.items()}


def _shared(total: Decimal, pieces: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """A total by resource: each its piece, the largest all that is left."""
    largest = max(sorted(pieces), key=pieces.__getitem__, default="")
    shares = {
        resource: amount.quantize(STEP, ROUND_DOWN).normalize()
        for resource, amount in pieces.items()
        if resource != largest
    }
    shares[largest] = total - sum(shares.values(), Decimal(0))
    return [(resource, amount) for resource, amount in sorted(shares.items()) if amount]
