"""Durations of every shape: few points or many, steps, ties, one instant."""

from hypothesis import strategies as st

from workbench.workload.durations import ALL, MS_MAX, POINTS_MAX, Durations


@st.composite
def durations(draw):
    """Any that the knob allows."""
    inner = st.lists(st.integers(1, ALL - 1), unique=True, max_size=POINTS_MAX - 2)
    shares = [0, *sorted(draw(inner)), ALL]
    size = len(shares)
    ms = sorted(draw(st.lists(st.integers(0, MS_MAX), min_size=size, max_size=size)))
    return Durations(tuple(zip(shares, ms, strict=True)))
