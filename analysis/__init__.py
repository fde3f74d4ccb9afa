"""Run folders turned into measures, comparisons, charts and the report.

Stands on `workbench.runs.records` and what is below, never on targets: nothing here asks where a
batch ran.
"""
