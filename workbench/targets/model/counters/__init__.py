"""The model of the design counters."""
