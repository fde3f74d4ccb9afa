"""The meter of the local target: what is billed for a call, and for bytes kept over time."""
