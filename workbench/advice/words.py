"""An answer in words: what to take, what it costs, what would change that, what is least sure.

Every figure is modelled, but for what the confirmation on `local` says.
"""

import shlex
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from analysis.words import count, dollars, duration, listed
from workbench.advice.answer import Answer, Choice
from workbench.advice.crossings import Crossing, crossings
from workbench.advice.flips import PriceFlip, Step, deadline_steps, price_flips
from workbench.advice.level import Level, parts_owned
from workbench.advice.question import Question
from workbench.advice.unsure import Unsure, least_sure
from workbench.tuning.search import Confirmed
from workbench.workload.clock import told_minute

ANSWER, COMMANDS = "The answer", "To do it"  # parts
CHANGES_MAX = 3  # sentences an axis
UNSURE_MAX = 3
CHECKED = {"cost_usd": "dollars", "detected_s": "time"}  # lines of a prediction


def told_parts(
    answer: Answer,
    done: Sequence[Confirmed],
    file: Path,
    found: Sequence[Crossing] | None = None,
    unsure: Sequence[Unsure] | None = None,
) -> dict[str, list[str]]:
    """The answer as lines, by the titles of its parts; what is not passed is worked out."""
    found = crossings(answer) if found is None else found
    unsure = least_sure(answer) if unsure is None else unsure
    parts = {
        "": [asked_line(answer.question)],
        ANSWER: choice_lines(answer),
        "By the clock": clock_lines(answer),
        "Run on local": map(confirmed_line, done),
        "What would change it": change_lines(
            answer, found, deadline_steps(answer), price_flips(answer)
        ),
        "What is least sure": unsure_lines(unsure),
        COMMANDS: command_lines(answer, file),
    }
    return {title: list(lines) for title, lines in parts.items()}


def asked_line(question: Question) -> str:
    """What was asked, on one line."""
    parts = [f"{count(question.items)} items of {question.item_ms.line}"]
    if question.cpu_ms:
        parts.append(f"{question.cpu_ms} ms computing besides")
    if question.item_bytes:
        parts.append(f"{question.item_bytes:,} bytes each")
    parts.append(f"{float(question.batches_per_month):,.4g} batches a month")
    if question.deadline_s is not None:
        parts.append(f"known within {duration(question.deadline_s)}")
    if question.done_by is not None:
        parts.append(f"known by {told_minute(question.done_by.minute)} {question.done_by.zone}")
    parts.append(f"prices of {question.terms.region}, {question.terms.book().date}")
    return ", ".join(parts) + question.terms.text + "; modelled"


def choice_lines(answer: Answer) -> Iterator[str]:
    """What to take, why if others cost as much, what holds against it, the others."""
    take, asked = answer.take, answer.question
    yield from _level_line(answer.level)
    yield f"Take {take.name}: {_costs(take)}."
    yield f"  knobs: {knobs_line(take)}"
    yield f"  what limits its time first: {take.forecast.binding_limit}"
    if answer.over_budget_usd:
        budget = dollars(float(asked.budget_usd_per_month or 0))
        yield f"  above the budget of {budget} a month by {dollars(answer.over_budget_usd)}"
    if answer.overlapping:
        every, needs = duration(asked.batch_every_s), duration(take.known_high_s)
        yield f"  batches may meet: one comes every {every}, and takes {needs} at the high end"
    if asked.deadline_s is not None and take.known_high_s > asked.deadline_s:
        yield f"  it may come late: {duration(take.known_high_s)} at the high end"
    for place, other in enumerate(answer.others):
        more_usd = other.month_usd - take.month_usd
        share = abs(more_usd / take.month_usd) if take.month_usd else 0.0
        name = f"{'Runner-up' if not place else 'Then'} {other.name}"
        more = f"{dollars(abs(more_usd))} a month {'more' if more_usd >= 0 else 'less'}"
        yield f"{name}: {more} ({share:.1%}): {_costs(other)}."
    for name, why in answer.refused.items():
        yield f"Not {name}: {why}"


def _level_line(found: Level) -> Iterator[str]:
    """Which designs are too close to call, and what decides between them."""
    if not found.others:
        return
    take, sooner = found.take, found.sooner
    parts = (f"{one.name} has {parts_owned(one.design)}" for one in found.others)
    times = [f"{one.name} after {_known(one)}" for one in found.others]
    why = []
    if found.owns_less:
        why.append(f"it has less to own ({parts_owned(take.design)} parts; {listed([*parts])})")
    if sooner is take:
        why.append(f"it is known sooner (after {_known(take)}; {listed(times)})")
    reason = listed(why) or "it is the cheapest as likely as not"
    but = f"; {sooner.name} is known sooner, after {_known(sooner)}" if sooner else ""
    names = listed([one.name for one in found.choices])
    yield f"Too close to call between {names}: take {take.name}, because {reason}" + (
        "." if sooner is take else f"{but}."
    )


def clock_lines(answer: Answer) -> Iterator[str]:
    """When a batch must start to be known done by the clock, and whether its schedule does."""
    asked = answer.question
    if asked.done_by is None:
        return
    by, zone = told_minute(asked.done_by.minute), asked.done_by.zone
    for one in [answer.take, *answer.others[:1]]:
        minute, days = asked.done_by.start_by(one.known_high_s)
        before = f", {days} {'day' if days == 1 else 'days'} before" if days else ""
        yield (
            f"{one.name}: start by {told_minute(minute)} {zone}{before}, to be known done by {by} "
            f"({duration(one.known_high_s)} at the high end)."
        )
    if not asked.starts:
        yield "batches.per_month names no start; with batches.cron it is said if that is in time."
        return
    start, wait_s = asked.done_by.tightest(asked.starts)
    spare_s = wait_s - answer.take.known_high_s
    last = "The schedule's last start before it" if len(asked.starts) > 1 else "The schedule"
    yield f"{last}, {told_minute(start)} UTC, is " + (
        f"early enough by {duration(spare_s)}."
        if spare_s >= 0
        else f"too late by {duration(-spare_s)}; a deadline of {wait_s / 60:g}m has knobs searched "
        "that are in time."
    )


def told_clock(answer: Answer) -> dict[str, Any] | None:
    """The same as JSON has it: clock times there, `spare_s` of the schedule (None without one)."""
    asked = answer.question
    if asked.done_by is None:
        return None
    starts = {}
    for one in answer.choices:
        minute, days = asked.done_by.start_by(one.known_high_s)
        starts[one.name] = {"time": told_minute(minute), "days_before": days}
    waits = [asked.done_by.tightest(asked.starts)[1]] if asked.starts else []
    return {
        "done_by": told_minute(asked.done_by.minute),
        "timezone": asked.done_by.zone,
        "start_by": starts,
        "spare_s": waits[0] - answer.take.known_high_s if waits else None,
    }


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
    take, asked = answer.take, answer.question
    region = f" --region {asked.terms.region}"
    tuned = "".join(f" --set {n}={_spelled(v)}" for n, v in take.design.turned_knobs().items())
    batch = f"--items {asked.items}{tuned} --workload {shlex.quote(str(workload))}"
    yield f"workbench deploy --design {take.name}{region}{tuned}"
    yield f"workbench run --target aws --design {take.name}{region} {batch}"


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
        f"({dollars(usd.low)} to {dollars(usd.high)}), known after {_known(one)} "
        f"({duration(60 * minutes.low)} to {duration(60 * minutes.high)})"
    )


def _known(one: Choice) -> str:
    return duration(one.known_s)


def knobs_line(one: Choice) -> str:
    """The knobs that are not at their default, but for those of the items."""
    return ", ".join(f"{n}={v}" for n, v in one.design.turned_knobs().items()) or "none"


def _spelled(value: object) -> str:
    text = "none" if value is None else str(value)
    return f'"{text}"' if " " in text else text
