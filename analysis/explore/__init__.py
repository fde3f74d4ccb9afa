"""The explorer: a scenario by its controls, every design simulated at it, the answer on top."""
