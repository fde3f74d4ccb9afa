"""How AWS rounds what no design of ours uses: for the worked examples of its pricing pages."""

from decimal import Decimal

from workbench.platform.units import (
    EXPRESS_STEP_MB,
    EXPRESS_STEP_MS,
    GB,
    KB,
    MB,
    chunks,
    gb_seconds,
    lambda_gb_seconds,
    quantity,
)

EVENT_CHUNK_BYTES = 64 * KB  # aws.amazon.com/eventbridge/pricing
ASYNC_FREE_BYTES = 256 * KB  # aws.amazon.com/lambda/pricing: an asynchronous event's first request
TMP_FREE_MB = 512  # /tmp that comes with every function, aws.amazon.com/lambda/pricing
STREAM_FREE_BYTES = 6 * MB  # of each streamed response, aws.amazon.com/lambda/pricing


def event_chunks(size_bytes: int) -> int:
    """Custom events billed for one EventBridge event of so many bytes: at least one."""
    return chunks(size_bytes, EVENT_CHUNK_BYTES)


def streamed_gb(response_bytes: int) -> Decimal:
    """Gigabytes billed for one streamed Lambda response: what passes 6 MB."""
    if response_bytes < 0:
        raise ValueError(f"{response_bytes} is not a quantity: it must be 0 or more")
    return quantity(Decimal(max(0, response_bytes - STREAM_FREE_BYTES)) / Decimal(GB))


def kms_requests(billing_s: int, reuse_s: int, producers: int, consumers: int) -> int:
    """KMS calls of an encrypted queue: B / D * (2P + C), from the SQS key management page."""
    return -(-billing_s * (2 * producers + consumers) // reuse_s)


def async_event_requests(size_bytes: int) -> int:
    """Lambda requests billed for one asynchronous event: one, and one per 64 KB past 256 KB."""
    if size_bytes < 0:
        raise ValueError(f"{size_bytes} is not a quantity: it must be 0 or more")
    return 1 + -(-max(0, size_bytes - ASYNC_FREE_BYTES) // EVENT_CHUNK_BYTES)


def tmp_gb_seconds(duration_ms: float | Decimal, tmp_mb: int) -> Decimal:
    """Lambda storage GB-seconds of one invocation: what its /tmp has above 512 MB."""
    return lambda_gb_seconds(duration_ms, max(0, tmp_mb - TMP_FREE_MB))


def express_gb_seconds(duration_ms: float | Decimal, memory_mb: int = EXPRESS_STEP_MB) -> Decimal:
    """GB-seconds of one Express execution: time up to 100 ms steps, memory up to 64 MB steps."""
    nanoseconds = int(round(quantity(duration_ms), 6).scaleb(6))
    steps = -(-nanoseconds // (EXPRESS_STEP_MS * 1_000_000))
    memory_mb = chunks(memory_mb, EXPRESS_STEP_MB) * EXPRESS_STEP_MB
    return gb_seconds(steps * EXPRESS_STEP_MS, memory_mb)
