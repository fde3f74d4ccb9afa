"""How AWS rounds what it bills: bytes, milliseconds and megabytes to billable units.

Pure functions, exact: whole units as `int`, fractions as `Decimal`. The meter of the local target,
the model, the estimate and the tests all count with these. Each rule names the page it comes from.
"""

from decimal import Context, Decimal
from math import ceil
from numbers import Integral, Real

KB = 1024
MB = KB * KB
GB = KB * MB
SQS_CHUNK_BYTES = 64 * KB  # aws.amazon.com/sqs/pricing: every 64 KB of a call is one request
SNS_CHUNK_BYTES = 64 * KB  # aws.amazon.com/sns/pricing
WRITE_UNIT_BYTES = 1 * KB  # DynamoDB developer guide, read/write capacity mode
READ_UNIT_BYTES = 4 * KB
EXPRESS_STEP_MS = 100  # aws.amazon.com/step-functions/pricing
EXPRESS_STEP_MB = 64
MONTH_HOURS = 730  # the month of AWS's calculator
QUANTITY_PLACES = 14  # decimals of a quantity: a GB-second of 1 MB and 1 ms needs 13

_EXACT = Context(prec=60)  # products of whole numbers never round here


def sqs_requests(size_bytes: int) -> int:
    """Requests billed for one SQS call that carries so many bytes: at least one."""
    return chunks(size_bytes, SQS_CHUNK_BYTES)


def sns_requests(size_bytes: int) -> int:
    """Requests billed for one SNS publish of so many bytes: at least one."""
    return chunks(size_bytes, SNS_CHUNK_BYTES)


def write_units(item_bytes: int, transactional: bool = False) -> int:
    """DynamoDB write units of one put, update or delete: by KB of the larger image, at least one.

    A batch write is the sum over its items, each rounded by itself. A failed condition is billed
    like the write; a delete of nothing is one unit.
    """
    return chunks(item_bytes, WRITE_UNIT_BYTES) * (2 if transactional else 1)


def read_units(item_bytes: int, consistent: bool = True, transactional: bool = False) -> Decimal:
    """DynamoDB read units of one item read by its key: by 4 KB, halved if eventual, doubled in a
    transaction. A missing item costs the least unit."""
    units = Decimal(chunks(item_bytes, READ_UNIT_BYTES))
    if transactional:
        return units * 2
    return units if consistent else units / 2


def query_units(total_bytes: int, consistent: bool = True) -> Decimal:
    """DynamoDB read units of one query or scan page: its bytes are summed, then rounded once."""
    return read_units(total_bytes, consistent)


def lambda_gb_seconds(duration_ms: float | Decimal, memory_mb: int) -> Decimal:
    """Lambda GB-seconds of one invocation, its duration (init included) rounded up to 1 ms."""
    nanoseconds = int(round(quantity(duration_ms), 6).scaleb(6))  # noise below 1 ns does not count
    return gb_seconds(-(-nanoseconds // 1_000_000), memory_mb)


def gb_seconds(duration_ms: int, memory_mb: int) -> Decimal:
    """GB-seconds of a duration and a memory that are rounded already; never rounds itself."""
    _refuse_negative(duration_ms, memory_mb)
    return _EXACT.divide(Decimal(duration_ms * memory_mb), Decimal(1000 * KB))


def poller_hours(poller_s: float) -> Decimal:
    """Hours of provisioned pollers from their seconds, which are billed by whole ones."""
    return quantity(_EXACT.divide(Decimal(ceil(poller_s - 1e-6)), Decimal(3600)))


def gb_months(
    gb: Decimal | float, hours: Decimal | float, month_hours: int = MONTH_HOURS
) -> Decimal:
    """GB-months of gigabytes (2**30 bytes) kept for hours, in a month of so many hours."""
    return quantity(_EXACT.divide(_EXACT.multiply(quantity(gb), quantity(hours)), month_hours))


def chunks(size: int, chunk: int) -> int:
    """How many chunks a size takes: at least one."""
    _refuse_negative(size)
    return max(1, -(-size // chunk))


def quantity(value: Decimal | float) -> Decimal:
    """A quantity as an exact decimal of at most 14 places; raises ValueError unless 0 or more.

    A float is taken as it prints, so that 0.1 means a tenth.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | Real):
        raise ValueError(f"{value!r} is not a quantity: it must be a number of 0 or more")
    if not isinstance(value, Decimal):
        value = Decimal(int(value)) if isinstance(value, Integral) else Decimal(repr(float(value)))
    if not value.is_finite() or value < 0:
        raise ValueError(f"{value} is not a quantity: it must be a number of 0 or more")
    if value.as_tuple().exponent >= -QUANTITY_PLACES:
        return value
    return value.quantize(Decimal(1).scaleb(-QUANTITY_PLACES), context=_EXACT)


def _refuse_negative(*values: int) -> None:
    """A quantity below zero is a bug of the caller's, never a credit."""
    for value in values:
        if value < 0:
            raise ValueError(f"{value!r} is not a quantity: it must be 0 or more")
