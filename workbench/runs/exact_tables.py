"""Parquet tables of a run folder: quantities and dollars are exact decimals, never floats."""

from decimal import Context, Decimal
from numbers import Integral
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_numeric_dtype

from workbench.errors import BadRecord

EXACT_COLUMNS = ("quantity", "unit_price_usd", "cost_usd")  # of usage and bill
NUMBERS = "t_s value start_s init_ms duration_ms billed_ms memory_mb items".split()
AMOUNT_MAX = 2**53
EXACT_PLACES = 24  # decimals kept: 14 of a quantity and 10 of a price make 24 of a cost
COMPRESSION = "zstd"  # a third smaller than the default, for a timeline
WIDE = Context(prec=60)  # holds every number of a file, whatever the caller's context is


def write_table(path: Path, frame: pd.DataFrame, columns: list[str]) -> None:
    """Write a table that has just these columns."""
    if list(frame.columns) != columns:
        raise BadRecord(f"{path.name} would get columns {list(frame.columns)}, not {columns}")
    exact = [name for name in columns if name in EXACT_COLUMNS]
    if not exact:
        frame.to_parquet(path, index=False, compression=COMPRESSION)
        return
    kind = pa.decimal128(38, EXACT_PLACES)
    schema = pa.schema([(name, kind if name in exact else pa.string()) for name in columns])
    cells = {name: [_exact(path, name, value) for value in frame[name]] for name in exact}
    typed = frame.assign(**{n: pd.Series(c, frame.index, object) for n, c in cells.items()})
    typed.to_parquet(path, index=False, schema=schema, compression=COMPRESSION)


def shortened(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """A table that was read, its exact columns without the zeros that the file pads them with.

    Its other numbers are times, values and counts: none is negative, without end or no number.
    """
    for column in frame.columns.intersection(NUMBERS) if len(frame) else ():
        if not is_numeric_dtype(frame[column]) or not frame[column].between(0, AMOUNT_MAX).all():
            raise BadRecord(f"{path}: {column} has what is no number from 0 to {AMOUNT_MAX:,}")
    for column in frame.columns.intersection(EXACT_COLUMNS):
        frame[column] = pd.Series(
            [_shortest(path, column, value) for value in frame[column]], frame.index, object
        )
    return frame


def _exact(path: Path, column: str, value: Any) -> Decimal | None:
    """A cell as a decimal that the file can hold; no float gets in, and no sum comes out."""
    if value is None:
        return None
    if isinstance(value, Integral | Decimal) and (number := Decimal(value)).is_finite():
        _refuse_negative(path, column, number)
        return number.quantize(Decimal(1).scaleb(-EXACT_PLACES), context=WIDE)
    raise BadRecord(f"{path.name}: {column} {value!r} is no exact decimal; floats are refused")


def _refuse_negative(path: Path, column: str, number: Decimal) -> None:
    if number < 0:
        raise BadRecord(f"{path}: {column} {number} is negative")


def _shortest(path: Path, column: str, number: Any) -> Decimal | None:
    """A cell that was read, without the zeros that the file pads it with."""
    if number is None:
        return None
    if not isinstance(number, Decimal):
        raise BadRecord(f"{path}: {column} {number!r} is no exact decimal")
    _refuse_negative(path, column, number)
    whole = number == number.to_integral_value()
    return number.quantize(Decimal(1), context=WIDE) if whole else number.normalize(WIDE)
