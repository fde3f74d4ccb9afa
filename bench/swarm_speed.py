"""How long does a faulty run of 200 items take here, once the process is warm?

CPU seconds of one core, checks included: the clock on the wall measures other work as well.
"""

import statistics
import time
from dataclasses import replace

from workbench.designs import DESIGNS
from workbench.swarm.cases import draw_case
from workbench.swarm.checks import violations
from workbench.swarm.harness import FaultHarness

ITEMS, SEEDS, WARM = 200, 60, 5
GOALS_S = {"median": 0.5, "95th percentile": 2.0}


def main() -> None:
    """Print the median and the 95th percentile for both designs."""
    print(f"faulty runs of {ITEMS} items, {SEEDS} seeds, one core, CPU seconds")
    for design in DESIGNS:
        with FaultHarness(design) as harness:
            times_s = sorted(_run_s(harness, design, seed) for seed in range(WARM + SEEDS)[WARM:])
        found = (statistics.median(times_s), times_s[int(0.95 * len(times_s))])
        told = zip(GOALS_S.items(), found, strict=True)
        print(f"  {design}", *(f"{n} {s:.2f} s (goal {g} s)" for (n, g), s in told), sep="  ")


def _run_s(harness: FaultHarness, design: str, seed: int) -> float:
    """One seed's case with this many items in its first batch, run and checked."""
    case = draw_case(seed, design)
    first = replace(case.starts[0], items=ITEMS)
    began = time.process_time()
    violations(harness.run(replace(case, starts=(first, *case.starts[1:]))))
    return time.process_time() - began


if __name__ == "__main__":
    main()
