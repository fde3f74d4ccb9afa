"""How AWS rounds what no design of ours uses: for the worked examples of its pricing pages."""

from decimal import Decimal

from workbench.platform.units import EVENT_CHUNK_BYTES, GB, MB, chunks, quantity

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
