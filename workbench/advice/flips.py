"""What would change an answer, in closed form: the deadline, how many batches, each price."""

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.advice.answer import Answer, Choice
from workbench.tuning.goal import Score

PRICE_FACTORS = (1 / 3, 3.0)  # a price that must change by more is no threat
WIDE, NEARLY = 1.05, 0.99  # of a step: its deadline on the last one's, and its dollars
MONTHLY = (0.1, 100_000.0)  # batches a month


@dataclass(frozen=True)
class Step:
    """What a month costs with one of a design's settings, and the deadline that it keeps."""

    deadline_s: float
    score: Score
    month_usd: float

    @property
    def name(self) -> str:
        """The design's name."""
        return self.score.design.name


def offers(answer: Answer) -> list[Step]:
    """The fronts of all designs, shortest deadline first: no setting of a design beats another of
    the same in both deadline and dollars. A setting so slow that a month cannot hold its batches
    has no month's dollars, and is left out."""
    batches, every_s = float(answer.question.batches_per_month), answer.question.batch_every_s
    found = (
        Step(score.mean_s, score, score.mean_usd * batches + one.standing_usd)
        for one in answer.choices
        for score in one.tuned.front
        if score.mean_s <= every_s
    )
    return sorted(found, key=lambda step: (step.deadline_s, step.month_usd))


def deadline_steps(answer: Answer) -> list[Step]:
    """The cheapest by what a batch may take, shortest first: where the design changes and a
    month costs 1 % less, at deadlines that lie 5 % apart. Each holds until the next."""
    steps: list[Step] = []
    best = float("inf")
    for offer in offers(answer):
        if offer.month_usd >= best:
            continue
        best = offer.month_usd
        if steps and offer.deadline_s < WIDE * steps[-1].deadline_s:
            if offer.month_usd < NEARLY * steps[-1].month_usd:  # a step of no width
                steps[-1] = offer
        elif not steps or offer.month_usd < NEARLY * steps[-1].month_usd:
            steps.append(offer)
    names = [None, *(one.name for one in steps)]
    return [one for one, before in zip(steps, names, strict=False) if one.name != before]


@dataclass(frozen=True)
class PriceFlip:
    """With this price times `factor`, another design would be the cheapest."""

    service: str
    usage_type: str
    factor: float
    name: str


def price_flips(answer: Answer) -> list[PriceFlip]:
    """For each price of a batch the nearest factor at which the month's best is the best no more,
    nearest first. What stands between batches keeps its price."""
    found, batches = [], float(answer.question.batches_per_month)
    for other in answer.choices[1:]:
        gap_usd = (other.month_usd - answer.best.month_usd) / batches
        ours, theirs = _by_price(answer.best), _by_price(other)
        for key in ours | theirs:
            more_usd = ours.get(key, 0.0) - theirs.get(key, 0.0)
            factor = 1 + gap_usd / more_usd if more_usd else 0.0
            if PRICE_FACTORS[0] <= factor <= PRICE_FACTORS[1]:
                found.append(PriceFlip(*key, factor, other.name))
    nearest = sorted(found, key=lambda one: max(one.factor, 1 / one.factor))
    return list({(one.service, one.usage_type): one for one in reversed(nearest)}.values())[::-1]


def batch_flips(answer: Answer) -> Iterator[tuple[float, str]]:
    """Batches a month at which another design would cost as much as the best, and which."""
    best = answer.best
    for other in answer.choices[1:]:
        each_usd = best.batch_usd - other.batch_usd
        if not each_usd:
            continue
        batches = (other.standing_usd - best.standing_usd) / each_usd
        if MONTHLY[0] <= batches <= MONTHLY[1]:
            yield batches, other.name


def _by_price(one: Choice) -> dict[tuple[str, str], float]:
    """Dollars of a batch by service and usage type."""
    bill = one.forecast.bill
    dollars = bill.groupby(["service", "usage_type"])["cost_usd"].sum()
    return {key: float(usd) for key, usd in dollars.items()}
