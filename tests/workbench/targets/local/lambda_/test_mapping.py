"""How many batches an event source works at a time."""

import pytest

from workbench.platform.profile import load_profile
from workbench.targets.local.lambda_.mapping import PollerScaling

PROFILE = load_profile()


def grow(scaling, until_s, step_s=1.0):
    """What is allowed at each step while there is always a backlog."""
    allowed, now = [], 0.0
    scaling.messages_came(0.0)
    while now <= until_s:
        scaling.backlog(True, now)
        allowed.append(scaling.allowed(now))
        now += step_s
    return allowed


def test_two_pollers_for_ten_seconds_then_three_hundred_more_a_minute():
    allowed = grow(PollerScaling(PROFILE, None), 70, 10)
    assert allowed == [2, 2, 52, 102, 152, 202, 252, 302]


def test_it_ends_at_1250():
    assert grow(PollerScaling(PROFILE, None), 300, 50)[-2:] == [1202, 1250]


def test_a_maximum_keeps_five_pollers_and_starts_to_grow_at_once():
    scaling = PollerScaling(PROFILE, 20)
    assert (scaling.idle_pollers, grow(scaling, 4)) == (5, [5, 10, 15, 20, 20])


def test_a_maximum_below_five_holds_from_the_start():
    scaling = PollerScaling(PROFILE, 2)
    assert (scaling.idle_pollers, grow(scaling, 3)) == (2, [2, 2, 2, 2])


def test_it_grows_only_while_messages_wait():
    scaling = PollerScaling(PROFILE, 100)
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    scaling.backlog(False, 1)
    assert [scaling.allowed(1), scaling.allowed(50)] == [10, 10]
    scaling.backlog(True, 50)
    assert scaling.allowed(51) == 15


def test_after_a_rest_it_starts_anew_but_not_after_a_pause():
    scaling = PollerScaling(PROFILE, 100)
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    scaling.backlog(False, 4)
    scaling.nothing_left(10)
    scaling.messages_came(29)
    assert scaling.allowed(29) == 25
    scaling.nothing_left(30)
    scaling.messages_came(50)
    assert scaling.allowed(50) == 5


def test_the_next_step_is_when_one_more_is_allowed():
    scaling = PollerScaling(PROFILE, None)
    scaling.messages_came(0)
    assert scaling.next_step_s(0) is None  # no backlog yet
    scaling.backlog(True, 0)
    now = 0.0
    for allowed in (3, 4, 5):
        now = scaling.next_step_s(now)
        assert scaling.allowed(now) == allowed
    assert now == pytest.approx(10.6)


def test_a_throttle_takes_one_away_but_never_one_of_the_first_five():
    scaling = PollerScaling(PROFILE, 100)
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    scaling.backlog(False, 0.4)
    allowed = []
    for _ in range(3):
        scaling.throttled(1)
        allowed.append(scaling.allowed(1))
    assert allowed == [6, 5, 5]
