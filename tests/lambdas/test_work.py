"""A try of an item: what is kept of its failure, and the time that its work took."""

import pytest


@pytest.fixture
def attempts(world):
    return world.module("work")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("sleep length must be non-negative"), "ValueError: sleep length must be "
         "non-negative"),
        (KeyError("picture"), "KeyError: 'picture'"),
        (RuntimeError("first line\nsecond line"), "RuntimeError: first line"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (ValueError("x" * 1_000), "ValueError: " + "x" * 288),
    ],
)  # fmt: skip
def test_a_reason_is_the_type_and_the_first_line_of_bounded_length(attempts, error, reason):
    assert attempts.reason_of(error) == reason


def test_the_time_is_what_the_work_took_and_not_what_the_item_asked_for(
    world, attempts, monkeypatch
):
    def process(item):
        world.outside.sleep(0.25)
        raise OSError(f"{item.id} is gone")

    monkeypatch.setattr(world.module("work"), "process", process)
    item = world.module("items").Item("00ff", 7)
    reason, work_ms = attempts.attempt(item, {})
    assert (reason, round(work_ms)) == ("OSError: 00ff is gone", 250)


def test_a_try_that_is_drawn_to_fail_does_so_after_its_work(world, attempts):
    item = world.module("items").Item("00ff", 40)
    reason, work_ms = attempts.attempt(item, {"fails_per_million": 1_000_000}, 2)
    assert (reason, round(work_ms)) == ("RuntimeError: this try is one of fails_per_million", 40)
