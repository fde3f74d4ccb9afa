"""Two tables of AWS's data exports, FOCUS_1_2_AWS and CUR 2.0, as lines of one shape.

Their columns are in the Data Exports table dictionary (AWS Data Exports user guide); they are
case-sensitive, and other versions have others: what is not known is refused by its name. FOCUS 1.2
names the usage type `SkuMeter`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from workbench.errors import BadInput, BadRecord, shown
from workbench.pull.window import Window

BATCH_ROWS = 65_536
ZERO = Decimal(0)
FOCUS, CUR = "FOCUS_1_2_AWS", "CUR 2.0"


@dataclass(frozen=True)
class Shape:
    """A table: the column of each field, what it cannot do without, and what it may have."""

    name: str
    needed: Mapping[str, str]
    optional: Mapping[str, str]

    def columns(self, there: list[str]) -> dict[str, str]:
        """The columns to read of those that are there, by field."""
        more = {name: one for name, one in self.optional.items() if one in there}
        return dict(self.needed) | more


SHAPES = (
    Shape(
        FOCUS,
        {
            "start": "ChargePeriodStart",
            "end": "ChargePeriodEnd",
            "usd": "BilledCost",
            "currency": "BillingCurrency",
            "kind": "ChargeCategory",
            "quantity": "ConsumedQuantity",
            "unit": "ConsumedUnit",
            "resource": "ResourceId",
            "service": "ServiceName",
            "usage_type": "SkuMeter",
            "account": "SubAccountId",
        },
        {
            "code": "x_ServiceCode",
            "region": "RegionId",
            "listed_usd": "ListCost",
            "commitment": "CommitmentDiscountId",
            "discounts": "x_Discounts",
        },
    ),
    Shape(
        CUR,
        {
            "start": "line_item_usage_start_date",
            "end": "line_item_usage_end_date",
            "usd": "line_item_unblended_cost",
            "currency": "line_item_currency_code",
            "kind": "line_item_line_item_type",
            "quantity": "line_item_usage_amount",
            "resource": "line_item_resource_id",
            "code": "line_item_product_code",
            "usage_type": "line_item_usage_type",
            "account": "line_item_usage_account_id",
        },
        {"unit": "pricing_unit", "region": "product_region_code"},
    ),
)
OTHERS = {  # tables that are not read, by a column that only they have
    "x_RunId": "is what `workbench export` wrote: the meter's own figures, and no bill of AWS's",
    "x_UsageType": "is of FOCUS_1_0_AWS, which has no SkuMeter",
    "lineItem/UsageStartDate": "is a legacy Cost and Usage Report",
}
ADVICE = "Make the export of FOCUS_1_2_AWS or of CUR 2.0 (COST_AND_USAGE_REPORT)."


@dataclass(frozen=True)
class Line:
    """One row of an export. `kind` is a line item type of CUR, or a charge category of FOCUS."""

    start: datetime
    end: datetime
    kind: str
    service: str  # its product code, or its name where the table has no code
    usage_type: str
    resource: str
    account: str
    region: str
    currency: str
    unit: str
    quantity: Decimal
    usd: Decimal
    listed_usd: Decimal = ZERO
    commitment: str = ""
    discounts: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def bucket(self) -> Window:
        """Its hour or day."""
        return Window(self.start, self.end)


@dataclass
class Seen:
    """What was read of an export, whatever it was of; `first` and `last` are when rows begin."""

    tables: set[str] = field(default_factory=set)
    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def add(self, start: pd.Series) -> None:
        """Count rows that begin at these times."""
        self.rows += len(start)
        if start.notna().any():
            first, last = start.min().to_pydatetime(), start.max().to_pydatetime()
            self.first = min(first, self.first or first)
            self.last = max(last, self.last or last)


def shape_of(name: str, there: list[str]) -> Shape:
    """The table that a file's columns are of. Raises BadInput for any other, by name."""
    for column, what in OTHERS.items():
        if column in there and (column != "x_UsageType" or "SkuMeter" not in there):
            raise BadInput(f"{name} {what}. {ADVICE}")
    lower = {one.lower() for one in there}
    known = [sum(one.lower() in lower for one in shape.needed.values()) for shape in SHAPES]
    shape = SHAPES[known.index(max(known))]
    missing = [one for one in shape.needed.values() if one not in there]
    if 2 * max(known) < len(shape.needed):
        begin = ", ".join(there[:5])
        raise BadInput(f"{name} is of no table that is known: it begins {begin}. {ADVICE}")
    if missing:
        other = [one for one in missing if one.lower() in lower]
        hint = (
            f" It has {other[0]} in other letters, and names are case-sensitive." if other else ""
        )
        ids = " Switch on INCLUDE_RESOURCES." if "line_item_resource_id" in missing else ""
        raise BadInput(f"{name} lacks {', '.join(missing)} of {shape.name}.{hint}{ids}")
    return shape


def read_lines(path: Path, name: str, window: Window, seen: Seen) -> Iterator[Line]:
    """The rows of a file that share time with the window; all of it is counted in `seen`.

    Raises BadRecord for a damaged file, BadInput for a table that is not known.
    """
    try:
        there, batches = _opened(path)
        shape = shape_of(name, there)
        seen.tables.add(shape.name)
        columns = shape.columns(there)
        for batch in batches(list(columns.values())):
            yield from map(_line, _within(batch, columns, window, seen))
    except (pa.ArrowException, OSError, EOFError, ValueError, InvalidOperation) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadRecord(f"{name} cannot be read: {why}. Copy it again.") from None


def _opened(path: Path) -> tuple[list[str], Callable[[list[str]], Iterable[pa.RecordBatch]]]:
    """A file's columns, and what gives the batches of some of them."""
    if path.suffix == ".parquet":
        file = pq.ParquetFile(path)
        return file.schema_arrow.names, lambda own: file.iter_batches(BATCH_ROWS, columns=own)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, parse_options=parse) as reader:
        there = reader.schema.names

    def batches(own: list[str]) -> Iterator[pa.RecordBatch]:
        texts = dict.fromkeys(own, pa.string())
        convert = pyarrow.csv.ConvertOptions(include_columns=own, column_types=texts)
        with pyarrow.csv.open_csv(path, parse_options=parse, convert_options=convert) as reader:
            yield from reader

    return there, batches


def _within(
    batch: pa.RecordBatch, columns: dict[str, str], window: Window, seen: Seen
) -> Iterator[dict[str, Any]]:
    """The rows of a batch that share time with the window, by field."""
    times = {name: _times(batch.column(columns[name])) for name in ("start", "end")}
    seen.add(times["start"])
    inside = (times["start"] < window.end) & (times["end"] > window.start)
    some = batch.filter(pa.array(inside))
    rows = {name: some.column(column).to_pylist() for name, column in columns.items()}
    rows |= {name: list(one[inside].dt.to_pydatetime()) for name, one in times.items()}
    for cells in zip(*rows.values(), strict=True):
        yield dict(zip(rows, cells, strict=True))


def _times(column: pa.Array) -> pd.Series:
    """Times of a file, UTC: parquet has them as such, csv as texts."""
    values = column.to_pandas()
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return pd.to_datetime(values, utc=True, format="ISO8601" if is_text else None)


def _line(row: dict[str, Any]) -> Line:
    """A row as a line: texts, and exact decimals."""
    amounts = {name: _amount(row.get(name)) for name in ("quantity", "usd", "listed_usd")}
    texts = {
        name: str(row.get(name) or "")
        for name in ("kind", "usage_type", "resource", "account", "region", "currency", "unit")
    }
    return Line(
        start=row["start"],
        end=row["end"],
        service=row.get("code") or row.get("service") or "",
        commitment=row.get("commitment") or "",
        discounts={name: _amount(usd) for name, usd in _map(row.get("discounts")) if usd},
        **texts,
        **amounts,
    )


def _amount(value: Any) -> Decimal:
    """A number of a file, which is a double in AWS's parquet; nothing is 0."""
    if value is None or value == "":
        return ZERO
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{shown(value)} is no amount")
    return number


def _map(value: Any) -> Iterable[tuple[str, Any]]:
    """The pairs of a map, which is JSON in csv."""
    if isinstance(value, str):
        value = json.loads(value) if value else {}
    return value.items() if isinstance(value, dict) else value or ()
