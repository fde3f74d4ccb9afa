"""The handlers of the `sfn` design."""
