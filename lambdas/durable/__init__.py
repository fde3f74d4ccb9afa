"""The handlers of the `durable` design."""
