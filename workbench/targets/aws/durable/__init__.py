"""Batches of the `durable` design on aws."""
