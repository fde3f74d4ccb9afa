"""Level designs: who is too close to call, and what decides between them."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest

from tests.workbench.advice.choices import LATE, SOON, One
from workbench.advice.answer import Answer
from workbench.advice.level import Level, level, parts_owned
from workbench.advice.question import Question
from workbench.advice.words import choice_lines
from workbench.designs import DESIGNS


def of(*choices):
    return level(choices, Decimal(30))


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (One("durable", 1.019), ["counters", "durable"]),
        (One("durable", 1.03), ["counters"]),
        (One("durable", 1.03, spread=0.05), ["counters", "durable"]),
        (One("durable", 1.0, standing_usd=3.0), ["counters"]),
    ],
    ids=["within 2 %", "dearer", "intervals meet", "dearer by what stands"],
)
def test_level_is_what_costs_nearly_as_much_or_whose_interval_meets(second, names):
    assert [one.name for one in of(One("counters", 1.0), second).choices] == names


def test_of_level_designs_the_least_to_own_is_taken_in_whichever_order_they_come():
    owned = {name: parts_owned(DESIGNS[name]()) for name in DESIGNS}
    least = min(owned, key=owned.__getitem__)
    for names in permutations(DESIGNS):
        found = Level(tuple(One(name, 1.0, SOON if name == "sqs" else LATE) for name in names))
        assert (found.take.name, found.owns_less, found.sooner.name) == (least, True, "sqs")


def test_with_as_much_to_own_the_one_known_sooner_is_taken_if_that_is_clear():
    assert of(One("sqs", 1.0), One("counters", 1.01, SOON)).take.name == "counters"
    unclear = replace(One("counters", 1.01, SOON), minutes=(1.0, 5.0, 9.5))
    assert of(One("sqs", 1.0), unclear).take.name == "sqs"
    assert of(One("sqs", 1.0), unclear).sooner is None


def lines(*choices):
    return list(choice_lines(Answer(Question(1_000), choices)))


def test_a_level_answer_says_what_decides_with_the_facts_and_what_speaks_for_the_other():
    told = lines(One("counters", 1.0, SOON), One("durable", 1.01))
    assert told[0] == (
        "Too close to call between counters and durable: take durable, because it has less to own "
        f"({parts_owned(DESIGNS['durable']())} parts; counters has "
        f"{parts_owned(DESIGNS['counters']())}); counters is known sooner, after 2 min."
    )
    assert told[1].startswith("Take durable: $30.30 a month")
    assert told[4].startswith("Runner-up counters: $0.30 a month less (1.0%): $30 a month")


def test_both_facts_are_told_where_both_speak_for_it_and_neither_where_none_does():
    (both, *_) = lines(One("counters", 1.0), One("durable", 1.01, SOON))
    assert both.endswith("and it is known sooner (after 2 min; counters after 10 min).")
    (none, *_) = lines(One("counters", 1.0), One("sqs", 1.01))
    assert none.endswith("take counters, because it is the cheapest as likely as not.")
    assert not lines(One("counters", 1.0), One("durable", 1.5))[0].startswith("Too close")
