"""How fast are whole `workbench run` commands, a faulty run of the swarm, and the explorer here?

Each is held against its goal by CPU seconds: the clock on the wall measures other work as well.
Growth is linear if each step to ten times the items adds as much for each thousand as the last.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

from bench.processes import REPEATS, Timing, timed
from workbench.designs import DESIGNS

LOCAL_GOALS = {1_000: (2.0, 600), 10_000: (4.0, 600), 100_000: (12.0, 600)}  # items: CPU s, MiB
MILLION_GOALS = {1_000: (2.0, 600), 1_000_000: (150.0, 1_536)}
SWARM_ITEMS, SEEDS, WARM = 200, 60, 5
SWARM_GOALS_S = {"median": 0.5, "95th percentile": 2.0}
EXPLORER_ITEMS, EXPLORER_GOAL_S = 1_000_000, 0.4


def local() -> None:
    """Print speed and growth of whole commands: start of Python and run folder included."""
    print("local target, whole commands, synth reused")
    with tempfile.TemporaryDirectory() as results:
        for design in DESIGNS:
            _run(design, 1, results)  # the synth, if it is not there yet
            _print_growth(design, LOCAL_GOALS, results)


def million() -> None:
    """The same for a million items of each design, which takes minutes."""
    with tempfile.TemporaryDirectory() as results:
        for design in DESIGNS:
            _print_growth(design, MILLION_GOALS, results)


def _print_growth(design: str, goals: dict[int, tuple[float, int]], results: str) -> None:
    """Print one line for each number of items, and what each thousand more has added."""
    before: tuple[int, float] | None = None
    for items, (goal_s, goal_mib) in goals.items():
        found, added = _run(design, items, results), ""
        if before:
            per_thousand_ms = (found.cpu_s - before[1]) / (items - before[0]) * 1e6
            added = f"  +{per_thousand_ms:4.0f} ms for each thousand"
        before = items, found.cpu_s
        print(
            f"  {design:8} {items:>9,} items  {found.cpu_s:6.1f} s of CPU (goal {goal_s:.0f})  "
            f"{found.wall_s:6.1f} s  {found.peak_mib:5.0f} MiB (goal {goal_mib}){added}",
            flush=True,
        )


def _run(design: str, items: int, results: str) -> Timing:
    """One `workbench run` on local."""
    command = [sys.executable, "-m", "workbench", "run", "--results", results, "--target", "local"]
    return timed([*command, "--design", design, "--items", str(items)])


def swarm() -> None:
    """Print the median and the 95th percentile of a faulty run, checks included, by design."""
    from workbench.swarm.cases import draw_case
    from workbench.swarm.checks import violations
    from workbench.swarm.harness import FaultHarness

    print(f"faulty runs of {SWARM_ITEMS} items, {SEEDS} seeds, one core, CPU seconds")
    for design in DESIGNS:
        with FaultHarness(design) as harness:

            def faulty(seed: int, design: str = design, harness: FaultHarness = harness) -> None:
                case = draw_case(seed, design)
                first = replace(case.starts[0], items=SWARM_ITEMS)
                violations(harness.run(replace(case, starts=(first, *case.starts[1:]))))

            times_s = sorted(_cpu_s(faulty, seed) for seed in range(WARM, WARM + SEEDS))
        found = (statistics.median(times_s), times_s[int(0.95 * len(times_s))])
        goals = zip(SWARM_GOALS_S.items(), found, strict=True)
        print(f"  {design}", *(f"{n} {s:.2f} s (goal {g} s)" for (n, g), s in goals), sep="  ")


def explorer() -> None:
    """Print the median time from a moved slider to the picture."""
    from analysis.explore.explorer import Explorer
    from analysis.explore.scenario import Scenario
    from workbench.targets.model.forecast import modelled

    shown = Explorer(modelled, start=Scenario(EXPLORER_ITEMS))
    shown.redraw()  # once more: everything is compiled and cached by now
    median_s = statistics.median(_cpu_s(shown.redraw) for _ in range(REPEATS))
    print(f"explorer, {EXPLORER_ITEMS:,} items simulated and drawn, median of {REPEATS}")
    print(f"  every design  {median_s:.2f} s of CPU (goal {EXPLORER_GOAL_S} s)")


def _cpu_s(work: Callable[..., object], *arguments: object) -> float:
    """CPU seconds of a call in this process."""
    began = time.process_time()
    work(*arguments)
    return time.process_time() - began
