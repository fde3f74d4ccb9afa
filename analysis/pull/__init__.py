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

from analysis.pull.bill_rows import bill_rows
from analysis.pull.cloudwatch import pull_cloudwatch
from analysis.pull.collect import (
    collect_cloudwatch,
    collect_costs,
    collect_insights,
    coverage_of,
    measured,
    neighbours,
)
from analysis.pull.costs import CostQuestion, pull_costs
from analysis.pull.gate import Coverage, Wait, coverage, refuse_incomplete, wait_for_complete
from analysis.pull.insights import pull_insights
from analysis.pull.names import log_groups, names_of
from analysis.pull.spent import Spent, measurement_usage
from analysis.pull.store import Pull, newest_pull, pull_stamps, read_pull, write_pull
from analysis.pull.window import Window, window_of

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
