"""How fast is the model here, on one core: 100 million items, and a fresh process.

A figure is held against its goal by CPU seconds: on a machine that does other work, the clock on
the wall measures that. Both are printed.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from bench.machine import own_peak_mib, stay_on_one_core

REPEATS = 3
MIB_MAX = 400
ONE_EACH = {
    "sqs": {"items_per_message": 1, "messages_per_invocation": 1},
    "sfn": {"items_per_child": 1},
}
CASES = (  # items, knobs, goal in seconds
    ("default knobs", 100_000_000, {"sqs": {}, "sfn": {}}, 1.0),
    ("one item an invocation", 100_000_000, ONE_EACH, 12.0),
)
FRESH_ITEMS, FRESH_GOAL_S = 1_000_000, 1.5


def main() -> None:
    """Print the model's speed for both designs."""
    print(f"model target, one core, median of {REPEATS}")
    for title, items, knobs, goal_s in CASES:
        for design in ("sqs", "sfn"):
            _print(f"{design} {items:,} items, {title}", fresh(design, items, knobs[design]),
                   "kernel", goal_s)  # fmt: skip
    for design in ("sqs", "sfn"):
        found = fresh(design, FRESH_ITEMS, {})
        _print(f"{design} {FRESH_ITEMS:,} items, fresh process", found, "process", FRESH_GOAL_S)


def fresh(design: str, items: int, knobs: dict[str, int]) -> list[dict[str, float]]:
    """The case in fresh processes, after one that fills the cache of compiled code."""
    command = [sys.executable, "-m", "bench.model_speed", design, str(items), json.dumps(knobs)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([*command[:-2], "1000", command[-1]], check=True, capture_output=True)
    found = []
    for _ in range(REPEATS):
        started, began = time.perf_counter(), _children_cpu_s()
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        whole = {
            "process_s": time.perf_counter() - started,
            "process_cpu_s": _children_cpu_s() - began,
        }
        found.append(json.loads(done.stdout) | whole)
    return found


def one(design: str, items: int, knobs: dict[str, Any]) -> None:
    """One case in this process, its figures as a JSON line; first call of the kernel included."""
    stay_on_one_core()
    from workbench.designs import make_design
    from workbench.runs.batch import Batch
    from workbench.targets.model.target import ModelTarget

    made = make_design(design, settings=knobs)
    target, batch = ModelTarget(), Batch(items, 7, "bench")
    target.outcome(made, Batch(1, 7, "bench"))  # loads the compiled code
    started, began = time.perf_counter(), time.process_time()
    target.run(made, batch, lambda _: None)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - began
    peak_mib = own_peak_mib()
    print(json.dumps({"kernel_s": wall_s, "kernel_cpu_s": cpu_s, "peak_mib": peak_mib}))


def _children_cpu_s() -> float:
    """CPU seconds of the processes that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print(title: str, found: list[dict[str, float]], name: str, goal_s: float) -> None:
    """One line: the median, its goal, and the memory."""
    cpu_s, wall_s, mib = (
        statistics.median(run[key] for run in found)
        for key in (f"{name}_cpu_s", f"{name}_s", "peak_mib")
    )
    verdict = "" if cpu_s <= goal_s and mib <= MIB_MAX else "  MISSED"
    print(
        f"  {title:52s} {cpu_s:6.2f} s of CPU (goal {goal_s:g}), {wall_s:6.2f} s on the wall  "
        f"{mib:4.0f} MiB (goal {MIB_MAX}){verdict}",
        flush=True,
    )


if __name__ == "__main__":
    one(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
