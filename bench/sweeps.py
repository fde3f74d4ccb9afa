"""What does a run of the model cost in a sweep, beside one by itself, and a study of 100,000?

The ratio is of CPU seconds of one process, measured in turns, so that other work on the machine
weighs on both alike.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.processes import REPEATS
from workbench.designs import COMPARED
from workbench.runs.runner import make_target, run_request
from workbench.sweep.jobs import Job, plan_jobs
from workbench.sweep.packing import pack_jobs
from workbench.sweep.study import Grid, Study

SIZES = (100, 1_000, 3_000, 10_000, 30_000)
ALONE, TOGETHER = 20, 400  # runs of a turn
RATIO_GOAL = 8.0
RUNS, TABLE_GOAL_S, MINUTES_GOAL = 100_000, 3.0, 10.0


def main() -> None:
    """Print the CPU time of a run in a sweep, of one by itself, and how many times that is."""
    jobs = _jobs(TOGETHER)
    pack_jobs(jobs, make_target)  # loads the compiled code
    with tempfile.TemporaryDirectory() as results:
        turns = [_turn(jobs, Path(results) / str(turn)) for turn in range(REPEATS)]
    together_ms, alone_ms = (1e3 * statistics.median(own) for own in zip(*turns, strict=True))
    ratio = statistics.median(alone / together for together, alone in turns)
    print(f"runs of the model, {min(SIZES):,} to {max(SIZES):,} items, one core, CPU milliseconds")
    print(
        f"  in a sweep {together_ms:.2f}   by itself {alone_ms:.2f}   "
        f"ratio {ratio:.1f} (goal {RATIO_GOAL:g}){'' if ratio >= RATIO_GOAL else '  MISSED'}"
    )


def hundred_thousand() -> None:
    """Sweep a study of 100,000 runs on all cores, go on with it, and load its table."""
    from workbench.sweep.sweeping import sweep

    study = _study(RUNS)
    with tempfile.TemporaryDirectory() as results:
        began = time.perf_counter()
        done = sweep(study, Path(results))
        swept_min = (time.perf_counter() - began) / 60
        began = time.perf_counter()
        found = sweep(study, Path(results)).found
        again_s = time.perf_counter() - began
        table_s, rows = _load(done.table)
        files = [path for path in Path(results).rglob("*") if path.is_file()]
        mib = sum(path.stat().st_size for path in files) / 2**20
    print(f"a study of {done.ran:,} runs of the model, {os.cpu_count()} cores")
    took = f"{swept_min:.1f} min (goal {MINUTES_GOAL:g})"
    print(f"  swept in {took}, {len(files)} files, {mib:,.0f} MiB")
    print(f"  swept again in {again_s:.1f} s, {found:,} were there")
    print(f"  its table of {rows:,} rows is loaded in {table_s:.2f} s (goal {TABLE_GOAL_S:g})")


def _turn(jobs: list[Job], results: Path) -> tuple[float, float]:
    """CPU seconds of a run in a part, and of one by itself with its folder."""
    began = time.process_time()
    pack_jobs(jobs, make_target)
    together_s = (time.process_time() - began) / len(jobs)
    few = jobs[:: len(jobs) // ALONE]
    target = make_target("model")
    began = time.process_time()
    for job in few:
        run_request(job.request, results, lambda _: None, job.run_id, target)
    return together_s, (time.process_time() - began) / len(few)


def _load(table: Path) -> tuple[float, int]:
    """Seconds to load a study's table, by the wall, and its rows."""
    import pandas as pd

    began = time.perf_counter()
    rows = len(pd.read_parquet(table))
    return time.perf_counter() - began, rows


def _jobs(runs: int) -> list[Job]:
    return plan_jobs(_study(runs))[0]


def _study(runs: int) -> Study:
    """Every design at every size, as many seeds and times per item as make so many runs."""
    values = tuple(range(50, 1_050, 50)) if runs > TOGETHER else (1_000,)
    seeds = tuple(range(1, 1 + runs // (len(COMPARED) * len(SIZES) * len(values))))
    grid = Grid(COMPARED, ("model",), SIZES, seeds, knobs={"value_max": values})
    return Study("hundred_thousand", "", "us-east-1", None, (grid,), ())
