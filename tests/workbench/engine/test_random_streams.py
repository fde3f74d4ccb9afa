"""Streams: one seed, many independent ones."""

from workbench.engine.random_streams import seed_for, stream


def test_a_stream_is_the_same_every_time_and_differs_by_name_and_seed():
    draws = [stream(7, "latency").random() for _ in range(2)]
    assert draws[0] == draws[1]
    assert len({seed_for(seed, name) for seed in range(20) for name in ("a", "b")}) == 40


def test_one_more_draw_in_one_stream_leaves_the_others_as_they_were():
    first, second = stream(7, "a"), stream(7, "b")
    expected = [stream(7, "b").random()]
    first.random()
    assert [second.random()] == expected
