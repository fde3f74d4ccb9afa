"""Settings and state of the kernel of `durable`: a design, a batch and a profile as numbers.

Times are seconds, CPU times already slowed by the function's memory. Executions under way and
chunks in flight have places in arrays of fixed size, whatever the batch.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

from workbench.designs import DURABLE_TIMEOUT_S, Durable
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.targets.model.engine.draws import Values
from workbench.targets.model.engine.settings import (
    Cpu,
    cpu_of,
    cpu_s_per_ms,
    fresh_state,
    state_type,
    stream_keys,
    values_of,
)

PLACES = 10_000  # chunks in flight at most: the largest max_concurrency
CONCERNS = ("batch", "call", "checkpoint", "chunk", "item")  # a stream of draws each
EXECUTIONS = (  # by place; the batch's own has the first
    "x_first x_children x_limit x_started x_in_flight x_arrived x_again x_operations x_phase "
    "x_call x_throttles"
)
CHUNKS = "c_number c_execution c_tries c_failed c_next c_throttles"
STATE = state_type(
    times="first_s ended_at lived_s",
    counts="events orchestrators begun chunks_done calls checkpoints operations lists listed "
    "throttled batcher_cold batcher_environments chunks_used executions_used short",
    workers=512,
    slots=2 * PLACES + 1,
    arrays=[
        ("tokens", np.float64, (2,)),
        ("tokens_at", np.float64, (2,)),
        ("free", np.int64, (2,)),  # the first free place of a chunk, and of an execution; -1: none
        *((name, np.float64, (PLACES + 1,)) for name in ("x_began", "x_heard", "x_answered")),
        *((name, np.int64, (PLACES + 1,)) for name in EXECUTIONS.split()),
        *((name, np.int64, (PLACES,)) for name in CHUNKS.split()),
    ],
)


class DurableSettings(NamedTuple):
    """One batch of `durable`."""

    values: Values
    items: int
    batch_bytes: int
    items_per_chunk: int
    chunks: int
    chunks_per_segment: int
    segments: int
    segments_at_once: int
    chunks_at_once: int  # of a segment
    item_workers: int
    put_metrics: bool
    processor: Cpu
    batcher: Cpu  # of the orchestrator
    replay_s: float  # of an operation
    operations_per_invoke: float  # on the bill
    account: int
    environments_per_s: float
    environments_burst: float
    execution_limit_s: float
    key_batch: np.uint64
    key_call: np.uint64
    key_checkpoint: np.uint64
    key_chunk: np.uint64
    key_item: np.uint64


def durable_settings(
    design: Durable, batch: Batch, profile: Profile, stream_seed: int
) -> DurableSettings:
    """The numbers for one batch of a design under a profile; `stream_seed` draws the latencies."""
    segments = design.segments(batch.items)
    together = min(segments, ceil(design.max_concurrency / design.chunks_per_segment))
    return DurableSettings(
        values=values_of(design, batch),
        items=batch.items,
        batch_bytes=len(batch.batch_id),
        items_per_chunk=design.items_per_chunk,
        chunks=ceil(batch.items / design.items_per_chunk),
        chunks_per_segment=design.chunks_per_segment,
        segments=segments,
        segments_at_once=together,
        chunks_at_once=max(1, design.max_concurrency // together),
        item_workers=design.item_concurrency,
        put_metrics=False,
        processor=cpu_of(profile, design.memory_mb, design.cpu_ms),
        batcher=cpu_of(profile, design.batcher_memory_mb),
        replay_s=profile.value("durable_cpu_ms_per_operation")
        * cpu_s_per_ms(profile, design.batcher_memory_mb),
        operations_per_invoke=profile.value("durable_operations_per_invoke"),
        account=int(profile.value("lambda_account_concurrency")),
        environments_per_s=profile.value("lambda_scale_per_10s") / 10,
        environments_burst=float(profile.value("lambda_scale_per_10s")),
        execution_limit_s=float(DURABLE_TIMEOUT_S),
        **stream_keys(stream_seed, "durable", CONCERNS),
    )


def durable_state(latency: np.ndarray) -> np.ndarray:
    """A fresh state, as an array of one record."""
    state = fresh_state(STATE, latency, ("first_s", "ended_at"))
    state["free"] = -1
    return state
