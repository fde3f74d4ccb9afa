"""The model of the design durable."""
