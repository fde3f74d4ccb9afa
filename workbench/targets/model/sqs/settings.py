"""Settings and state of the kernel of `sqs`: a design, a batch and a profile as numbers.

Times are seconds, CPU times already slowed by the function's memory.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

from workbench.designs import FUNCTION_TIMEOUT_MAX_S, MESSAGE_MAX_BYTES, Sqs
from workbench.platform.profile import Profile
from workbench.platform.services import MESSAGES_PER_CALL, PAYLOAD_MAX_BYTES, SQS_RECORD_BYTES
from workbench.platform.units import READ_UNIT_BYTES
from workbench.runs.batch import Batch
from workbench.targets.model.engine import usage
from workbench.targets.model.engine.draws import Values
from workbench.targets.model.engine.settings import (
    Cpu,
    cpu_of,
    fresh_state,
    state_type,
    stream_keys,
    values_of,
)

FINALIZER_MB = 256
MESSAGE_KNOBS = (  # that an item message carries
    "track claim state_shards item_concurrency telemetry logs lease_s write_batch_size "
    "send_batch_size"
).split()
NO_POLLS = -1.0  # no finalizer: a queue alone
CONCERNS = "invocation remove retry write send segment look".split()  # a stream of draws each

# The state. Arrays of fixed size, and the next of each kind of event in seconds; infinite: none.
EVENTS = (
    "ramp_at plan_ramp_at plan_at look_at batcher_at due_at flush_at arrive_at growth_at poll_at"
)
SLOTS_MAX = 100_000  # invocations of the item queue's event source: what provisioned pollers reach
BATCHERS_MAX = 2_000
WORKERS_MAX = 1_024
WHEEL_STEP_S = 0.05  # redeliveries are kept by twentieths of a second
WHEEL = 20_480  # 1,024 seconds ahead: the longest invocation and the longest delay
KINDS = 2  # the second and third message of what failed
FATE = 8  # what is known of each: for it and for the next one messages, items, ms; what is listed
WRITE_STEPS = 16  # a segment's writes ask the table for capacity in so many portions
STATE = state_type(
    times=f"{EVENTS} other look_visible_at look_spent_s table_free_at key_free_at table_rate "
    "table_unit_s key_unit_s plan_ends_at idle_poller_s plan_idle_poller_s record_s ended_s "
    "polls_free_at grown_poller_s grows_at plan_grows_at backs_off_at",
    counts="next_message next_item segment_stop visible arrived target ready flushing held "
    "held_polls due segments_begun segments_visible batchers plan_target batcher_environments "
    "removals writes_drawn sends_drawn growth_units finalizer_ms written_units "
    "read_half_units item_sends item_send_units receives receive_units deletes "
    "retry_send_units retries looks segments_done",
    workers=WORKERS_MAX,
    slots=SLOTS_MAX,
    arrays=[
        ("batcher_times", np.float64, (BATCHERS_MAX,)),
        ("batcher_slots", np.int64, (BATCHERS_MAX,)),
        ("slot_segment", np.int64, (BATCHERS_MAX,)),
        ("slot_phase", np.int64, (BATCHERS_MAX,)),
        ("slot_begun_s", np.float64, (BATCHERS_MAX,)),
        ("free_slots", np.int64, (BATCHERS_MAX,)),
        ("worker_slots", np.int64, (WORKERS_MAX, 5)),
        ("ready_fates", np.int64, (KINDS, FATE)),
        ("due_fates", np.int64, (KINDS, WHEEL, FATE)),
    ],
)


class Pollers(NamedTuple):
    """An event source: how many batches at first and at most, by how many more at a time and how
    often; one that was idle grows after its first batch, at the latest after so long, and at first
    more slowly; how long a place is taken after an invocation has ended; the share that a throttle
    takes; what provisioned pollers can poll, each (0: no limit)."""

    start: int
    idle_s: float
    most: int
    step_s: float
    first_step_s: float
    turn_s: float
    back_off: float = 0.0
    places: int = 1  # invocations of one poller
    polls_per_s: float = 0.0
    bytes_per_s: float = 0.0


class SqsSettings(NamedTuple):
    """One batch of `sqs`."""

    values: Values
    items: int
    segment_items: int
    segments: int
    items_per_message: int
    messages_per_segment: int
    messages: int
    message_bytes: int  # of a full one
    pair_bytes: float  # of an item of it
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
    processor: Cpu
    batcher: Cpu
    finalizer: Cpu
    pollers: Pollers
    plan_pollers: Pollers
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
    arrivals: int = 0  # from outside; above 0, a queue alone
    arrival_s: float = 0.0
    counted: bool = False  # messages are counted, and what failed of one is sent as another


def sqs_settings(design: Sqs, batch: Batch, profile: Profile, stream_seed: int) -> SqsSettings:
    """The numbers for one batch of a design under a profile; `stream_seed` draws the latencies."""
    per_message = min(design.items_per_message, design.segment_items)
    batch_bytes, pair_bytes = len(batch.batch_id), usage.pair_bytes(design)
    knobs = {name: getattr(design, name) for name in MESSAGE_KNOBS} | design.work_knobs()
    head = {"batch": batch.batch_id, "knobs": knobs}
    message_bytes = usage.message_bytes(head, per_message, pair_bytes)
    segments = ceil(batch.items / design.segment_items)
    per_segment = ceil(design.segment_items / per_message)
    rest = batch.items - (segments - 1) * design.segment_items
    fit = PAYLOAD_MAX_BYTES // (message_bytes + SQS_RECORD_BYTES)
    take = max(1, min(design.messages_per_invocation, fit))
    return SqsSettings(
        values=values_of(design, batch),
        items=batch.items,
        segment_items=design.segment_items,
        segments=segments,
        items_per_message=per_message,
        messages_per_segment=per_segment,
        messages=(segments - 1) * per_segment + ceil(rest / per_message),
        message_bytes=message_bytes,
        pair_bytes=pair_bytes,
        batch_bytes=batch_bytes,
        failed_bytes=usage.failed_record_bytes(batch_bytes),
        plan_half_units=2
        * ceil(segments * usage.segment_record_bytes(batch_bytes) / READ_UNIT_BYTES),
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
        poll_s=float(design.poll_s),
        timeout_s=float(FUNCTION_TIMEOUT_MAX_S),
        shards=design.state_shards,
        processor=cpu_of(profile, design.memory_mb, design.cpu_ms),
        batcher=cpu_of(profile, design.batcher_memory_mb),
        finalizer=cpu_of(profile, FINALIZER_MB),
        pollers=_item_pollers(design, profile, take),
        plan_pollers=_pollers(profile, design.batcher_concurrency),
        account=int(profile.value("lambda_account_concurrency")),
        poller_messages=MESSAGES_PER_CALL,
        **_table(design, profile),
        **stream_keys(stream_seed, "sqs", CONCERNS),
    )


def sqs_state(latency: np.ndarray) -> np.ndarray:
    """A fresh state, as an array of one record."""
    state = fresh_state(STATE, latency, EVENTS.split())
    state["ended_s"] = -1.0
    state["free_slots"] = np.arange(BATCHERS_MAX)
    return state


def _item_pollers(design: Sqs, profile: Profile, take: int) -> Pollers:
    """The event source of the items; each of its invocations holds `take` messages in flight."""
    found = _pollers(profile, design.max_concurrency)
    if design.pollers:
        found = _provisioned(profile, *design.pollers)
    in_flight = int(profile.value("sqs_in_flight_max")) // take
    most = max(1, min(found.most, in_flight, SLOTS_MAX))
    return found._replace(most=most, start=min(found.start, most))


def _pollers(profile: Profile, cap: int | None) -> Pollers:
    """The event source of a queue; one without a cap has settled idle, and grows later."""
    value = profile.value
    step_s, turn_s = 60.0 / value("esm_ramp_per_min"), value("esm_turn_ms") / 1000
    back_off = value("esm_back_off_percent") / 100
    if cap is None:
        idle, most = int(value("esm_idle_pollers")), int(value("esm_max_concurrency"))
        first_step_s = step_s / value("esm_first_minute_percent") * 100
        return Pollers(idle, value("esm_idle_s"), most, step_s, first_step_s, turn_s, back_off)
    start = min(int(value("esm_start_concurrency")), cap)
    return Pollers(start, 0.0, cap, step_s, step_s, turn_s, back_off)


def _provisioned(profile: Profile, least: int, most: int) -> Pollers:
    """Pollers that are paid for: several invocations each, and a limit on what each can poll."""
    value = profile.value
    places = int(value("poller_places"))
    step_s = 60.0 * places / value("poller_ramp_per_min")
    return Pollers(
        start=least * places,
        idle_s=0.0,
        most=most * places,
        step_s=step_s,
        first_step_s=step_s,
        turn_s=value("esm_turn_ms") / 1000,
        places=places,
        polls_per_s=value("poller_polls_per_s"),
        bytes_per_s=value("poller_bytes_per_s"),
    )


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
