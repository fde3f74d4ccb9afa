"""Token buckets."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.targets.local.runtime.service import TokenBucket


def test_a_full_bucket_gives_its_burst_and_then_the_rate():
    bucket = TokenBucket(rate=10, size=5)
    taken = [bucket.take(1, 0.0) for _ in range(6)]
    assert taken == [True] * 5 + [False]
    assert [bucket.take(1, 0.1), bucket.take(1, 0.1)] == [True, False]


def test_what_is_given_back_can_be_taken_again():
    bucket = TokenBucket(rate=1, size=1)
    bucket.take(1, 0.0)
    bucket.give_back(1)
    assert bucket.take(1, 0.0)


def test_more_than_the_bucket_holds_passes_when_it_is_full():
    bucket = TokenBucket(rate=1, size=2)
    assert [bucket.take(5, 0.0), bucket.take(5, 1.0), bucket.take(5, 5.0)] == [True, False, True]


@settings(deadline=None)
@given(st.floats(0.1, 100), st.floats(1, 100), st.lists(st.floats(0, 10), min_size=1, max_size=30))
def test_no_more_passes_than_the_rate_and_one_burst(rate, size, gaps):
    bucket, now, taken = TokenBucket(rate, size), 0.0, 0
    for gap in gaps:
        now += gap
        while bucket.take(1, now):
            taken += 1
    assert taken <= size + rate * now + 1e-6
