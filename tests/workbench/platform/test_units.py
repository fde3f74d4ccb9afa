"""AWS's roundings: the developer guides' own examples, and the edges of every step."""

from decimal import Decimal
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.units import (
    async_event_requests,
    event_chunks,
    express_gb_seconds,
    kms_requests,
    streamed_gb,
    tmp_gb_seconds,
)
from workbench.platform.units import (
    KB,
    MB,
    gb_months,
    gb_seconds,
    lambda_gb_seconds,
    quantity,
    query_units,
    read_units,
    sns_requests,
    sqs_requests,
    write_units,
)

CALM = settings(deadline=None)  # two cores, shared


@pytest.mark.parametrize(
    ("size", "requests"),
    [(0, 1), (1, 1), (64 * KB, 1), (64 * KB + 1, 2), (256 * KB, 4), (MB, 16)],
)
def test_sqs_counts_every_64_kb_of_a_call(size, requests):
    assert (sqs_requests(size), sns_requests(size), event_chunks(size)) == (requests,) * 3


@pytest.mark.parametrize(
    ("size", "requests"),
    [(0, 1), (256 * KB, 1), (256 * KB + 1, 2), (320 * KB, 2), (320 * KB + 1, 3), (MB, 13)],
)
def test_an_asynchronous_event_pays_64_kb_steps_past_256_kb(size, requests):
    assert async_event_requests(size) == requests


@pytest.mark.parametrize(
    ("size", "plain", "transactional"), [(0, 1, 2), (1, 1, 2), (KB, 1, 2), (KB + 1, 2, 4)]
)
def test_a_write_pays_by_the_kilobyte(size, plain, transactional):
    assert (write_units(size), write_units(size, transactional=True)) == (plain, transactional)


def test_a_batch_write_rounds_every_item_by_itself():
    assert sum(map(write_units, (500, 3 * KB + 512))) == 5
    assert write_units(500 + 3 * KB + 512) == 4


@pytest.mark.parametrize(
    ("size", "strong", "eventual", "transactional"),
    [(0, 1, "0.5", 2), (4 * KB, 1, "0.5", 2), (4 * KB + 1, 2, 1, 4), (80 * KB, 20, 10, 40)],
)
def test_a_read_pays_by_four_kilobytes(size, strong, eventual, transactional):
    units = (read_units(size), read_units(size, consistent=False), read_units(size, True, True))
    assert units == (strong, Decimal(eventual), transactional)


def test_a_query_sums_its_bytes_before_it_rounds():
    ten_items = int(Decimal("40.8") * KB)
    assert (query_units(ten_items), query_units(ten_items, False)) == (11, Decimal("5.5"))
    assert (query_units(1500 * 64), query_units(1500 * 64, False)) == (24, 12)


@pytest.mark.parametrize(
    ("duration_ms", "memory_mb", "expected"),
    [
        (120, 1536, "0.18"),
        (0.01, 1024, "0.001"),
        (1, 1, "0.0000009765625"),
        (120.000000001, 1024, "0.12"),  # a float's noise is no millisecond
        (120.01, 1024, "0.121"),
        (Decimal("120.01"), 1024, "0.121"),
        (0, 128, "0"),
    ],
)
def test_lambda_rounds_up_to_the_millisecond(duration_ms, memory_mb, expected):
    assert lambda_gb_seconds(duration_ms, memory_mb) == Decimal(expected)


@pytest.mark.parametrize(
    ("duration_ms", "memory_mb", "expected"),
    [
        (11_300, 64, "0.70625"),
        (11_201, 64, "0.70625"),
        (1, 1, "0.00625"),
        (100, 65, "0.0125"),
        (100.000000001, 64, "0.00625"),
        (0, 64, "0"),
    ],
)
def test_express_rounds_up_to_100_ms_and_64_mb(duration_ms, memory_mb, expected):
    assert express_gb_seconds(duration_ms, memory_mb) == Decimal(expected)


def test_only_what_passes_the_free_part_is_counted():
    assert tmp_gb_seconds(280, 2048) == gb_seconds(280, 1536)
    assert tmp_gb_seconds(280, 512) == 0
    assert streamed_gb(7 * MB) == Decimal("0.0009765625")
    assert streamed_gb(100 * KB) == 0


def test_storage_is_counted_by_the_month():
    assert gb_months(100, 730) == 100
    assert gb_months(Decimal("0.5"), 365) == Decimal("0.25")
    assert gb_months(744, 1, month_hours=744) == 1


def test_kms_calls_are_those_of_the_sqs_page():
    assert kms_requests(31 * 86_400, 300, producers=1, consumers=1) == 26_784
    february_s = 28 * 86_400
    assert kms_requests(february_s, 86_400, 3, 1) + kms_requests(february_s, 86_400, 5, 2) == 532


@pytest.mark.parametrize("value", [-1, -0.5, nan, inf, Decimal("NaN"), None, "12", True])
def test_what_is_no_quantity_is_refused(value):
    with pytest.raises(ValueError, match="is not a quantity"):
        quantity(value)


@pytest.mark.parametrize(
    "count", [sqs_requests, write_units, read_units, async_event_requests, streamed_gb]
)
def test_negative_bytes_are_refused(count):
    with pytest.raises(ValueError, match="-1"):
        count(-1)


@CALM
@given(st.integers(0, 10**9), st.integers(1, 10_240))
def test_gb_seconds_are_exact(duration_ms, memory_mb):
    assert gb_seconds(duration_ms, memory_mb) * 1_024_000 == duration_ms * memory_mb


@CALM
@given(st.integers(0, 10**12), st.integers(0, 10**6))
def test_chunks_cover_the_bytes_and_no_more(size, more):
    requests = sqs_requests(size)
    assert (requests - 1) * 64 * KB <= max(size - 1, 0) < requests * 64 * KB
    assert sqs_requests(size + more) >= requests


@CALM
@given(st.floats(0, 1e12))
def test_a_float_is_taken_as_it_prints(value):
    assert abs(quantity(value) - Decimal(repr(value))) <= Decimal("5e-15")
