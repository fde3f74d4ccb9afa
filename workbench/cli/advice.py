"""An answer in words: what to take, what it costs, what would change that, what is least sure.

Every figure is modelled, but for what the confirmation on `local` says.
"""

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from analysis.words import count, dollars, duration, listed
from workbench.advice.answer import Answer, Choice
from workbench.advice.crossings import Crossing
from workbench.advice.flips import PriceFlip, Step
from workbench.advice.question import Question
from workbench.advice.unsure import Unsure
from workbench.tuning.search import Confirmed

CHANGES_MAX = 3  # sentences an axis
UNSURE_MAX = 3
CHECKED = {"cost_usd": "dollars", "detected_s": "time"}  # lines of a prediction


def asked_line(question: Question) -> str:
    """What was asked, on one line."""
    parts = [f"{count(question.items)} items of {question.item_ms.line}"]
    if question.cpu_ms:
        parts.append(f"{question.cpu_ms} ms computing besides")
    parts.append(f"{float(question.batches_per_month):,.4g} batches a month")
    if question.deadline_s is not None:
        parts.append(f"known within {duration(question.deadline_s)}")
    parts.append(f"prices of {question.terms.region}, {question.terms.book().date}")
    return ", ".join(parts) + question.terms.text + "; modelled"


def choice_lines(answer: Answer) -> Iterator[str]:
    """The best, what holds against it, the runner-up, the others."""
    best, asked = answer.best, answer.question
    yield f"Take {best.name}: {_costs(best)}."
    yield f"  knobs: {_knobs(best)}"
    yield f"  what limits its time first: {best.forecast.binding_limit}"
    if answer.over_budget_usd:
        budget = dollars(float(asked.budget_usd_per_month or 0))
        yield f"  above the budget of {budget} a month by {dollars(answer.over_budget_usd)}"
    if answer.overlapping:
        every, needs = duration(asked.batch_every_s), duration(best.known_s)
        yield f"  a month cannot hold its batches: one comes every {every}, and takes {needs}"
    if asked.deadline_s is not None and 60 * best.forecast.minutes.high > asked.deadline_s:
        yield f"  it may come late: {duration(60 * best.forecast.minutes.high)} at the high end"
    for place, other in enumerate(answer.choices[1:]):
        more_usd = other.month_usd - best.month_usd
        share = more_usd / best.month_usd if best.month_usd else 0.0
        name = f"{'Runner-up' if not place else 'Then'} {other.name}"
        yield f"{name}: {dollars(more_usd)} a month more ({share:.1%}): {_costs(other)}."
    for name, why in answer.refused.items():
        yield f"Not {name}: {why}"


def confirmed_line(done: Confirmed) -> str:
    """What the handlers did on `local`, beside what was told of them."""
    misses = (f"{words} {done.error_percent(line):+.1f} %" for line, words in CHECKED.items())
    run = done.run
    return f"{run.design}, {count(run.items)} items: the model said {listed(list(misses))}"


def change_lines(
    answer: Answer, found: Sequence[Crossing], steps: Sequence[Step], prices: Sequence[PriceFlip]
) -> Iterator[str]:
    """What would change the answer, each in a sentence."""
    asked, axes = answer.question, dict.fromkeys(one.axis for one in found)
    for axis in axes:
        own = [one for one in found if one.axis == axis]
        for one in own[:CHANGES_MAX]:
            yield _crossing(asked, one)
    for step, after in pairwise(steps):
        least, most = duration(step.deadline_s), duration(after.deadline_s)
        yield (
            f"If it must be known within {least} to {most}: {step.name}, "
            f"{dollars(step.month_usd)} a month."
        )
    for one in prices[:CHANGES_MAX]:
        price = f"{one.service}, {one.usage_type}"
        yield f"If {price} cost {one.factor:.2g} times as much: {one.name}."


def unsure_lines(found: Sequence[Unsure]) -> Iterator[str]:
    """The constants that move the answer most, and what would tell them."""
    for one in found[:UNSURE_MAX]:
        tells = (
            f"told by: {one.teller}, and `workbench calibrate`"
            if one.teller
            else "no run of ours tells it"
        )
        moved = [
            f"{percent:.1f} % of the {what}"
            for what, percent in (("dollars", one.usd_percent), ("time", one.time_percent))
            if percent >= 0.05
        ]
        yield f"{one.constant} ({one.low:g} to {one.high:g}) moves {listed(moved)}; {tells}."


def command_lines(answer: Answer, workload: Path) -> Iterator[str]:
    """The answer as commands, ready to be run."""
    best, asked = answer.best, answer.question
    region = f" --region {asked.terms.region}"
    tuned = "".join(f" --set {n}={_spelled(v)}" for n, v in best.design.turned_knobs().items())
    batch = f"--items {asked.items}{tuned} --workload {shlex.quote(str(workload))}"
    yield f"workbench deploy --design {best.name}{region}{tuned}"
    yield f"workbench run --target aws --design {best.name}{region} {batch}"


def _crossing(asked: Question, one: Crossing) -> str:
    """One change along an axis."""
    up = one.factor >= 1
    who = (one.after if up else one.before) or "none of these knobs is in time"
    if one.axis == "items":
        where = (
            f"{'above' if up else 'below'} {count(round(asked.items * one.factor))} items a batch"
        )
    elif one.axis == "length":
        mean = asked.item_ms.mean_ms * one.factor
        where = f"with items {'longer' if up else 'shorter'} than {mean:,.0f} ms on average"
    else:
        where = (
            f"with the longest one in a hundred {'more' if up else 'less'} than "
            f"{one.factor:.2g} times as long"
        )
    return f"{where[0].upper()}{where[1:]}: {who}."


def _costs(one: Choice) -> str:
    """Dollars of a month and of a batch, and when its end is known."""
    usd, minutes = one.forecast.usd, one.forecast.minutes
    return (
        f"{dollars(one.month_usd)} a month, {dollars(usd.likely)} a batch "
        f"({dollars(usd.low)} to {dollars(usd.high)}), known after {duration(60 * minutes.likely)} "
        f"({duration(60 * minutes.low)} to {duration(60 * minutes.high)})"
    )


def _knobs(one: Choice) -> str:
    return ", ".join(f"{n}={v}" for n, v in one.design.turned_knobs().items()) or "none"


def _spelled(value: object) -> str:
    text = "none" if value is None else str(value)
    return f'"{text}"' if " " in text else text
