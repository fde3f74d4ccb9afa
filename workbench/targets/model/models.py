"""The model of each design by its name, and one run of a kernel: settings in, state out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.runs.parts import RunRows
from workbench.runs.records import USAGE_COLUMNS, Run, RunData
from workbench.runs.resources import by_resource, resource_rows
from workbench.targets.model.counters.kernel import run_counters
from workbench.targets.model.counters.settings import counters_settings, counters_usage
from workbench.targets.model.durable.kernel import run_durable
from workbench.targets.model.durable.settings import (
    DurableSettings,
    durable_settings,
    durable_state,
)
from workbench.targets.model.durable.usage import durable_usage
from workbench.targets.model.engine.draws import latency_table
from workbench.targets.model.engine.settings import as_record
from workbench.targets.model.engine.timeline import (
    SEGMENT_TIME,
    held_s,
    timeline_columns,
    timeline_frame,
)
from workbench.targets.model.engine.usage import Line, Row, usage_rows
from workbench.targets.model.sfn.kernel import run_sfn
from workbench.targets.model.sfn.settings import SfnSettings, sfn_settings, sfn_state
from workbench.targets.model.sfn.usage import sfn_usage
from workbench.targets.model.sqs.kernel import run_sqs
from workbench.targets.model.sqs.settings import SqsSettings, sqs_settings, sqs_state
from workbench.targets.model.sqs.usage import sqs_usage

CHILD_TIME = "child time"  # an Express child passes five minutes
TIMES = ("created_s", "processed_s", "detected_s")
Settings = SqsSettings | SfnSettings | DurableSettings
EXECUTION_TIME = "execution time"  # a durable execution passes the timeout of its function


@dataclass(frozen=True)
class Model:
    """How one design is modelled.

    `settings` takes a design, a batch, a profile and the seed of the latencies; `run` works on the
    record of the settings and a fresh `state`; `usage` gives the lines from the design and both.
    """

    settings: Callable[..., Any]
    run: Callable[[np.ndarray, np.ndarray], None]
    state: Callable[[np.ndarray], np.ndarray]
    usage: Callable[..., list[Line]]
    late_limit: str = SEGMENT_TIME  # which of AWS's times is passed where one is


MODELS = {
    "sqs": Model(sqs_settings, run_sqs, sqs_state, sqs_usage),
    "sfn": Model(sfn_settings, run_sfn, sfn_state, sfn_usage, CHILD_TIME),
    "counters": Model(counters_settings, run_counters, sqs_state, counters_usage),
    "durable": Model(durable_settings, run_durable, durable_state, durable_usage, EXECUTION_TIME),
}


@dataclass(frozen=True)
class Outcome:
    """What one run of a kernel has left behind. Times are seconds from the trigger."""

    design: Design
    settings: Settings
    state: np.void

    @property
    def held_s(self) -> dict[str, float]:
        """Seconds by the limit that held the batch, longest first."""
        return held_s(self.state["limit_s"])

    @property
    def binding_limit(self) -> str:
        """The limit that held the batch longest, or the one that broke it."""
        if self.late:
            return MODELS[self.design.name].late_limit
        return next(iter(self.held_s), "start")

    @property
    def late(self) -> int:
        """Invocations or children that passed the time AWS gives them."""
        return int(self.state["late"])

    @cached_property
    def usage(self) -> pd.DataFrame:
        """The usage table, made once."""
        return pd.DataFrame(self.rows, columns=USAGE_COLUMNS)

    @property
    def rows(self) -> list[Row]:
        """The rows of the usage table: a frame takes longer than most runs."""
        return usage_rows(self._lines)

    @cached_property
    def _lines(self) -> list[Line]:
        """What each resource used."""
        return MODELS[self.design.name].usage(self.design, self.settings, self.state)

    def times(self) -> dict[str, float | None]:
        """When the items were created, processed and known to be; None if that is no moment."""
        return {n: float(self.state[n]) if self.state[n] >= 0 else None for n in TIMES}

    def run_data(self, batch: Batch) -> RunData:
        """The run of this batch with its timeline and usage; not billed."""
        resources = by_resource(self.usage, self._lines)
        frame = timeline_frame(self.state)
        return RunData(self.run(batch), frame, self.usage, resources=resources)

    def run_rows(self, batch: Batch) -> RunRows:
        """The same as rows, without a frame: for many runs."""
        rows = self.rows
        tables = {"usage": rows, "resources": resource_rows(rows, self._lines)}
        return RunRows(self.run(batch), timeline_columns(self.state), tables)

    def run(self, batch: Batch) -> Run:
        """The record of this batch; not billed."""
        s, late = self.state, self.late
        reason = f"{self.binding_limit}: {late:,} took longer than AWS allows" if late else ""
        return Run(
            run_id=batch.batch_id,
            design=self.design.name,
            target="model",
            items=batch.items,
            seed=batch.seed,
            knobs=self.design.knobs(),
            batch_id=batch.batch_id,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            **self.times(),
            items_processed=int(self.settings.items - s["failed"]),
            items_failed=int(s["failed"]),
            invocations=int(s["invocations"]),
            cold_starts=int(s["cold_starts"]),
            peak_concurrency=int(s["peak"]),
            status="incomplete" if late else "complete",
            reason=reason,
        )


def simulate(
    design: Design, batch: Batch, profile: Profile, stream_seed: int, warm: int = 0
) -> Outcome:
    """One batch, from its trigger to its notification; `stream_seed` draws the latencies."""
    design.refuse_items(batch.items)
    settings = MODELS[design.name].settings(design, batch, profile, stream_seed)
    return play(design, settings, profile, warm)


def play(
    design: Design,
    settings: Settings,
    profile: Profile,
    warm: int = 0,
) -> Outcome:
    """Run the kernel of a design on settings; a broken event order is an error of ours."""
    model = MODELS[design.name]
    state = model.state(latency_table(profile))
    state["environments"] = warm
    try:
        model.run(as_record(settings), state)
    except AssertionError as error:
        raise WorkbenchError(f"the model broke its own order of events: {error}") from error
    outcome = Outcome(design, settings, state[0])
    _check(outcome)
    return outcome


def _check(outcome: Outcome) -> None:
    """Refuse to report what cannot be: not-a-number, items lost, time going backwards."""
    s, items = outcome.state, outcome.settings.items
    times = [float(s[n]) for n in TIMES]
    if not np.isfinite(times).all() or times[2] < times[1] - 1e-9:
        raise WorkbenchError(f"the model broke: created, processed, detected at {times} s")
    if (done := int(s["items_done"])) != items:
        raise WorkbenchError(f"the model broke: {done:,} of {items:,} items were settled")
    counts = [s[n] for n in s.dtype.names if s.dtype[n] == np.int64]
    if min(counts) < 0:
        raise WorkbenchError("the model broke: a counter passed 2**63")
