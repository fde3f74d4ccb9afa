"""What a run folder says about the constants: times, durations, cold starts, concurrency by minute.

The same is read of a real run and of the model's; what only the real one has is compared where the
model has it too.
"""

from itertools import chain

import numpy as np
import pandas as pd

from workbench.agreement.evidence import MINUTE_S, Reports
from workbench.designs import DESIGNS
from workbench.platform.services import LAMBDA, STEP_FUNCTIONS
from workbench.platform.units import EXPRESS_STEP_MB, KB
from workbench.runs.batch import draw
from workbench.runs.records import RunData
from workbench.workload.durations import item_ms_of

SHARES = (0.1, 0.25, 0.5, 0.75)  # of the items
MINUTES_MAX = 10  # of the concurrency that CloudWatch keeps
ITEMS_AT_ONCE = 1_000_000
SUMMARY_MB = 256  # of the functions that notify
# How near is near enough, by the unit that a quantity's name ends in; and this share of it besides.
TOLERANCE = {"s": 0.05, "ms": 0.5, "starts": 3.0, "invocations": 3.0}
TOLERANCE_SHARE = 0.01
INIT = "init, ms"

Seen = dict[str, float]


def observe(
    folder: RunData, slept_ms: float, reports: Reports | None = None, second: float = 0.0
) -> Seen:
    """The quantities of one run, by name; a name ends in its unit.

    With REPORT lines the init times are apart. The run began at that second of a minute.
    """
    run, each = folder.run, max(folder.run.invocations, 1)
    worked_ms = processor_ms(folder)
    created = {} if run.created_s is None else {"created, s": run.created_s}
    seen = created | {
        "processed, s": run.processed_s,
        **_invocation(reports, slept_ms, worked_ms, each),
        "batcher, s": _billed_ms(folder, LAMBDA, "dispatch", run.knobs["batcher_memory_mb"]) / 1e3,
        "cold, starts": run.cold_starts,
    }
    if "poll_s" not in run.knobs:  # else it hangs on when they are
        seen["detection lag, s"] = run.detected_s - run.processed_s
    if DESIGNS[run.design].parts.machine:
        seen["summary, s"] = _billed_ms(folder, LAMBDA, "knowing", SUMMARY_MB) / 1e3
    if run.knobs.get("child_type") == "EXPRESS":
        express_ms = _billed_ms(folder, STEP_FUNCTIONS, "dispatch", EXPRESS_STEP_MB)
        seen["child beyond its invocation, ms"] = (express_ms - worked_ms) / each
    # The model counts items as an invocation ends, others as each is done: comparable one by one.
    done = _done(folder.timeline, run.items) if run.invocations >= run.items else []
    found = chain(seen.items(), done, _by_minute(folder.timeline, second))
    return {name: float(value) for name, value in found}


def processor_ms(folder: RunData) -> float:
    """The billed milliseconds of a run's processor."""
    return _billed_ms(folder, LAMBDA, "work", folder.run.knobs["memory_mb"])


def slept_ms(folder: RunData) -> float:
    """What the items of a run have slept; at once if a processor works several at a time."""
    run, knobs = folder.run, folder.run.knobs
    total, item_ms = 0, item_ms_of(knobs)
    for start in range(0, run.items, ITEMS_AT_ONCE):
        stop = min(start + ITEMS_AT_ONCE, run.items)
        values = draw(run.seed, start, stop, item_ms, knobs["poison_per_million"])[1]
        total += int(values[values > 0].sum())
    return total / knobs["item_concurrency"]


def tolerance(name: str, value: float) -> float:
    """How far a quantity may be off for reasons that no constant knows."""
    return TOLERANCE[name.rsplit(" ", 1)[-1]] + TOLERANCE_SHARE * abs(value)


def _invocation(
    reports: Reports | None, slept_ms: float, worked_ms: float, each: int
) -> dict[str, float]:
    """What an invocation took beside its items' sleep, without its init where that is known."""
    if reports is None:
        return {"invocation beyond sleep, ms": (worked_ms - slept_ms) / each}
    own_ms = reports.billed_ms - reports.init_ms - slept_ms
    found = {"invocation beyond sleep and init, ms": own_ms / reports.invocations}
    return found if reports.init_p50_ms is None else found | {INIT: reports.init_p50_ms}


def _billed_ms(folder: RunData, service: str, label: str, memory_mb: int) -> float:
    """Milliseconds behind the GB-seconds of a function or of Express children."""
    usage = folder.usage
    rows = usage[(usage["service"] == service) & (usage["label"] == label)]
    gb_seconds = sum(rows[rows["usage_type"].str.contains("GB-Second")]["quantity"])
    return float(gb_seconds) * 1_000 * KB / memory_mb


def _done(timeline: pd.DataFrame, items: int) -> list[tuple[str, float]]:
    """When shares of the items were done."""
    rows = timeline[timeline["metric"] == "items_done"].sort_values("t_s")
    done, first = np.unique(rows["value"].to_numpy(float), return_index=True)
    if len(done) < len(SHARES):
        return []
    times = rows["t_s"].to_numpy(float)[first]
    return [(f"{s:.0%} done, s", np.interp(s * items, done, times)) for s in SHARES]


def _by_minute(timeline: pd.DataFrame, second: float) -> list[tuple[str, float]]:
    """The most that ran in each minute of CloudWatch's; the last one is not over, and left out."""
    rows = timeline[timeline["metric"] == "concurrency"]
    minute = ((rows["t_s"] + second).round(3) // MINUTE_S).astype(int)
    most = rows.groupby(minute)["value"].max()
    minutes = range(min(minute.max() if len(rows) else 0, MINUTES_MAX))
    return [(f"minute {m}, invocations", most.get(m, 0.0)) for m in minutes]
