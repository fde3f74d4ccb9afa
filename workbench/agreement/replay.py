"""The model against the world: what others have measured on AWS, replayed, with the error.

`published.json` has each run with its source, the settings of its era and what was measured; a
function a kind of run replays it under these settings and reads it where its authors looked.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from math import ceil
from statistics import median
from typing import Any

import pandas as pd

from workbench.designs import Sqs
from workbench.engine.kernel import stream
from workbench.errors import BadRecord
from workbench.platform.profile import Profile, load_profile
from workbench.platform.services import KEYS_PER_LIST
from workbench.runs.batch import Batch
from workbench.targets.model.components import (
    Queue,
    concurrency_at,
    done_at,
    mean_wait_s,
    run_map,
    run_queue,
)
from workbench.targets.model.engine.settings import cpu_of
from workbench.targets.model.target import ModelTarget

COLUMNS = (
    "id quantity unit measured modelled error_percent goal_percent within_goal sure era source note"
).split()
SEED = 7
REPETITIONS = 30  # of a small run, whose median is taken

Replay = Callable[[Profile, dict[str, Any]], list[float]]


def queue(profile: Profile, run: dict[str, Any]) -> list[float]:
    """A queue that is drained through an event source."""
    outcome = run_queue(Queue(**run["settings"]), profile, SEED)
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


def distributed_map(profile: Profile, run: dict[str, Any]) -> list[float]:
    """A distributed map of one task a child."""
    return _as_read(run, run_map(profile=profile, seed=SEED, **run["settings"]))


def objects_map(profile: Profile, run: dict[str, Any]) -> list[float]:
    """A distributed map whose children read S3 objects one after the other, on a whole vCPU.

    Sums of many calls, so each counts with its mean.
    """
    settings = run["settings"]
    cpu_ms = profile.value("cpu_ms_per_call") + settings.get("cpu_ms_per_object", 0.0)
    body_ms = profile.value("s3_ms_per_mb") * settings["mb_per_object"]
    each_ms = profile.spread("s3_get").mean + body_ms + cpu_ms
    listing_s = ceil(settings["objects"] / KEYS_PER_LIST) * profile.spread("s3_list").mean / 1_000
    work_ms = settings["objects_per_child"] * each_ms
    return _as_read(run, listing_s + run_map(settings["children"], work_ms, profile, seed=SEED))


def inline_map(profile: Profile, run: dict[str, Any]) -> list[float]:
    """Tasks of an inline map, all at once: from the end of the state before to the last's end."""
    settings, dice = run["settings"], stream(SEED, f"agreement/{run['id']}")
    gap, entry, init = (profile.spread(n) for n in ("sfn_state_gap", "sfn_pass_gap", "lambda_init"))

    def once() -> float:
        starts = [
            gap.draw(dice) + settings["cold"] * init.draw(dice) for _ in range(settings["tasks"])
        ]
        return (entry.draw(dice) + max(starts)) / 1_000 + settings["work_s"]

    return _as_read(run, median(once() for _ in range(REPETITIONS)))


def burst(profile: Profile, run: dict[str, Any]) -> list[float]:
    """Calls issued over a while, each to an environment of its own, all cold."""
    settings, dice = run["settings"], stream(SEED, f"agreement/{run['id']}")
    invoke, init = profile.spread("lambda_invoke"), profile.spread("lambda_init")
    calls = settings["calls"]
    waits_ms = [invoke.draw(dice) + init.draw(dice) for _ in range(calls)]
    ends = [settings["issue_s"] * i / calls + wait / 1_000 for i, wait in enumerate(waits_ms)]
    found = {
        "median_ms": median(waits_ms),
        "seconds": max(ends) + settings["work_s"],
        "instances": min(calls, profile.value("lambda_account_concurrency")),
    }
    return [found[quantity["read"]] for quantity in run["quantities"]]


def cpu(profile: Profile, run: dict[str, Any]) -> list[float]:
    """Work of so many milliseconds on a whole vCPU, at other memories."""
    whole_mb = profile.value("lambda_vcpu_mb")
    vcpu_ms = run["settings"]["vcpu_ms"]
    return [vcpu_ms * max(1.0, whole_mb / q["at_mb"]) for q in run["quantities"]]


def handler(profile: Profile, run: dict[str, Any]) -> list[float]:
    """The CPU time of an invocation that does nothing."""
    return [cpu_of(profile, q["at_mb"]).invocation_s * 1_000 for q in run["quantities"]]


def table(profile: Profile, run: dict[str, Any]) -> list[float]:
    """Writes a second of a new table while a batch's records are created and few are removed."""
    design = Sqs(max_concurrency=2)
    batch = Batch(run["settings"]["items"], SEED, "agreement")
    state = ModelTarget(profile).outcome(design, batch).state
    return [float(batch.items / state["created_s"]) for _ in run["quantities"]]


def _as_read(run: dict[str, Any], seconds: float) -> list[float]:
    """A time in the units that were published."""
    return [seconds / {"seconds": 1, "minutes": 60}[q["read"]] for q in run["quantities"]]


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


def agreement(
    profile: Profile | None = None, content: dict[str, Any] | None = None
) -> pd.DataFrame:
    """One row a published quantity; `content` replays other runs, of the same form as ours."""
    profile, content = profile or load_profile(), content or published()
    rows = []
    for run in content["runs"]:
        if run["era"] not in content["eras"] or run["replay"] not in REPLAYS:
            raise BadRecord(f"published run {run['id']}: no era {run['era']!r} or no such replay")
        replayed = REPLAYS[run["replay"]](of_era(profile, content["eras"][run["era"]]), run)
        rows += [_row(run, *pair) for pair in zip(run["quantities"], replayed, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def published() -> dict[str, Any]:
    """The runs that others have published."""
    return json.loads((files("workbench.agreement") / "published.json").read_text(encoding="utf-8"))


def of_era(profile: Profile, overrides: dict[str, dict[str, float]]) -> Profile:
    """The profile as AWS was then; a range that no longer fits is left out."""
    entries = dict(profile.entries)
    for name, values in overrides.items():
        kept = {k: v for k, v in entries[name].items() if k not in ("low", "high")}
        entries[name] = kept | values
    return replace(profile, entries=entries)


def as_markdown(table: pd.DataFrame) -> str:
    """The table for a page: one line a quantity, goals beside the errors, then the notes."""
    lines = ["| id | quantity | measured | modelled | error | goal |", "|---|---|---|---|---|---|"]
    for row in table.itertuples():
        goal = "" if pd.isna(row.goal_percent) else f"{row.goal_percent:g} %"
        numbers = (
            f"{row.measured:,.4g} {row.unit} | {row.modelled:,.4g} | {row.error_percent:+.1f} %"
        )
        lines.append(f"| {row.id} | {row.quantity} | {numbers} | {goal} |")
    notes = table[["id", "note"]].drop_duplicates()
    lines += ["", *(f"- {run}: {note}" for run, note in notes.itertuples(index=False) if note)]
    return "\n".join(lines) + "\n"


def _row(run: dict[str, Any], quantity: dict[str, Any], modelled: float) -> dict[str, Any]:
    """One quantity."""
    error = (modelled - quantity["measured"]) / quantity["measured"] * 100
    goal = quantity.get("goal_percent")
    return {
        **{name: run[name] for name in ("id", "era", "source", "note")},
        **{name: quantity[name] for name in ("quantity", "unit", "sure")},
        "measured": float(quantity["measured"]),
        "modelled": float(modelled),
        "error_percent": error,
        "goal_percent": goal,
        "within_goal": None if goal is None else abs(error) <= goal,
    }
