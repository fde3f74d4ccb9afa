"""How fast is the local target here: wall seconds and memory of whole `workbench run` commands."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from bench.machine import peak_mib

GOALS = {1_000: (5.0, 600), 10_000: (20.0, 600)}  # items: seconds, MiB


@dataclass(frozen=True)
class Timing:
    """One command: its wall seconds and its peak memory in MiB."""

    wall_s: float
    peak_mib: float


def timed(command: list[str]) -> Timing:
    """Run a command and measure it and nothing else."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Timing(time.perf_counter() - started, peak_mib(usage))


def workbench_run(design: str, target: str, items: int, results: str, *settings: str) -> Timing:
    """One `workbench run`, start of Python and writing of the run folder included."""
    command = [sys.executable, "-m", "workbench", "run", "--design", design, "--target", target]
    command += ["--items", str(items), "--results", results]
    return timed([*command, *(part for pair in settings for part in ("--set", pair))])


def main() -> None:
    """Print the local target's speed for both designs."""
    print("local target, whole commands, synth reused")
    with tempfile.TemporaryDirectory() as results:
        for design in ("sqs", "sfn"):
            workbench_run(design, "local", 1, results)  # the synth, if it is not there yet
            for items, (goal_s, goal_mib) in GOALS.items():
                found = workbench_run(design, "local", items, results)
                print(
                    f"  {design} {items:>7,} items  {found.wall_s:6.1f} s (goal {goal_s:.0f})  "
                    f"{found.peak_mib:5.0f} MiB (goal {goal_mib})",
                    flush=True,
                )
