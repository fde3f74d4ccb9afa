"""A discrete-event model of both designs on AWS's documented limits, compiled with numba."""
