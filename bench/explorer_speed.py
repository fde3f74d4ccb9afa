"""How long does the explorer take here to simulate both designs again, and to draw them?

CPU seconds of this process: the clock on the wall measures other work as well.
"""

import statistics
import time

from analysis.explorer import Explorer
from workbench.targets.model.forecast import modelled

ITEMS, REPEATS = 1_000_000, 5
GOAL_S = 0.5


def main() -> None:
    """Print the median time from a moved slider to the picture."""
    explorer = Explorer(modelled, ITEMS)
    explorer.redraw()  # once more: everything is compiled and cached by now
    median_s = statistics.median(_redraw_s(explorer) for _ in range(REPEATS))
    print(f"explorer, {ITEMS:,} items simulated and drawn, median of {REPEATS}")
    print(f"  both designs  {median_s:.2f} s of CPU (goal {GOAL_S} s)")


def _redraw_s(explorer: Explorer) -> float:
    began = time.process_time()
    explorer.redraw()
    return time.process_time() - began


if __name__ == "__main__":
    main()
