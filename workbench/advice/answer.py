"""The answer: every design tuned for the question, the best of them, and why the others are not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.advice.level import Level, level
from workbench.advice.question import Question
from workbench.bill import bill, total_usd
from workbench.bill.monthly_cost import MONTH_DAYS, Upkeep, monthly_usage
from workbench.designs import COMPARED, Design
from workbench.errors import BadInput
from workbench.platform.profile import load_profile
from workbench.runs.batch import Batch
from workbench.targets.model.forecast import Estimate, estimate, modelled
from workbench.tuning.goal import Score, front
from workbench.tuning.search import Tuned, tune


@dataclass(frozen=True)
class Choice:
    """A design at its best: its forecast for one batch, and a month of them."""

    design: Design
    tuned: Tuned
    forecast: Estimate
    month_usd: float
    standing_usd: float  # of it, what the stack costs while it waits, and logs that are kept

    @property
    def name(self) -> str:
        """The design's name."""
        return self.design.name

    @property
    def batch_usd(self) -> float:
        """Dollars of a batch, as likely as not."""
        return self.forecast.usd.likely

    @property
    def known_s(self) -> float:
        """Seconds from the trigger until completion is known, as likely as not."""
        return 60 * self.forecast.minutes.likely

    @property
    def known_high_s(self) -> float:
        """The same at the high end."""
        return 60 * self.forecast.minutes.high


@dataclass(frozen=True)
class Answer:
    """`choices` by what a month costs, cheapest first; `refused` says why by design."""

    question: Question
    choices: tuple[Choice, ...]
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def best(self) -> Choice:
        """The cheapest."""
        return self.choices[0]

    @property
    def level(self) -> Level:
        """The cheapest, and what is too close to it to call."""
        return level(self.choices, self.question.batches_per_month)

    @property
    def take(self) -> Choice:
        """What to take."""
        return self.level.take

    @property
    def others(self) -> tuple[Choice, ...]:
        """What to take else, the runner-up first."""
        return tuple(one for one in self.choices if one is not self.take)

    @property
    def over_budget_usd(self) -> float:
        """What a month costs above the budget; 0 within it, or without one."""
        budget = self.question.budget_usd_per_month
        return 0.0 if budget is None else max(0.0, self.take.month_usd - float(budget))

    @property
    def overlapping(self) -> bool:
        """Whether a batch may still be at work when the next one begins, at the high end."""
        return self.take.known_high_s > self.question.batch_every_s


def advise(question: Question, processes: int | None = None, cluster: str = "") -> Answer:
    """Tune every design for a question. BadInput, with what is possible, if none can do it."""
    choices, refused = [], {}
    for name in COMPARED:
        if not question.keeps(name):
            refused[name] = "two owners may work an item at a time"
            continue
        try:
            choices.append(choice(question, tune(question.goal(name), processes, cluster)))
        except BadInput as error:
            refused[name] = _told(question, error)
    if not choices:
        raise BadInput("\n".join(f"{name}: {why}" for name, why in refused.items()))
    return Answer(question, tuple(sorted(choices, key=lambda one: one.month_usd)), refused)


def _told(question: Question, error: BadInput) -> str:
    """Why a design cannot do it; that a month cannot hold its batches is said, and none billed."""
    if not question.month_bounds:
        return str(error)
    batches, every_s = float(question.batches_per_month), question.batch_every_s
    return f"{batches:,.0f} batches a month leave each {every_s / 60:,.1f} minutes: {error}"


def choice(question: Question, tuned: Tuned) -> Choice:
    """The cheapest of a design's knobs in time, with its forecast."""
    design, terms = tuned.cheapest.design, question.terms
    book = terms.book()
    forecast = estimate(design, question.items, book=book, month=terms.month)
    month = month_usd(question, design)
    standing = month - forecast.usd.likely * float(question.batches_per_month)
    return Choice(design, tuned, forecast, month, max(0.0, standing))


def month_usd(question: Question, design: Design) -> float:
    """Dollars of a month: its batches, and what the stack costs while it waits."""
    terms = question.terms
    book = terms.book()
    usage = modelled(design, Batch(question.items, 7, "month"), book, load_profile()).outcome.usage
    upkeep = Upkeep(batches_per_day=question.batches_per_month / MONTH_DAYS)
    month = monthly_usage(design, usage, upkeep)
    free = terms.month is not None
    table = bill(month, book, source="modelled", free_tier=free, already=terms.month)
    return float(total_usd(table))


def front_of(answer: Answer) -> list[Score]:
    """Of all designs: what no other beats in both dollars and time, fastest first."""
    return front([score for one in answer.choices for score in one.tuned.front])
