"""A study in one file, swept in parallel, resumed after any interruption, one table out.

Study     read_study, Study, Grid
Plan      plan_jobs, Job: every run of a study under a name made from its content
Sweep     sweep, Swept
Table     runs_table: one row a run, with its knobs and its dollars by label
"""

from workbench.sweep.jobs import Job, plan_jobs
from workbench.sweep.study import Grid, Study, read_study
from workbench.sweep.sweeping import Swept, sweep
from workbench.sweep.table import runs_table

__all__ = [
    "Grid",
    "Job",
    "Study",
    "Swept",
    "plan_jobs",
    "read_study",
    "runs_table",
    "sweep",
]
