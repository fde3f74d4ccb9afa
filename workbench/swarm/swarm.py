"""The fault swarm: many seeds, each with a design, batches and faults of its own, all checked.

`workbench swarm` prints the seed of every failure; `fault_run(seed, design)` runs that one again,
event for event.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from traceback import extract_tb
from typing import NamedTuple

from workbench.border import whole_number
from workbench.designs import DESIGNS
from workbench.engine.parallel import in_order
from workbench.swarm.cases import FaultCase, draw_case
from workbench.swarm.checks import violations
from workbench.swarm.fault_record import FaultRecord
from workbench.swarm.harness import FaultHarness
from workbench.swarm.probes import probing
from workbench.swarm.protocols import PROTOCOLS
from workbench.swarm.rules.guards import Elsewhere, reached

RARE = 5  # of 200 seeds: a rule that fewer reach has a scenario of its own
CHUNK = 100  # seeds that a process takes at a time
PROCESSES = 2

Judged = tuple[list["Failure"], Counter[str]]  # the failures, and in how many seeds each rule


class Chunk(NamedTuple):
    """Some seeds of one design, for one process; with probes in the handlers, if asked."""

    design: str
    seeds: range
    coverage: bool


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
    processes: int | None = None,
    coverage: bool = False,
    cluster: str = "",
) -> list[Failure]:
    """Run so many seeds of each design; every failure is printed as it is found, and given back.

    On two processes if not told otherwise, or a cluster. With `coverage` a table is printed too: in
    how many seeds each rule decided something.
    """
    runs = whole_number("runs", runs, 1)
    if processes is not None:
        processes = whole_number("processes", processes, 1)
    elif not cluster:
        processes = PROCESSES
    first_seed = whole_number("first_seed", first_seed, 0)
    chunks = [
        Chunk(design, range(at, min(at + CHUNK, first_seed + runs)), coverage)
        for design in designs
        for at in range(first_seed, first_seed + runs, CHUNK)
    ]
    failures: list[Failure] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    judged = in_order(_run_chunk, [(chunk,) for chunk in chunks], processes, cluster)
    for chunk, (found, rules) in zip(chunks, judged, strict=True):
        for failure in found:
            print(failure, file=sys.stderr, flush=True)
        failures += found
        counts[chunk.design] += rules
        line = f"{chunk.design}: seeds up to {chunk.seeds[-1]}, {len(failures)} failures"
        print(line, file=sys.stderr, flush=True)
    for design in designs if coverage else ():
        print(*table(design, counts[design], runs), sep="\n")
    return failures


def fault_run(seed: int, design: str) -> tuple[FaultCase, FaultRecord, dict[str, list[str]]]:
    """Run one seed: what it means, what was seen, and what the checks found."""
    case = draw_case(seed, design)
    with FaultHarness(design) as harness:
        seen = harness.run(case)
        return case, seen, violations(seen)


def table(design: str, counts: Counter[str], seeds: int) -> Iterator[str]:
    """The lines of a design: in how many seeds each rule decided something; rare ones marked."""
    yield f"{design}: in how many of {seeds} seeds each rule decided something"
    for rule, guards in PROTOCOLS[design].rules.items():
        if isinstance(guards, Elsewhere):
            yield f"     -  {rule} (held by {guards.held_by})"
        else:
            rare = " (rare)" if counts[rule] * 200 < RARE * seeds else ""
            yield f"  {counts[rule]:>4}  {rule}{rare}"


def _run_chunk(chunk: Chunk) -> Judged:
    """The failures of some seeds of one design, and how many of them reached each rule."""
    design, failures, counts = chunk.design, [], Counter[str]()
    with ExitStack() as stack:
        taken = stack.enter_context(probing()) if chunk.coverage else set()
        harness = stack.enter_context(FaultHarness(design))
        for seed in chunk.seeds:
            taken.clear()
            try:
                seen = harness.run(draw_case(seed, design))
                found = violations(seen)
                if chunk.coverage:
                    counts.update(reached(PROTOCOLS[design].rules, seen, taken))
            except Exception as error:  # a run that breaks is a finding too
                found = {"run": [f"{error!r} at {extract_tb(error.__traceback__)[-1]}"]}
            if found:
                failures.append(Failure(seed, design, found))
    return failures, counts
