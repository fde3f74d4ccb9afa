"""What the kernel of `sqs` is told: a design, a batch and a profile as plain numbers.

Times are seconds, CPU times already slowed by the function's memory.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

from workbench.designs import FUNCTION_TIMEOUT_MAX_S, MESSAGE_MAX_BYTES, Sqs
from workbench.engine.random_streams import seed_for
from workbench.platform.profile import Profile
from workbench.platform.services import SQS_RECORD_BYTES
from workbench.platform.units import READ_UNIT_BYTES
from workbench.runs.batch import Batch
from workbench.targets.model.engine import message_sizes as texts
from workbench.targets.model.engine.cpu import cpu_of
from workbench.targets.model.engine.draws import stream_key

FINALIZER_MB = 256
MESSAGE_KNOBS = (  # that an item message carries
    "track claim state_shards item_concurrency telemetry logs lease_s write_batch_size "
    "send_batch_size"
).split()
NO_POLLS = -1.0  # no finalizer: a bare queue


class SqsSettings(NamedTuple):
    """One batch of `sqs`. `arrivals` > 0 makes it a bare queue that is filled from outside."""

    value_key: np.uint64
    value_span: np.uint64
    poison: np.uint64
    fixed_ms: float  # every item takes as long; negative: drawn
    items: int
    segment_items: int
    segments: int
    items_per_message: int
    messages_per_segment: int
    messages: int
    message_bytes: int
    batch_bytes: int
    failed_bytes: int
    plan_half_units: int
    messages_per_take: int
    window_s: float
    messages_per_send: int
    segments_per_send: int
    entries_per_write: int
    track_item: bool
    claim: bool
    put_metrics: bool
    item_workers: int
    message_workers: int
    arrivals: int
    arrival_s: float
    processor_call_s: float
    processor_entry_s: float
    processor_item_s: float
    processor_invocation_s: float
    processor_mb_s: float
    batcher_call_s: float
    batcher_entry_s: float
    batcher_item_s: float
    batcher_invocation_s: float
    batcher_mb_s: float
    finalizer_call_s: float
    finalizer_entry_s: float
    finalizer_item_s: float
    finalizer_invocation_s: float
    finalizer_mb_s: float
    start_pollers: int
    idle_s: float
    ramp_step_s: float
    slots_max: int
    plan_start_pollers: int
    plan_idle_s: float
    plan_slots_max: int
    account: int
    poller_messages: int
    table_units_per_s: float
    table_quota_per_s: float
    key_units_per_s: float
    burst_s: float
    growth_s: float
    shards: int
    poll_s: float
    timeout_s: float
    key_invocation: np.uint64
    key_remove: np.uint64
    key_retry: np.uint64
    key_write: np.uint64
    key_send: np.uint64
    key_segment: np.uint64
    key_look: np.uint64
    counted: bool = False  # messages are counted, and what failed of one is sent as another


def sqs_settings(design: Sqs, batch: Batch, profile: Profile, stream_seed: int) -> SqsSettings:
    """The numbers for one batch of a design under a profile; `stream_seed` draws the latencies."""
    per_message = min(design.items_per_message, design.segment_items)
    batch_bytes = len(batch.batch_id)
    knobs = {name: getattr(design, name) for name in MESSAGE_KNOBS}
    message_bytes = texts.message_bytes(knobs, batch_bytes, per_message, design.value_max)
    segments = ceil(batch.items / design.segment_items)
    per_segment = ceil(design.segment_items / per_message)
    rest = batch.items - (segments - 1) * design.segment_items
    payload = profile.value("esm_payload_max_bytes")
    fit = int(payload / (message_bytes + SQS_RECORD_BYTES))
    take = max(1, min(design.messages_per_invocation, fit))
    return SqsSettings(
        value_key=stream_key(batch.seed),
        value_span=np.uint64(design.value_max + 1),
        poison=np.uint64(design.poison_per_million),
        fixed_ms=-1.0,
        items=batch.items,
        segment_items=design.segment_items,
        segments=segments,
        items_per_message=per_message,
        messages_per_segment=per_segment,
        messages=(segments - 1) * per_segment + ceil(rest / per_message),
        message_bytes=message_bytes,
        batch_bytes=batch_bytes,
        failed_bytes=texts.failed_record_bytes(batch_bytes),
        plan_half_units=2
        * ceil(segments * texts.segment_record_bytes(batch_bytes) / READ_UNIT_BYTES),
        messages_per_take=take,
        window_s=float(design.batch_window_s),
        messages_per_send=max(1, min(design.send_batch_size, MESSAGE_MAX_BYTES // message_bytes)),
        segments_per_send=design.send_batch_size,
        entries_per_write=design.write_batch_size,
        track_item=design.track == "item",
        claim=design.claim,
        put_metrics=design.telemetry == "put_metric_data",
        item_workers=design.item_concurrency,
        message_workers=design.messages_at_once,
        arrivals=0,
        arrival_s=0.0,
        poll_s=float(design.poll_s),
        timeout_s=float(FUNCTION_TIMEOUT_MAX_S),
        shards=design.state_shards,
        **cpu_of(profile, design.memory_mb, "processor"),
        **cpu_of(profile, design.batcher_memory_mb, "batcher"),
        **cpu_of(profile, FINALIZER_MB, "finalizer"),
        **_event_source(design, profile, take),
        **_table(design, profile),
        **_streams(stream_seed),
    )


def as_record(settings: NamedTuple) -> np.ndarray:
    """Settings as an array of one record, for the compiled kernels."""
    kinds = {int: np.int64, bool: np.int64, float: np.float64, np.uint64: np.uint64}
    fields = [(name, kinds[kind]) for name, kind in type(settings).__annotations__.items()]
    return np.array([tuple(settings)], dtype=fields)


def _event_source(design: Sqs, profile: Profile, take: int) -> dict[str, float | int]:
    """The mappings of ItemQueue and PlanQueue. One without a cap has gone idle, and grows later."""
    in_flight = int(profile.value("sqs_in_flight_max")) // take
    most, start = (
        int(profile.value("esm_max_concurrency")),
        int(profile.value("esm_start_concurrency")),
    )
    idle, idle_s = int(profile.value("esm_idle_pollers")), float(profile.value("esm_idle_s"))
    capped, plan_cap = design.max_concurrency, design.batcher_concurrency
    return {
        "start_pollers": idle if capped is None else min(start, capped),
        "idle_s": idle_s if capped is None else 0.0,
        "ramp_step_s": 60.0 / profile.value("esm_ramp_per_min"),
        "slots_max": max(1, min(capped or most, in_flight)),
        "plan_start_pollers": idle if plan_cap is None else min(start, plan_cap),
        "plan_idle_s": idle_s if plan_cap is None else 0.0,
        "plan_slots_max": plan_cap or most,
        "account": int(profile.value("lambda_account_concurrency")),
        "poller_messages": int(profile.value("esm_poller_messages")),
    }


def _table(design: Sqs, profile: Profile) -> dict[str, float]:
    """What the batch-state table takes."""
    units = design.warm_write_units or profile.value("ddb_table_writes_per_s")
    return {
        "table_units_per_s": float(units),
        "table_quota_per_s": max(float(units), float(profile.value("ddb_table_quota_per_s"))),
        "key_units_per_s": float(profile.value("ddb_key_writes_per_s") * design.state_shards),
        "burst_s": float(profile.value("ddb_burst_s")),
        "growth_s": float(profile.value("ddb_growth_s")),
    }


def _streams(seed: int) -> dict[str, np.uint64]:
    """One stream a concern."""
    names = "invocation remove retry write send segment look".split()
    return {f"key_{n}": stream_key(seed_for(seed, f"model/sqs/{n}")) for n in names}
