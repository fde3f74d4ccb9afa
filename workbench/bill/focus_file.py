"""FOCUS rows as a file: parquet, or text with commas between the values, written whole."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from workbench.bill.focus import COSTS, PRICES, QUANTITIES, TIMES
from workbench.errors import BadInput
from workbench.runs.exact_tables import COMPRESSION, EXACT_PLACES
from workbench.temporary import written_whole

ENDINGS = (".parquet", ".csv")
KINDS = (
    dict.fromkeys(
        [*COSTS, *PRICES, *QUANTITIES, "CommitmentDiscountQuantity"],
        pa.decimal128(38, EXACT_PLACES),
    )
    | dict.fromkeys(TIMES, pa.timestamp("us", "UTC"))
    | {"x_Items": pa.int64()}
)


def refuse_ending(path: Path) -> None:
    """Refuse a file that is of neither kind, before anything is read."""
    if path.suffix not in ENDINGS:
        raise BadInput(f"--focus {path}: the name must end with {' or '.join(ENDINGS)}.")


def write_focus(path: Path, frame: pd.DataFrame) -> None:
    """Write FOCUS rows; decimals and UTC times are exact in both kinds of file."""
    refuse_ending(path)
    with written_whole(path) as written:
        if path.suffix == ".csv":
            frame.map(_text).to_csv(written, index=False, lineterminator="\n")
        else:
            schema = pa.schema([(name, KINDS.get(name, pa.string())) for name in frame.columns])
            frame.to_parquet(written, index=False, schema=schema, compression=COMPRESSION)


def _text(value: Any) -> Any:
    """A value as FOCUS writes it: no exponent, ISO 8601 with Z."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
