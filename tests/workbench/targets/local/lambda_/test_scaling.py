"""How many batches an event source works at a time."""

import pytest

from workbench.platform.profile import load_profile
from workbench.targets.local.lambda_.mapping import MappingSpec
from workbench.targets.local.lambda_.scaling import Growth, PollerScaling

PROFILE = load_profile()


def scaling_of(max_concurrency=None, pollers=None):
    spec = MappingSpec("items", "work", 10, 0.0, max_concurrency, True, "dispatch", pollers)
    return PollerScaling(Growth.of(spec, PROFILE), rests_s=20)


def grow(scaling, until_s, step_s=1.0):
    """What is allowed at each step while there is always a backlog."""
    allowed, now = [], 0.0
    scaling.messages_came(0.0)
    while now <= until_s:
        scaling.backlog(True, now)
        allowed.append(scaling.allowed(now))
        now += step_s
    return allowed


def test_two_pollers_for_ten_seconds_then_more_and_after_a_minute_three_hundred_a_minute():
    slow = 300 * 0.85 / 6  # in ten seconds
    allowed = grow(scaling_of(), 100, 10)
    first = [int(2 + slow * i) for i in range(7)]
    assert allowed == [2, *first, *(int(2 + 6 * slow + 50 * i) for i in (1, 2, 3))]


def test_the_first_batch_that_is_done_begins_the_ramp():
    scaling = scaling_of()
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    assert scaling.next_step_s(0) == pytest.approx(10 + 0.2 / 0.85)
    scaling.batch_done(3)
    assert scaling.next_step_s(3) == pytest.approx(3 + 0.2 / 0.85)
    scaling.batch_done(4)
    assert scaling.allowed(62.99) == int(2 + 59.99 * 5 * 0.85)
    assert scaling.next_step_s(62.9) == pytest.approx(63 + (257 - 2 - 255) / 5)
    assert scaling.allowed(64) == 2 + 255 + 5


def test_it_ends_at_1250():
    assert grow(scaling_of(), 300, 50)[-2:] == [1157, 1250]


def test_a_maximum_keeps_five_pollers_and_starts_to_grow_at_once():
    scaling = scaling_of(20)
    assert (scaling.idle_pollers, grow(scaling, 4)) == (5, [5, 10, 15, 20, 20])


def test_a_maximum_below_five_holds_from_the_start():
    scaling = scaling_of(2)
    assert (scaling.idle_pollers, grow(scaling, 3)) == (2, [2, 2, 2, 2])


def test_it_grows_only_while_messages_wait():
    scaling = scaling_of(100)
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    scaling.backlog(False, 1)
    assert [scaling.allowed(1), scaling.allowed(50)] == [10, 10]
    scaling.backlog(True, 50)
    assert scaling.allowed(51) == 15


def test_after_a_rest_it_starts_anew_but_not_after_a_pause():
    scaling = scaling_of(100)
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
    scaling = scaling_of()
    scaling.messages_came(0)
    assert scaling.next_step_s(0) is None  # no backlog yet
    scaling.backlog(True, 0)
    now = 0.0
    for allowed in (3, 4, 5):
        now = scaling.next_step_s(now)
        assert scaling.allowed(now) == allowed
    assert now == pytest.approx(10 + 3 * 0.2 / 0.85)


def test_a_second_with_throttles_takes_a_share_away_but_never_of_the_first_five():
    scaling = scaling_of(100)
    scaling.messages_came(0)
    scaling.backlog(True, 0)
    scaling.backlog(False, 9)  # 50 at a time
    allowed = []
    for now in (9, 9.5, 10, *range(11, 40)):
        scaling.back_off(now)
        allowed.append(scaling.allowed(now))
    assert allowed[:4] == [45, 45, 40, 36]
    assert allowed[-1] == 5


def test_provisioned_pollers_are_kept():
    scaling = scaling_of(pollers=(2, 5))
    scaling.messages_came(0)
    scaling.back_off(1)
    assert scaling.allowed(1) == 20


def test_a_hundred_provisioned_pollers_come_in_a_minute_with_ten_invocations_each():
    allowed = grow(scaling_of(pollers=(2, 200)), 3, 0.6)
    assert allowed == [20, 30, 40, 50, 60, 70]
    assert grow(scaling_of(pollers=(2, 200)), 180, 60) == [20, 1_020, 2_000, 2_000]


def test_provisioned_pollers_are_billed_from_when_they_come_until_they_rest():
    scaling = scaling_of(pollers=(2, 102))
    grow(scaling, 60)  # a hundred more: half of them on average
    scaling.backlog(False, 60)
    assert scaling.poller_s(60) == pytest.approx(2 * 60 + 100 * 60)  # a minute each at least
    assert scaling.poller_s(120) == pytest.approx(2 * 120 + 100 * 30 + 100 * 60)
    scaling.nothing_left(120)
    assert scaling.poller_s(200) == pytest.approx(2 * 200 + 100 * 30 + 100 * (60 + 20))
    scaling.messages_came(200)
    assert (scaling.pollers(200), scaling.allowed(200)) == (2, 20)
