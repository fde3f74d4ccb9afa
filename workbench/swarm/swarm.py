"""The fault swarm: many seeds, each with a design, batches and faults of its own, all checked.

`workbench swarm` prints the seed of every failure; `fault_run(seed, design)` runs that one again,
event for event.
"""

import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from traceback import extract_tb

from workbench.border import whole_number
from workbench.designs import DESIGNS
from workbench.swarm.cases import FaultCase, draw_case
from workbench.swarm.checks import violations
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.harness import FaultHarness

CHUNK = 100  # seeds that a process takes at a time


@dataclass(frozen=True)
class Failure:
    """A seed under which a promise was broken: by check, what was found."""

    seed: int
    design: str
    found: dict[str, list[str]]

    def __str__(self) -> str:
        lines = [f"seed {self.seed} of {self.design}: {', '.join(self.found)}"]
        for name, some in self.found.items():
            lines += [f"  {name}: {one}" for one in some[:3]]
            lines += [f"  {name}: and {len(some) - 3} more"] if len(some) > 3 else []
        again = f"workbench run --design {self.design} --fault-seed {self.seed}"
        return "\n".join([*lines, f"  again: {again}"])


def swarm(
    runs: int,
    first_seed: int = 0,
    designs: Iterable[str] = tuple(DESIGNS),
    processes: int = 2,
) -> list[Failure]:
    """Run so many seeds of each design; every failure is printed as it is found, and given back."""
    runs, processes = whole_number("runs", runs, 1), whole_number("processes", processes, 1)
    first_seed = whole_number("first_seed", first_seed, 0)
    chunks = [
        (design, range(at, min(at + CHUNK, first_seed + runs)))
        for design in designs
        for at in range(first_seed, first_seed + runs, CHUNK)
    ]
    failures: list[Failure] = []
    for (design, seeds), found in zip(chunks, _all(chunks, processes), strict=True):
        for failure in found:
            print(failure, file=sys.stderr, flush=True)
        failures += found
        line = f"{design}: seeds up to {seeds[-1]}, {len(failures)} failures"
        print(line, file=sys.stderr, flush=True)
    return failures


def fault_run(seed: int, design: str) -> tuple[FaultCase, FaultRecord, dict[str, list[str]]]:
    """Run one seed: what it means, what was seen, and what the checks found."""
    case = draw_case(seed, design)
    with FaultHarness(design) as harness:
        seen = harness.run(case)
        return case, seen, violations(seen)


def _all(chunks: list[tuple[str, range]], processes: int) -> Iterator[list[Failure]]:
    """The failures of each chunk, from processes of their own: moto's state is a process's."""
    if processes <= 1:
        yield from map(_run_chunk, chunks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(_run_chunk, chunks)


def _run_chunk(chunk: tuple[str, range]) -> list[Failure]:
    """The failures of some seeds of one design."""
    design, seeds = chunk
    failures = []
    with FaultHarness(design) as harness:
        for seed in seeds:
            found = _checked(harness, seed, design)
            if found:
                failures.append(Failure(seed, design, found))
    return failures


def _checked(harness: FaultHarness, seed: int, design: str) -> dict[str, list[str]]:
    """What the checks find; a run that breaks is a finding too."""
    try:
        return violations(harness.run(draw_case(seed, design)))
    except Exception as error:
        return {"run": [f"{error!r} at {extract_tb(error.__traceback__)[-1]}"]}
