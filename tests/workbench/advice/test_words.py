"""An answer in words: the clock."""

from dataclasses import replace

import pytest

from tests.workbench.advice.choices import One
from workbench.advice.answer import Answer
from workbench.advice.question import Question
from workbench.advice.words import asked_line, clock_lines, told_clock
from workbench.workload.clock import DoneBy

CHOICES = (One("durable", 1.0, (50.0, 55.0, 60.0)), One("sqs", 2.0, (70.0, 80.0, 90.0)))
ASKED = Question(1_000, done_by=DoneBy(18 * 60))


def told(**asked):
    return list(clock_lines(Answer(replace(ASKED, **asked), CHOICES)))


def test_the_clock_says_by_when_the_best_and_the_runner_up_start():
    assert told() == [
        "durable: start by 17:00 UTC, to be known done by 18:00 (1 h at the high end).",
        "sqs: start by 16:30 UTC, to be known done by 18:00 (1.5 h at the high end).",
        "batches.per_month names no start; with batches.cron it is said if that is in time.",
    ]
    assert asked_line(ASKED).split(", ")[2] == "known by 18:00 UTC"


@pytest.mark.parametrize(
    ("starts", "line"),
    [
        ((16 * 60,), "The schedule, 16:00 UTC, is early enough by 1 h."),
        (
            (0, 17 * 60 + 30),
            "The schedule's last start before it, 17:30 UTC, is too late by 30 min; "
            "a deadline of 30m has knobs searched that are in time.",
        ),
    ],
)
def test_of_a_schedule_it_is_said_whether_it_starts_early_enough(starts, line):
    assert told(starts=starts)[-1] == line


def test_a_start_may_be_on_the_day_before_in_the_zone_of_the_deadline():
    lines = told(done_by=DoneBy(30, "Europe/Berlin"), starts=(21 * 60,))
    assert lines[0].startswith("durable: start by 23:30 Europe/Berlin, 1 day before, to be known")
    assert lines[-1] == "The schedule, 21:00 UTC, is early enough by 30 min."  # in summer


def test_without_such_a_deadline_nothing_is_said_and_programs_get_the_same():
    assert told(done_by=None) == []
    assert told_clock(Answer(replace(ASKED, done_by=None), CHOICES)) is None
    assert told_clock(Answer(replace(ASKED, starts=(16 * 60,)), CHOICES)) == {
        "done_by": "18:00",
        "timezone": "UTC",
        "start_by": {
            "durable": {"time": "17:00", "days_before": 0},
            "sqs": {"time": "16:30", "days_before": 0},
        },
        "spare_s": 3_600.0,
    }
