"""The fault swarm: faults drawn from a seed, the real handlers under them, and the checks."""
