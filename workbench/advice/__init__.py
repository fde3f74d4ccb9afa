"""One answer for a workload: which design, with which knobs, and what would change that."""
