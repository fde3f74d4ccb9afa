"""A discrete-event model of every design on AWS's documented limits, compiled with numba."""
