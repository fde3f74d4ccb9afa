"""A user's own workload: read from a YAML file, its durations turned into a table of quantiles."""
