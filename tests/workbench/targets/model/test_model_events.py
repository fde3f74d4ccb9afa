"""The compiled heap pops in order whatever is pushed, popped and replaced."""

import heapq

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.targets.model.engine.events import pop, push, replace


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["push", "pop", "replace"]), st.floats(0, 1e9))))
def test_the_heap_does_what_heapq_does(steps):
    times, loads, size, plain = np.zeros(200), np.zeros(200, np.int64), 0, []
    for number, (step, time_s) in enumerate(steps[:200]):
        if step == "push" or not plain:
            size = push(times, loads, size, time_s, number)
            heapq.heappush(plain, time_s)
        elif step == "pop":
            size = pop(times, loads, size)
            heapq.heappop(plain)
        else:
            replace(times, loads, size, time_s, number)
            heapq.heapreplace(plain, time_s)
        assert size == len(plain)
        assert size == 0 or times[0] == plain[0]
    popped = []
    while size:
        popped.append(times[0])
        size = pop(times, loads, size)
    assert popped == sorted(plain)
