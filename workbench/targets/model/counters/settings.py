"""Settings of the kernel of `counters`, and the billable units of what it has counted.

Its settings are those of `sqs` with one record a message and no claims.

Its event sources, its processor and its table are the same; batcher and finalizer are not.
"""

from math import ceil
from typing import Any

import numpy as np

from workbench.designs import MESSAGE_MAX_BYTES, Counters, Sqs
from workbench.platform.profile import Profile
from workbench.platform.services import PAYLOAD_MAX_BYTES, SQS_RECORD_BYTES, STORAGE_OVERHEAD_BYTES
from workbench.runs.batch import Batch
from workbench.targets.model.engine import usage
from workbench.targets.model.engine.settings import values_of
from workbench.targets.model.sqs.settings import SqsSettings, sqs_settings
from workbench.targets.model.sqs.usage import Own, queued_usage

SEND_BATCH = 10
BATCH_RECORD_BYTES = 500  # META with its knobs, as stored
NUMBER_BYTES = 4  # a message's number in a set
PER_SHARD = 100  # messages
EXPIRY_BYTES = 5  # an expiry in place of attempts, in the record of a failed item
SAME = (
    "memory_mb batcher_memory_mb item_concurrency cpu cpu_ms fails_per_million max_concurrency "
    "messages_per_invocation poll_s batcher_concurrency max_receives pollers_min pollers_max"
).split()


def counters_settings(
    design: Counters, batch: Batch, profile: Profile, stream_seed: int
) -> SqsSettings:
    """The numbers for one batch."""
    known: dict[str, Any] = {name: getattr(design, name) for name in SAME}
    like = sqs_settings(Sqs(track="message", value_max=0, **known), batch, profile, stream_seed)
    size, part = design.items_per_message, design.segment_messages
    messages = ceil(batch.items / size)
    head = {"batch": batch.batch_id, "n": messages // 2}  # a number of middling length
    head |= {"item_concurrency": design.item_concurrency} | design.work_knobs()
    pair_bytes = usage.pair_bytes(design)
    message_bytes = usage.message_bytes(head, size, pair_bytes)
    fit = PAYLOAD_MAX_BYTES // (message_bytes + SQS_RECORD_BYTES)
    return like._replace(
        values=values_of(design, batch),
        items_per_message=size,
        segment_items=part * size,
        segments=ceil(messages / part),
        messages_per_segment=part,
        messages=messages,
        message_bytes=message_bytes,
        pair_bytes=pair_bytes,
        messages_per_take=max(1, min(design.messages_per_invocation, fit)),
        messages_per_send=min(SEND_BATCH, MESSAGE_MAX_BYTES // message_bytes),
        segments_per_send=SEND_BATCH,
        message_workers=1,
        failed_bytes=usage.failed_record_bytes(len(batch.batch_id)) + EXPIRY_BYTES,
        counted=True,
        key_units_per_s=float(profile.value("ddb_table_quota_per_s")),  # 100 writes a key at most
    )


def counters_usage(design: Counters, p: SqsSettings, s: np.void) -> list[usage.Line]:
    """The usage lines of one run. The batch state is counted until the end is known; then it
    expires."""
    shards = ceil(p.messages / PER_SHARD)
    key = len("pk" + "done##0000000" + "sk" + "SET" + "done" + "expires_at") + p.batch_bytes + 6
    each = NUMBER_BYTES + (key + STORAGE_OVERHEAD_BYTES) * shards / p.messages
    counted_s = p.messages * float(s["ended_s"]) - float(s["record_s"]) / p.items_per_message
    polls = int(s["looks"])
    own = Own(
        plan_calls=ceil(p.segments / p.segments_per_send) + 2 * p.segments,
        poll_calls=1 + 2 * polls,  # a send; received at each poll, delayed or deleted
        finalizer_requests=polls,
        stored_byte_s=each * counted_s + BATCH_RECORD_BYTES * float(s["ended_s"]),
    )
    return queued_usage(design, p, s, own)
