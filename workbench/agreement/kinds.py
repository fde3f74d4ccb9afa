"""One function a kind of published run: the run replayed, read where its authors looked.

Each takes a profile as AWS was then, the run of `published.json` and a seed, and gives a number for
each of the run's quantities.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from statistics import median
from typing import Any

import pandas as pd

from workbench.designs import Sqs
from workbench.engine.kernel import stream
from workbench.platform.profile import Profile
from workbench.runs.batch import Batch
from workbench.targets.model.components import (
    Queue,
    concurrency_at,
    done_at,
    map_s,
    mean_wait_s,
    run_map,
    run_queue,
)
from workbench.targets.model.engine.settings import cpu_of
from workbench.targets.model.target import ModelTarget

REPETITIONS = 30  # of a small run, whose median is taken

Replay = Callable[[Profile, dict[str, Any], int], list[float]]


def queue(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """A queue that is drained through an event source."""
    outcome = run_queue(Queue(**run["settings"]), profile, seed)
    state = outcome.state

    def read(quantity: dict[str, Any]) -> float:
        at_s = quantity.get("at_s")
        found = {
            "drain_s": lambda: state["processed_s"],
            "drain_min": lambda: state["processed_s"] / 60,
            "mean_s": lambda: mean_wait_s(outcome),
            "peak": lambda: state["peak"],
            "invocations": lambda: state["invocations"],
            "concurrency": lambda: concurrency_at(outcome, at_s),
            "cold_per_min": lambda: concurrency_at(outcome, at_s) / at_s * 60,
            "done": lambda: done_at(outcome, at_s),
        }
        return float(found[quantity["read"]]())

    return [read(quantity) for quantity in run["quantities"]]


def distributed_map(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """A distributed map of one task a child."""
    settings = run["settings"]
    outcome = run_map(
        settings["children"],
        settings["work_ms"],
        profile,
        express=settings["express"],
        seed=seed,
    )
    return _as_read(run, map_s(outcome), outcome.usage)


def objects_map(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """A distributed map whose children read S3 objects one after the other, on a whole vCPU.

    Sums of many calls, so each counts with its mean. Children start while the list is read, as in
    the kernel. All reads are of one prefix, whose rate may hold them.
    """
    settings = run["settings"]
    children, objects = settings["children"], settings["objects"]
    cpu_ms = profile.value("cpu_ms_per_call") + settings["cpu_ms_per_object"]
    body_ms = profile.value("s3_ms_per_mb") * settings["mb_per_object"]
    own_ms = settings["objects_per_child"] * (profile.spread("s3_get").mean + body_ms + cpu_ms)
    reads_s = objects / profile.value("s3_gets_per_s")
    at_once = min(children, profile.value("lambda_account_concurrency"))
    memory_mb = settings["memory_mb"]

    def played(work_ms: float) -> Any:
        return run_map(children, work_ms, profile, memory_mb=memory_mb, seed=seed)

    seconds = max(map_s(played(own_ms)), map_s(played(0.0)) + reads_s)
    billed = played(max(own_ms, reads_s * 1_000 * at_once / children))
    reads = {"usage_type": "Requests-Tier2", "label": "work", "quantity": objects}
    return _as_read(run, seconds, pd.concat([billed.usage, pd.DataFrame([reads])]))


def inline_map(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """Tasks of an inline map, all at once: from the end of the state before to the last's end."""
    settings, dice = run["settings"], stream(seed, f"agreement/{run['id']}")
    names = ("sfn_state_gap", "sfn_pass_gap", "lambda_placing", "lambda_init")
    gap, entry, placing, init = (profile.spread(name) for name in names)

    def once() -> float:
        waits_ms = entry.draw(dice) + gap.draw(dice)  # one gap for all, as in the kernel
        if settings["cold"]:
            waits_ms += max(placing.draw(dice) + init.draw(dice) for _ in range(settings["tasks"]))
        return waits_ms / 1_000 + settings["work_s"]

    return _as_read(run, median(once() for _ in range(REPETITIONS)))


def burst(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """Calls that a client issues over a while; each takes a free environment, else a cold one.

    The client may be some milliseconds away, each way, and environments be warm from a run before.
    """
    settings, dice = run["settings"], stream(seed, f"agreement/{run['id']}")
    names = ("lambda_invoke", "lambda_placing", "lambda_init")
    invoke, placing, init = (profile.spread(name) for name in names)
    away_ms, work_s = settings.get("away_ms", 0), settings["work_s"]
    cold_work_s = settings.get("cold_work_s", work_s)
    free, ends = [0.0] * settings.get("warm", 0), []
    warm_ms, cold_ms = [], []
    for call in range(settings["calls"]):
        at_s = settings["issue_s"] * call / settings["calls"]
        wait_ms = away_ms + invoke.draw(dice)
        if free and free[0] <= at_s + wait_ms / 1_000:
            heappop(free)
            warm_ms.append(wait_ms)
            ends.append(at_s + wait_ms / 1_000 + work_s)
        else:
            cold_ms.append(wait_ms + placing.draw(dice) + init.draw(dice))
            ends.append(at_s + cold_ms[-1] / 1_000 + cold_work_s)
        heappush(free, ends[-1])
    found = {
        "median_ms": lambda: median(warm_ms + cold_ms),
        "cold_ms": lambda: median(cold_ms),
        "seconds": lambda: max(ends) + away_ms / 1_000,
        "instances": lambda: len(free),
    }
    return [float(found[quantity["read"]]()) for quantity in run["quantities"]]


def cpu(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:  # noqa: ARG001
    """Work of so many milliseconds on a whole vCPU, at other memories."""
    whole_mb = profile.value("lambda_vcpu_mb")
    vcpu_ms = run["settings"]["vcpu_ms"]
    return [vcpu_ms * max(1.0, whole_mb / q["at_mb"]) for q in run["quantities"]]


def handler(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:  # noqa: ARG001
    """The CPU time of an invocation that does nothing."""
    return [cpu_of(profile, q["at_mb"]).invocation_s * 1_000 for q in run["quantities"]]


def table(profile: Profile, run: dict[str, Any], seed: int) -> list[float]:
    """Writes a second of a new table while a batch's records are created and few are removed."""
    design = Sqs(max_concurrency=2)
    batch = Batch(run["settings"]["items"], seed, "agreement")
    state = ModelTarget(profile).outcome(design, batch).state
    return [float(batch.items / state["created_s"]) for _ in run["quantities"]]


def _as_read(run: dict[str, Any], seconds: float, usage: pd.DataFrame | None = None) -> list[float]:
    """A time in the units that were published, and the dollars of what was used."""
    found = {
        "seconds": lambda: seconds,
        "minutes": lambda: seconds / 60,
        "usd": lambda: _usd(run["prices"], usage),
    }
    return [found[quantity["read"]]() for quantity in run["quantities"]]


def _usd(prices: dict[str, float], usage: pd.DataFrame) -> float:
    """What the children used, at the run's own prices by usage type; the rest is not priced."""
    own = usage[usage["label"].isin(("work", "dispatch"))]
    return sum(float(own[own["usage_type"] == k]["quantity"].sum()) * p for k, p in prices.items())


REPLAYS: dict[str, Replay] = {
    "queue": queue,
    "map": distributed_map,
    "objects_map": objects_map,
    "inline_map": inline_map,
    "burst": burst,
    "cpu": cpu,
    "handler": handler,
    "table": table,
}
