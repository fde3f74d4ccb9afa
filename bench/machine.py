"""What differs between Linux and macOS when speed and memory are measured."""

import os
import resource
import sys

UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in the kernel's unit of memory


def peak_mib(usage: resource.struct_rusage) -> float:
    """The peak memory that the kernel tells of a process."""
    return usage.ru_maxrss * UNIT / 2**20


def own_peak_mib() -> float:
    """The peak memory of this process so far."""
    return peak_mib(resource.getrusage(resource.RUSAGE_SELF))


def stay_on_one_core() -> None:
    """Keep this process on one core, where the system lets it; macOS does not."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
