"""How a command, or a case in a process of its own, is timed; where Linux and macOS differ."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

REPEATS = 3
UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in the kernel's unit of memory
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


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


def fresh(module: str, *arguments: str) -> dict[str, float]:
    """The JSON line that a module prints in a process of its own, on one thread.

    Beside it the seconds of the whole process, by the wall and of CPU.
    """
    command = [sys.executable, "-m", module, *arguments]
    started, began = time.perf_counter(), _children_cpu_s()
    done = subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", env=os.environ | ONE_THREAD
    )
    took = {"process_s": time.perf_counter() - started, "process_cpu_s": _children_cpu_s() - began}
    return json.loads(done.stdout.splitlines()[-1]) | took


def print_figures(**figures: Any) -> None:
    """The JSON line of a case in a process of its own, with its peak memory so far."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(figures | {"peak_mib": peak_mib(own)}))


def peak_mib(usage: resource.struct_rusage) -> float:
    """The peak memory that the kernel counts of a process."""
    return usage.ru_maxrss * UNIT / 2**20


def stay_on_one_core() -> None:
    """Keep this process on one core, where the system lets it; macOS does not."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _children_cpu_s() -> float:
    """CPU seconds of the processes that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
