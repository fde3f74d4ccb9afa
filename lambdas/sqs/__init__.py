"""The handlers of the `sqs` design."""
