"""Runs turned into evidence: what AWS says of them, measures over them, comparisons, charts.

Stands on run folders (`workbench.records`) and what lies below them, never on targets: nothing here
asks where a batch ran.
"""
