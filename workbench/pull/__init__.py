"""What AWS itself says of a run, as tidy frames: metrics, REPORT lines, costs.

Clients are passed in: the same code asks AWS, a server like it, and the local target's moto.

Collect    collect_cloudwatch, collect_insights, collect_costs, neighbours, coverage_of,
           measured
Pull       pull_cloudwatch, pull_insights, pull_costs, CostQuestion
Gate       Coverage, Wait, coverage, wait_for_complete, refuse_incomplete
Where      Window, window_of, names_of, log_groups
Keep       Pull, write_pull, read_pull, newest_pull, pull_stamps
Money      Spent, measurement_usage, bill_rows
"""

from workbench.pull.bill_rows import bill_rows
from workbench.pull.cloudwatch import pull_cloudwatch
from workbench.pull.collect import (
    collect_cloudwatch,
    collect_costs,
    collect_insights,
    coverage_of,
    measured,
    neighbours,
)
from workbench.pull.costs import CostQuestion, pull_costs
from workbench.pull.gate import Coverage, Wait, coverage, refuse_incomplete, wait_for_complete
from workbench.pull.insights import pull_insights
from workbench.pull.names import log_groups, names_of
from workbench.pull.spent import Spent, measurement_usage
from workbench.pull.store import Pull, newest_pull, pull_stamps, read_pull, write_pull
from workbench.pull.window import Window, window_of

__all__ = [
    "CostQuestion",
    "Coverage",
    "Pull",
    "Spent",
    "Wait",
    "Window",
    "bill_rows",
    "collect_cloudwatch",
    "collect_costs",
    "collect_insights",
    "coverage",
    "coverage_of",
    "log_groups",
    "measured",
    "measurement_usage",
    "names_of",
    "neighbours",
    "newest_pull",
    "pull_cloudwatch",
    "pull_costs",
    "pull_insights",
    "pull_stamps",
    "read_pull",
    "refuse_incomplete",
    "wait_for_complete",
    "window_of",
    "write_pull",
]
