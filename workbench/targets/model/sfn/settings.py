"""Settings and state of the kernel of `sfn`: a design, a batch and a profile as numbers.

Times are seconds, CPU times already slowed by the function's memory.
"""

from math import ceil
from typing import NamedTuple

import numpy as np

from workbench.designs import EXPRESS_MAX_S, Sfn
from workbench.platform.profile import Profile
from workbench.platform.services import MAP_CHILDREN_MAX
from workbench.platform.units import MB
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

SUMMARY_MB = 256
PART_BYTES = 8 * 1024 * 1024  # of a multipart upload
CONCERNS = ("child", "item", "segment")  # a stream of draws each
STATE = state_type(
    times="map_at starts_at ended_at environments_free_at",
    counts="children begun waiting first_waiting summary_ms batcher_cold express_steps "
    "failed_children",
    workers=512,
    slots=MAP_CHILDREN_MAX,
    arrays=[("waiting_since", np.float64, (MAP_CHILDREN_MAX,))],
)


class SfnSettings(NamedTuple):
    """One batch of `sfn`."""

    values: Values
    items: int
    segment_items: int
    segments: int
    segment_bytes: int
    batch_bytes: int
    items_per_part: int  # of a segment's object that is uploaded in parts
    items_per_child: int
    children: int
    item_workers: int
    put_metrics: bool
    express: bool
    processor: Cpu
    batcher: Cpu
    summary: Cpu
    children_max: int
    starts_per_s: float
    inline_max: int
    account: int
    environments_per_s: float
    environments_burst_s: float
    map_start_s: float
    map_end_s: float
    s3_mb_s: float
    item_gap_s: float
    child_limit_s: float
    key_child: np.uint64
    key_item: np.uint64
    key_segment: np.uint64


def sfn_settings(design: Sfn, batch: Batch, profile: Profile, stream_seed: int) -> SfnSettings:
    """The numbers for one batch of a design under a profile; `stream_seed` draws the latencies."""
    line_bytes = usage.line_bytes(design)
    express = design.child_type == "EXPRESS"
    kind = "express" if express else "standard"
    return SfnSettings(
        values=values_of(design, batch),
        items=batch.items,
        segment_items=design.segment_items,
        segments=ceil(batch.items / design.segment_items),
        segment_bytes=round(design.segment_items * line_bytes),
        batch_bytes=len(batch.batch_id),
        items_per_part=ceil(PART_BYTES / line_bytes),
        items_per_child=design.items_per_child,
        children=ceil(batch.items / design.items_per_child),
        item_workers=design.item_concurrency,
        put_metrics=design.telemetry == "put_metric_data",
        express=express,
        children_max=min(design.max_concurrency or MAP_CHILDREN_MAX, MAP_CHILDREN_MAX),
        starts_per_s=float(profile.value(f"sfn_map_starts_{kind}_per_s")),
        inline_max=int(profile.value("sfn_inline_map_max")),
        account=int(profile.value("lambda_account_concurrency")),
        environments_per_s=profile.value("lambda_scale_per_10s") / 10,
        environments_burst_s=10.0,
        map_start_s=float(profile.value("sfn_map_start_s")),
        map_end_s=float(profile.value("sfn_map_end_s")),
        s3_mb_s=profile.value("s3_ms_per_mb") / 1000,
        item_gap_s=line_bytes * profile.value("sfn_payload_gap") / (1000 * MB),
        child_limit_s=float(EXPRESS_MAX_S) if express else 3.15e7,
        processor=cpu_of(profile, design.memory_mb, design.cpu_ms),
        batcher=cpu_of(profile, design.batcher_memory_mb),
        summary=cpu_of(profile, SUMMARY_MB),
        **stream_keys(stream_seed, "sfn", CONCERNS),
    )


def sfn_state(latency: np.ndarray) -> np.ndarray:
    """A fresh state, as an array of one record."""
    return fresh_state(STATE, latency, ("map_at", "ended_at"))
