"""How many batches an event source may work, over time."""

import pytest

from workbench.platform.profile import load_profile
from workbench.targets.local.lambda_.poller_scaling import Ramp

PROFILE = load_profile()


def grow(ramp, until_s, step_s=1.0):
    """What is allowed at each step while there is always a backlog."""
    allowed, now = [], 0.0
    ramp.messages_came(0.0)
    while now <= until_s:
        ramp.backlog(True, now)
        allowed.append(ramp.allowed(now))
        now += step_s
    return allowed


def test_two_pollers_for_ten_seconds_then_three_hundred_more_a_minute():
    allowed = grow(Ramp(PROFILE, None), 70, 10)
    assert allowed == [2, 2, 52, 102, 152, 202, 252, 302]


def test_it_ends_at_1250():
    assert grow(Ramp(PROFILE, None), 300, 50)[-2:] == [1202, 1250]


def test_a_maximum_keeps_five_pollers_and_starts_to_grow_at_once():
    ramp = Ramp(PROFILE, 20)
    assert (ramp.idle_pollers, grow(ramp, 4)) == (5, [5, 10, 15, 20, 20])


def test_a_maximum_below_five_holds_from_the_start():
    ramp = Ramp(PROFILE, 2)
    assert (ramp.idle_pollers, grow(ramp, 3)) == (2, [2, 2, 2, 2])


def test_it_grows_only_while_messages_wait():
    ramp = Ramp(PROFILE, 100)
    ramp.messages_came(0)
    ramp.backlog(True, 0)
    ramp.backlog(False, 1)
    assert [ramp.allowed(1), ramp.allowed(50)] == [10, 10]
    ramp.backlog(True, 50)
    assert ramp.allowed(51) == 15


def test_after_a_rest_it_starts_anew_but_not_after_a_pause():
    ramp = Ramp(PROFILE, 100)
    ramp.messages_came(0)
    ramp.backlog(True, 0)
    ramp.backlog(False, 4)
    ramp.nothing_left(10)
    ramp.messages_came(29)
    assert ramp.allowed(29) == 25
    ramp.nothing_left(30)
    ramp.messages_came(50)
    assert ramp.allowed(50) == 5


def test_the_next_step_is_when_one_more_is_allowed():
    ramp = Ramp(PROFILE, None)
    ramp.messages_came(0)
    assert ramp.next_step_s(0) is None  # no backlog yet
    ramp.backlog(True, 0)
    now = 0.0
    for allowed in (3, 4, 5):
        now = ramp.next_step_s(now)
        assert ramp.allowed(now) == allowed
    assert now == pytest.approx(10.6)


def test_a_throttle_takes_one_away_but_never_one_of_the_first_five():
    ramp = Ramp(PROFILE, 100)
    ramp.messages_came(0)
    ramp.backlog(True, 0)
    ramp.backlog(False, 0.4)
    allowed = []
    for _ in range(3):
        ramp.throttled(1)
        allowed.append(ramp.allowed(1))
    assert allowed == [6, 5, 5]
