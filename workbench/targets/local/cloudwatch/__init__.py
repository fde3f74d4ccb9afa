"""CloudWatch on the local target: metrics, log bytes, the timeline of a run."""
