"""One kernel run: settings in, state out, and what a run folder or an estimate takes from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.designs import Design
from workbench.errors import WorkbenchError
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.targets.model.engine.draws import latency_table
from workbench.targets.model.engine.limits import binding_limit, held_s
from workbench.targets.model.engine.timeline import timeline_frame
from workbench.targets.model.models import MODELS
from workbench.targets.model.sfn.settings import SfnSettings
from workbench.targets.model.sqs.settings import SqsSettings, as_record


@dataclass(frozen=True)
class Outcome:
    """What one run of a kernel has left behind."""

    design: Design
    settings: SqsSettings | SfnSettings
    state: np.void

    @property
    def binding_limit(self) -> str:
        """The limit that held the batch longest, or the one that broke it."""
        if self.late:
            return MODELS[self.design.name].late_limit
        return binding_limit(self.state["limit_s"])

    @property
    def held_s(self) -> dict[str, float]:
        """Seconds by the limit that held the batch, longest first."""
        return held_s(self.state["limit_s"])

    @property
    def late(self) -> int:
        """Invocations or children that passed the time AWS gives them."""
        return int(self.state["late"])

    def usage(self) -> pd.DataFrame:
        """The usage table."""
        return MODELS[self.design.name].usage(self.design, self.settings, self.state)

    def timeline(self) -> pd.DataFrame:
        """The timeline table."""
        s = self.state
        done, kept = int(s["left"]), int(s["samples_kept"])
        return timeline_frame(s["samples"], kept, float(s["detected_s"]), done)

    def run_fields(self) -> dict[str, Any]:
        """Times and counts, by the names that `records.Run` has."""
        s = self.state
        times = {n: float(s[n]) for n in ("created_s", "processed_s", "detected_s")}
        return times | {
            "items_processed": int(self.settings.items - s["failed"]),
            "items_failed": int(s["failed"]),
            "invocations": int(s["invocations"]),
            "cold_starts": int(s["cold_starts"]),
            "peak_concurrency": int(s["peak"]),
        }


def simulate(design: Design, batch: Batch, profile: Profile, stream_seed: int) -> Outcome:
    """One batch, from its trigger to its notification; `stream_seed` draws the latencies."""
    design.refuse_items(batch.items)
    settings = MODELS[design.name].settings(design, batch, profile, stream_seed)
    return play(design, settings, profile)


def play(design: Design, settings: SqsSettings | SfnSettings, profile: Profile) -> Outcome:
    """Run the kernel of a design on settings; a broken event order is an error of ours."""
    table = latency_table(profile)
    model = MODELS[design.name]
    state = model.state(table)
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
    times = [float(s[n]) for n in ("created_s", "processed_s", "detected_s")]
    if not np.isfinite(times).all() or times[2] < times[1] - 1e-9:
        raise WorkbenchError(f"the model broke: created, processed, detected at {times} s")
    if int(s["left"]) != items:
        raise WorkbenchError(f"the model broke: {int(s['left']):,} of {items:,} items were settled")
    counts = [s[n] for n in s.dtype.names if s.dtype[n] == np.int64]
    if min(counts) < 0:
        raise WorkbenchError("the model broke: a counter passed 2**63")
