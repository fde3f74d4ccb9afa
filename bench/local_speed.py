"""How fast is the local target here: CPU seconds and memory of whole `workbench run` commands.

Growth is linear if each step to ten times the items adds as much for each thousand as the last.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from bench.machine import peak_mib
from workbench.designs import DESIGNS

GOALS = {1_000: (2.0, 600), 10_000: (4.0, 600), 100_000: (12.0, 600)}  # items: CPU seconds, MiB
MILLION = {1_000: (2.0, 600), 1_000_000: (150.0, 1_536)}


@dataclass(frozen=True)
class Timing:
    """One command: its wall seconds, its CPU seconds and its peak memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def timed(command: list[str]) -> Timing:
    """Run a command and measure it and nothing else."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    cpu_s = usage.ru_utime + usage.ru_stime
    return Timing(time.perf_counter() - started, cpu_s, peak_mib(usage))


def workbench_run(design: str, target: str, items: int, results: str, *settings: str) -> Timing:
    """One `workbench run`, start of Python and writing of the run folder included."""
    command = [sys.executable, "-m", "workbench", "run", "--design", design, "--target", target]
    command += ["--items", str(items), "--results", results]
    return timed([*command, *(part for pair in settings for part in ("--set", pair))])


def main() -> None:
    """Print the local target's speed and growth for every design."""
    print("local target, whole commands, synth reused")
    with tempfile.TemporaryDirectory() as results:
        for design in DESIGNS:
            workbench_run(design, "local", 1, results)  # the synth, if it is not there yet
            print_growth(design, GOALS, results)


def run_million() -> None:
    """The same for a million items of each design, which takes minutes."""
    with tempfile.TemporaryDirectory() as results:
        for design in DESIGNS:
            print_growth(design, MILLION, results)


def print_growth(design: str, goals: dict[int, tuple[float, int]], results: str) -> None:
    """Print one line for each number of items, and what each thousand more has added."""
    before: tuple[int, float] | None = None
    for items, (goal_s, goal_mib) in goals.items():
        found, added = workbench_run(design, "local", items, results), ""
        if before:
            per_thousand_ms = (found.cpu_s - before[1]) / (items - before[0]) * 1e6
            added = f"  +{per_thousand_ms:4.0f} ms for each thousand"
        before = items, found.cpu_s
        print(
            f"  {design:8} {items:>9,} items  {found.cpu_s:6.1f} s of CPU (goal {goal_s:.0f})  "
            f"{found.wall_s:6.1f} s  {found.peak_mib:5.0f} MiB (goal {goal_mib}){added}",
            flush=True,
        )
