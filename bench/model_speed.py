"""How fast is the model here, on one core: 100 million items, and a fresh process.

A figure is held against its goal by CPU seconds: on a machine that does other work, the clock on
the wall measures that. Both are printed.
"""

import json
import statistics
import sys
import time
from typing import Any

from bench.processes import REPEATS, fresh, print_figures, stay_on_one_core

MIB_MAX = 400
ONE_EACH = {
    "sqs": {"items_per_message": 1, "messages_per_invocation": 1},
    "sfn": {"items_per_child": 1},
}
DEFAULT: dict[str, dict[str, int]] = {"sqs": {}, "sfn": {}}
CASES = (  # what is timed, items, knobs, which of its times, goal in seconds
    ("default knobs", 100_000_000, DEFAULT, "kernel", 1.0),
    ("one item an invocation", 100_000_000, ONE_EACH, "kernel", 12.0),
    ("fresh process", 1_000_000, DEFAULT, "process", 1.5),
)


def main() -> None:
    """Print the model's speed, each case after one that fills the cache of compiled code."""
    print(f"model target, one core, median of {REPEATS}")
    for title, items, knobs_by_design, name, goal_s in CASES:
        for design, knobs in knobs_by_design.items():
            case = (design, json.dumps(knobs))
            fresh("bench.model_speed", *case, "1000")
            runs = [fresh("bench.model_speed", *case, str(items)) for _ in range(REPEATS)]
            cpu_s, wall_s, mib = (
                statistics.median(run[key] for run in runs)
                for key in (f"{name}_cpu_s", f"{name}_s", "peak_mib")
            )
            print(
                f"  {f'{design} {items:,} items, {title}':52s} {cpu_s:6.2f} s of CPU "
                f"(goal {goal_s:g}), {wall_s:6.2f} s on the wall  {mib:4.0f} MiB (goal {MIB_MAX})"
                + ("" if cpu_s <= goal_s and mib <= MIB_MAX else "  MISSED"),
                flush=True,
            )


def one(design: str, knobs: dict[str, Any], items: int) -> None:
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
    print_figures(kernel_s=time.perf_counter() - started, kernel_cpu_s=time.process_time() - began)


if __name__ == "__main__":
    one(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
