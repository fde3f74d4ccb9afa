"""The worked examples that AWS prints, to the cent, through the book's own prices.

AWS rounds each line to the cent and adds those up; so do these tests, line by line. Where a page
slips, the test says so and holds our figure. `free`: the example uses up the free tier. Sources:
aws.amazon.com/lambda/pricing and /step-functions/pricing, AWS News Blog of 2020-12-01, AWS's
workshops on Step Functions and on large-scale data processing, the S3 FAQ and cost course, the
DynamoDB and SQS developer guides, infracost's golden files.
"""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.oracles.units import express_gb_seconds, kms_requests, streamed_gb
from tests.worked_usage import (
    express_usage,
    lambda_usage,
    map_usage,
    price,
    provisioned_concurrency_usage,
    provisioned_usage,
    snapstart_usage,
    sqs_usage,
)
from workbench.bill import total_usd
from workbench.platform.services import (
    CLOUDWATCH,
    COST_EXPLORER,
    DATA_TRANSFER,
    DYNAMODB,
    KMS,
    LAMBDA,
    S3,
    SQS,
    STEP_FUNCTIONS,
)
from workbench.platform.units import (
    KB,
    MB,
    gb_months,
    quantity,
    query_units,
    read_units,
    write_units,
)
from workbench.prices import flat, load_book

M = 1_000_000
CENT = Decimal("0.01")
BOOK = load_book()
EXPRESS = (STEP_FUNCTIONS, "StepFunctions-GB-Second")
# The Step Functions price page rounds by the GB-hour; the workshop by 100 ms at 64 MB.
PAGE = BOOK.with_prices(
    flat(*EXPRESS, "GB-Hours", ("1000", "0.0600"), ("5000", "0.0300"), (None, "0.01642"))
)
WORKSHOP = BOOK.with_prices(flat(*EXPRESS, "GB-Seconds", (None, "0.000016672")))


def cents(usd):
    return usd.quantize(CENT, ROUND_HALF_UP)


def printed(table):
    """The dollars of each line as AWS prints them, and their sum."""
    lines = [cents(usd) for usd in table["cost_usd"] if usd]
    return sorted(map(str, lines)), str(sum(lines))


STREAM = (LAMBDA, "Lambda-Streaming-Response-Processed-Bytes")
POLLERS = (LAMBDA, "Lambda-SQS-Event-Poller-Unit-Hour")
KAFKA = (LAMBDA, "Lambda-Event-Poller-Unit-Hour")
DURABLE = "Lambda-Durable-Execution-"
TELEMETRY = lambda_usage(7_440_000, 2000, 1024)  # 10,000 vehicles, once an hour, 31 days
TENANT = (LAMBDA, "Lambda-Tenant-Isolated-Environment-Memory-GB")

LAMBDA_EXAMPLES = {
    "L1 mobile backend": (lambda_usage(3 * M, 120, 1536), "2.33 0.40", "2.73", True),
    "L2 streaming telemetry": (TELEMETRY, "1.49 248.00", "249.49", False),
    "L3 BERT with 2 GB of /tmp": (
        lambda_usage(6 * M, 280, 4096, tmp_mb=2048),
        "105.33 1.00 0.08",
        "106.41",
        True,
    ),
    "L5 provisioned for a day": (
        [*provisioned_concurrency_usage(7, 86_400, 4096), *provisioned_usage(2 * M, 280, 4096)],
        "10.08 21.78 0.40",
        "32.26",
        False,
    ),
    "L6 SnapStart": (
        [*TELEMETRY, *snapstart_usage(31 * 86_400, 74_400, 1024)],
        "1.49 248.00 4.03 10.40",
        "263.92",
        False,
    ),
    "L9 SQS event source, provisioned": (
        [*lambda_usage(30 * M, 1000, 1024), (*POLLERS, 8000)],
        "500.00 6.00 74.00",
        "580.00",
        False,
    ),
    "L10 durable functions": (
        [
            (LAMBDA, "Request-ARM", 2 * M),
            *lambda_usage(M, 32_000, 1024, "arm64")[1:],
            (LAMBDA, DURABLE + "Operations", 4 * M),
            (LAMBDA, DURABLE + "Written-Bytes", 104),
            (LAMBDA, DURABLE + "TimedStorage-ByteHrs", Decimal("24.27") + Decimal("48.53")),
        ],
        "421.34 0.20 32.00 26.00 10.92",
        "490.46",
        True,
    ),
    "L12 managed instances": (
        [
            (LAMBDA, "Request", 100 * M),
            ("Savings Plans for AWS Compute usage", "ComputeSP:3yr:m7g.xlarge", 2000),
            (LAMBDA, "Lambda-Managed-Instances-Fee:m7g.xlarge", 2000),
        ],
        "20.00 91.40 48.96",
        "160.36",
        False,
    ),
    "Lambda@Edge": (
        [
            (LAMBDA, "Lambda-Edge-Request", 10 * M),
            (LAMBDA, "Lambda-Edge-GB-Second", 10 * M * Decimal("0.01") / 8),
        ],
        "6.00 0.63",
        "6.63",
        False,
    ),
    "ten Kafka event sources in one group": (
        [*lambda_usage(300 * M, 200, 1024), (*KAFKA, 720)],
        "1000.00 60.00 133.20",
        "1193.20",
        False,
    ),
    "L14 one millisecond, not a hundred": (
        lambda_usage(60 * M, 28, 1024),
        "12.00 28.00",
        "40.00",
        False,
    ),
    "L14 before": (lambda_usage(60 * M, 100, 1024), "12.00 100.00", "112.00", False),
}


@pytest.mark.parametrize("name", LAMBDA_EXAMPLES)
def test_lambda_price_page(name):
    used, lines, total, free = LAMBDA_EXAMPLES[name]
    assert printed(price(used, BOOK, free_tier=free)) == (sorted(lines.split()), total)


def test_l4_provisioned_concurrency_at_a_launch():
    """The page takes the free requests off all three million, and free compute off the rest."""
    inside, outside = provisioned_usage(500_000, 100, 1536), lambda_usage(2_500_000, 120, 1536)
    ready = provisioned_concurrency_usage(100, 8 * 3600, 1536)
    table = price([*ready, *inside, *outside], BOOK, free_tier=True)
    assert printed(table) == (["0.40", "0.73", "0.83", "18.00"], "19.96")


def test_l7_response_streaming_once_the_free_hundred_gigabytes_are_used_up():
    streamed = [(*STREAM, 2 * M * streamed_gb(100 * KB)), (*STREAM, M * streamed_gb(7 * MB))]
    used = [*lambda_usage(3 * M, 500, 1536), *streamed]
    table = price(used, BOOK, free_tier=True, already={STREAM: 100})
    assert printed(table) == (["0.40", "30.83", "7.81"], "39.04")


def test_l8_kafka_event_source_where_the_page_bills_twice_its_requests():
    """The page's slip: a million a day are 30 million requests, it bills 60 million (12.00)."""
    compute = price(lambda_usage(30 * M, 2000, 1024)[1:], BOOK, free_tier=True)
    rest = price([(LAMBDA, "Request", 60 * M), (*KAFKA, 800)], BOOK)
    assert printed(rest) == (["12.00", "148.00"], "160.00")
    total = total_usd(compute) + total_usd(rest)
    assert total.quantize(Decimal("0.1")) == Decimal("1153.3")


def test_l11_tenant_isolation_where_the_page_rounds_up():
    """The page's slip: 20 million GB-seconds are 333.334, it prints 333.34 and 368.74."""
    used = [*lambda_usage(10 * M, 2000, 1024), (*TENANT, 200_000)]
    assert printed(price(used, BOOK)) == (["2.00", "33.40", "333.33"], "368.73")


def test_lambda_tiers_of_a_very_large_month():
    """Prices by the GB-second fall after 6 and 15 billion on x86, 7.5 and 18.75 on arm."""
    x86 = price([(LAMBDA, "Lambda-GB-Second", 20 * 10**9)], BOOK)
    assert printed(x86) == (["100000.20", "135000.00", "66667.00"], "301667.20")
    arm = price([(LAMBDA, "Lambda-GB-Second-ARM", 20 * 10**9)], BOOK)
    assert printed(arm) == (["100000.50", "13333.38", "135001.13"], "248335.01")


def test_s1_express_by_the_price_page():
    """100 million executions of 10 s at 64 MB; the page prices GB-hours."""
    gb_hours = quantity(100 * M * express_gb_seconds(10_000, 64) / 3600)
    assert cents(gb_hours) == Decimal("17361.11")
    used = [(STEP_FUNCTIONS, "StepFunctions-Request", 100 * M), (*EXPRESS, gb_hours)]
    assert printed(price(used, PAGE)) == (["100.00", "120.00", "202.97", "60.00"], "482.97")


def test_s1_express_by_the_price_list():
    """The list's decimals make nine cents less of it than the page."""
    table = price(express_usage(100 * M, 10_000), BOOK)
    assert printed(table) == (["100.00", "119.95", "202.92", "60.01"], "482.88")


def test_s2_three_transitions_a_thousand_times():
    assert total_usd(price([(STEP_FUNCTIONS, "StateTransition", 3000)], BOOK)) == Decimal("0.075")


def test_s3_a_thousand_nested_express_workflows():
    usd = total_usd(price(express_usage(1000, 11_300), WORKSHOP))
    assert usd == Decimal("0.0127746")
    assert cents(usd) == CENT


def test_the_free_transitions_of_a_month():
    """The price page's Standard example: 400,000 transitions, 4,000 of them free."""
    table = price([(STEP_FUNCTIONS, "StateTransition", 400_000)], BOOK, free_tier=True)
    assert printed(table) == (["9.90"], "9.90")


MAPS = {  # children, type, states, ms: what the workshop prints, to its last digit
    "D1": (map_usage(1000, "STANDARD", states=1), "0.05"),
    "D2": (map_usage(1000, "STANDARD", states=5), "0.15"),
    "D5": (map_usage(1000, duration_ms=30_000), "0.057"),
    "D7 Standard": (map_usage(500_000, "STANDARD", states=2), "37.5"),
    "D7 Express": (map_usage(500_000, duration_ms=28_000), "27.59"),
    "D9 Standard": (map_usage(125_000, "STANDARD", states=2), "9.38"),
    "D9 Express": (map_usage(125_000, duration_ms=62_000), "11.33"),
    "D11 Standard": (map_usage(83_333, "STANDARD", states=2), "6.25"),
    "D11 Express": (map_usage(83_333, duration_ms=90_000), "9.98"),
}


@pytest.mark.parametrize("name", MAPS)
def test_distributed_map_workshop(name):
    used, total = MAPS[name]
    usd = total_usd(price(used, WORKSHOP))
    assert usd.quantize(Decimal(total), ROUND_HALF_UP) == Decimal(total)


SLIPS = {  # where the workshop slips: ours, and what it prints
    "D3, 37.50 printed as 37.4": (map_usage(500_000, "STANDARD", states=2), "37.5", "37.4"),
    "D4, a middle step rounded to 0.10": (
        map_usage(1000, duration_ms=100_000),
        "0.1302",
        "0.125",
    ),
    "D6, a digit lost": (map_usage(500_000, duration_ms=1000), "13.521", "13.42"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_distributed_map_workshop_where_it_slips(name):
    used, ours, theirs = SLIPS[name]
    usd = total_usd(price(used, WORKSHOP))
    assert usd == Decimal(ours)
    assert abs(usd - Decimal(theirs)) / usd < Decimal("0.05")


def test_t1_storage_of_half_a_month_each():
    """100 GB for 15 days and 100 TB for 16 days of March are 52,900 GB-months."""
    gb_hours = 100 * 15 * 24 + 100 * KB * 16 * 24
    kept = gb_months(gb_hours, 1, month_hours=31 * 24)
    assert kept == 52_900
    table = price([(S3, "TimedStorage-ByteHrs", kept)], BOOK)
    assert printed(table) == (["1177.60", "37.40"], "1215.00")


def test_t2_requests_of_every_day_in_march():
    """The FAQ's counts at today's prices: 10,000 PUT and 20,000 GET a day; deletes are free."""
    used = [(S3, "Requests-Tier1", 310_000), (S3, "Requests-Tier2", 620_000)]
    assert printed(price(used, BOOK)) == (["0.25", "1.55"], "1.80")


def test_t3_sixty_two_terabytes_to_the_internet_when_one_gigabyte_was_free():
    old = BOOK.price(DATA_TRANSFER, "DataTransfer-Out-Bytes")
    assert old.free_per_month == 100
    used = [(*old.key, 62 * KB)]
    book = BOOK.with_prices(replace(old, free_per_month=Decimal(1)))
    table = price(used, book, free_tier=True)
    assert printed(table) == (["3481.60", "860.16", "921.51"], "5263.27")


def test_t4_a_retrieval_from_infrequent_access():
    assert printed(price([(S3, "Retrieval-SIA", 300)], BOOK)) == (["3.00"], "3.00")


def test_y1_y2_y7_a_query_rounds_its_sum():
    assert query_units(int(Decimal("40.8") * KB)) == 11
    assert query_units(int(Decimal("40.8") * KB), consistent=False) == Decimal("5.5")
    assert (query_units(1500 * 64), query_units(1500 * 64, consistent=False)) == (24, 12)
    assert query_units(80 * KB, consistent=False) == 10


def test_y3_y5_writes_round_item_by_item():
    assert write_units(500) + write_units(3584) == 5
    assert (write_units(2 * KB), write_units(2 * KB, transactional=True)) == (2, 4)


def test_reads_by_key_round_item_by_item():
    """The guide's BatchGetItem: 1.5 KB and 6.5 KB are 4 and 8 KB, three units."""
    assert read_units(1536) + read_units(6656) == 3


def test_y8_what_six_units_can_carry():
    capacity = 6
    read_kb, write_kb = 4, 1
    assert read_units(capacity * read_kb * KB) == capacity  # 24 KB/s strongly consistent
    assert read_units(2 * capacity * read_kb * KB, consistent=False) == capacity  # 48 KB/s
    assert write_units(capacity * write_kb * KB) == capacity  # 6 KB/s


def test_y9_dynamodb_on_demand_since_november_2024():
    used = [
        (DYNAMODB, "WriteRequestUnits", 3 * M),
        (DYNAMODB, "ReadRequestUnits", 8 * M),
        (DYNAMODB, "TimedStorage-ByteHrs", 230),
    ]
    assert printed(price(used, BOOK)) == (["1.00", "1.88", "57.50"], "60.38")


def test_q1_and_q4_sqs_requests():
    assert sqs_usage(1, 256 * KB) == [(SQS, "Requests-Tier1", 4)]
    assert sqs_usage(1, MB) == [(SQS, "Requests-Tier1", 16)]
    used = [(SQS, "Requests-Tier1", 2 * M), (SQS, "Requests-FIFO-Tier1", M)]
    assert printed(price(used, BOOK)) == (["0.50", "0.80"], "1.30")


def test_sqs_tiers_of_a_very_large_month():
    table = price([(SQS, "Requests-Tier1", 250 * 10**9)], BOOK)
    assert printed(table) == (["12000.00", "30000.00", "40000.00"], "82000.00")


def test_q2_kms_calls_of_an_encrypted_queue():
    calls = kms_requests(31 * 86_400, 300, producers=1, consumers=1)
    assert calls == 26_784
    assert printed(price([(KMS, "KMS-Requests", calls)], BOOK)) == (["0.08"], "0.08")
    assert printed(price([(KMS, "KMS-Requests", calls)], BOOK, free_tier=True))[1] == "0.02"


def test_w1_sixty_terabytes_of_lambda_logs():
    """AWS's announcement: 12,500 instead of 30,000 dollars, its tiers at 1,000 GB a TB; those of
    the price list end at 1,024 GB a TB."""
    listed = BOOK.price(CLOUDWATCH, "VendedLog-Bytes")
    ends = [tier.up_to and tier.up_to * 1000 / 1024 for tier in listed.tiers]
    tiers = tuple(replace(t, up_to=end) for t, end in zip(listed.tiers, ends, strict=True))
    announced = BOOK.with_prices(replace(listed, tiers=tiers))
    assert total_usd(price([(CLOUDWATCH, "VendedLog-Bytes", 60_000)], announced)) == 12_500
    assert total_usd(price([(CLOUDWATCH, "VendedLog-Bytes", 60 * 1024)], BOOK)) == 12_800
    assert total_usd(price([(CLOUDWATCH, "DataProcessing-Bytes", 60_000)], BOOK)) == 30_000


def test_w2_hourly_records_of_cost_explorer():
    """One instance: 24 records a day, kept 14 days, is 0.0001 a day and 0.003 a month."""
    month = total_usd(price([(COST_EXPLORER, "CostDataStorage", 24 * 14)], BOOK))
    assert month.quantize(Decimal("0.001")) == Decimal("0.003")
    assert (month / 30).quantize(Decimal("0.0001")) == Decimal("0.0001")


def test_w3_twenty_metrics_every_five_minutes():
    """Never free: 172,800 metrics asked for in 30 days."""
    asked = 20 * 12 * 24 * 30
    table = price([(CLOUDWATCH, "CW:GMD-Metrics", asked)], BOOK, free_tier=True)
    assert total_usd(table) == Decimal("1.728")


def test_what_a_hundred_million_items_cost_by_hand():
    """The study's own sums, made on paper from the prices."""
    n = 100 * M
    put_and_delete = [(DYNAMODB, "WriteRequestUnits", 2 * n * write_units(KB))]
    assert total_usd(price(put_and_delete, BOOK)) == 125
    calls = 3 * n // 100  # ten items a message, ten messages a send, receive or delete
    assert total_usd(price(sqs_usage(calls), BOOK)) == Decimal("1.2")
    assert total_usd(price(sqs_usage(3 * n // 10), BOOK)) == 12
    children = map_usage(n // 1000, duration_ms=10_000)
    assert printed(price(children, WORKSHOP)) == (["0.10", "1.04", "2.50"], "3.64")
    compute = lambda_usage(n, 10, 512, "arm64")[1:]
    assert printed(price(compute, BOOK)) == (["6.67"], "6.67")
    assert total_usd(price([(CLOUDWATCH, "VendedLog-Bytes", 20)], BOOK)) == 10
    put_metric_data = [(CLOUDWATCH, "CW:Requests", M)]
    assert total_usd(price(put_metric_data, BOOK)) == 10  # the published habit, a million items
