"""What one seed of the swarm means: a design with its knobs, batches, and a fault plan.

Everything is drawn here, from named streams, so that a seed and a design's name are enough to run
the same thing again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from workbench.designs import Design, make_design
from workbench.designs.design import VCPU_MB
from workbench.engine.kernel import stream
from workbench.errors import BadKnob
from workbench.runs.batch import SEED_MAX
from workbench.swarm.fault_rates import RATES, FaultRates
from workbench.swarm.protocols import PROTOCOLS
from workbench.swarm.protocols.protocol import (
    CHAIN_KINDS,
    ITEMS_MAX,
    MAP_KINDS,
    QUEUE_KINDS,
    Protocol,
    log_even,
    log_int,
)
from workbench.swarm.rules.scenarios import Scenario

CRON_ITEMS_MAX = 40
BETWEEN_S = 0.2  # two fires of one schedule
SMALL, LARGE = (1, 20), (20, ITEMS_MAX)  # items of a batch
SCENARIOS = 0.7  # of the seeds draw what a rule needs to decide something
CANCEL_S = (0.3, 600.0)  # while a batch is planned, worked, or over
# What handlers and services hold at a time, made so small that a batch of the swarm passes it.
LIMITS = {
    "PART_BYTES": (40, 2_000),  # of an upload to S3
    "PER_SHARD": (1, 20),  # messages of a counter
    "BATCH_GET_MAX": (1, 10),  # keys of a read
    "PAGE_MAX_BYTES": (100, 2_000),  # of a query
    "PAGE_KEYS": (1, 5),  # of a list of objects
}
REFUSED = 0.2  # of the seeds have a trigger that asks for what cannot be
SEED_0 = 0.05  # of the seeds draw their items from the seed 0, which is one as any other
STALE = (0.6, (0.1, 0.9))  # so many seeds have stale reads, and so many of the reads are
TOLD = 0.2  # of the seeds have durations by points, as many a payload, as many computing items
STRANGE = 0.15  # of the seeds have events that nothing of ours sends
CALM = 0.05  # of the seeds have no faults at all
ACTIVE = 0.35  # of the kinds strike in a run that has faults everywhere
FOCUSED = 0.4  # of the seeds strike one place hard, until its messages reach the dead letters
QUIET_S = (60.0, 7_200.0)
FOCUSED_QUIET_S = (60.0, 60_000.0)


@dataclass(frozen=True)
class Start:
    """A trigger at a time: the workbench's own, a second one for the same batch, the cron's, or one
    that asks for what cannot be."""

    at_s: float
    kind: str  # user, again, cron or refused
    batch_id: str = ""  # the cron's is its slot
    items: int = 0
    seed: int = 0
    knobs: dict[str, Any] = field(default_factory=dict)

    def trigger(self) -> dict[str, Any]:
        """What the design is started with."""
        names = ("batch_id", "items", "seed", "knobs")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Stranger:
    """An event that comes to a function at a time, and that nothing of ours sends."""

    at_s: float
    role: str
    event: Any


@dataclass(frozen=True)
class FaultCase:
    """One run of the swarm."""

    seed: int
    design: Design
    starts: tuple[Start, ...]
    rates: FaultRates
    cron_items: int = 1
    cancel_s: float | None = None  # when the first batch is cancelled
    limits: dict[str, int] = field(default_factory=dict)  # that small batches are to pass
    strangers: tuple[Stranger, ...] = ()

    @property
    def converge_s(self) -> float:
        """When nothing may be under way any more."""
        last_s = max(self.rates.quiet_s, *(start.at_s for start in self.starts), 0.0)
        return PROTOCOLS[self.design.name].converge_s(self.design, self.rates, last_s)


def draw_case(seed: int, design_name: str) -> FaultCase:
    """The case of a seed."""
    case, dice = _drawn(seed, design_name), stream(seed, f"{design_name}/stale")
    share, chances = STALE
    if dice.random() < share:
        case = replace(case, rates=replace(case.rates, stale=dice.uniform(*chances)))
    if dice.random() < REFUSED:
        refused = _refused(seed, dice, case.starts[0].knobs, PROTOCOLS[design_name].wrong_knobs)
        case = replace(case, starts=(*case.starts, refused))
    if dice.random() < SEED_0:
        first = case.starts[0].batch_id
        starts = (replace(s, seed=0) if s.batch_id == first else s for s in case.starts)
        case = replace(case, starts=tuple(starts))
    strange = PROTOCOLS[design_name].strangers(case.design, case.starts[0].trigger())
    if strange and dice.random() < STRANGE:
        drawn = dice.sample(strange, dice.randint(1, len(strange)))
        strangers = (Stranger(dice.uniform(0, 60), *one) for one in drawn)
        case = replace(case, strangers=tuple(strangers))
    return _of_other_items(case, stream(seed, f"{design_name}/items"))


def _of_other_items(case: FaultCase, dice: Random) -> FaultCase:
    """The same with a payload, or one of nothing, with items that compute, or with durations of
    which most are short; where its knobs allow it."""
    told: dict[str, Any] = {}
    longest_ms = case.design.value_max
    if dice.random() < TOLD:
        told["item_bytes"] = dice.choice((0, 1, 20, 60))
    if dice.random() < TOLD and case.design.memory_mb >= VCPU_MB:
        told["cpu_ms"] = dice.choice((5, 20))
    if dice.random() < TOLD and longest_ms:
        told["durations"] = f"0:0 50:{longest_ms // 10} 95:{longest_ms // 2} 100:{longest_ms}"
    try:
        design = replace(case.design, **told)
    except BadKnob:
        return case
    knobs = {"item_bytes": design.item_bytes} | design.batch_knobs()  # a trigger may name a 0
    carried = {name: value for name, value in knobs.items() if name in told}
    starts = (
        replace(start, knobs=start.knobs | carried) if start.kind in ("user", "again") else start
        for start in case.starts
    )
    return replace(case, design=design, starts=tuple(starts))


def _refused(
    seed: int, dice: Random, knobs: dict[str, Any], of_design: tuple[dict[str, Any], ...]
) -> Start:
    """A trigger that is right but for one thing, which cannot be."""
    sound = Start(dice.uniform(0, 60), "refused", f"r{seed}", 1, 1, knobs)
    wrong = (
        *({"items": items} for items in (0, True, 1_000_000_000)),
        *({"batch_id": f"r{seed}{rest}"} for rest in ("/x", "#x")),
        {"knobs": {}},
        {"knobs": {name: value for name, value in knobs.items() if name != "value_max"}},
        *({"knobs": knobs | one} for one in ({"segment_items": 0}, *of_design)),
    )
    return replace(sound, **dice.choice(wrong))


def _drawn(seed: int, design_name: str) -> FaultCase:
    """The case of a seed, in which no read is stale and no trigger refused."""
    protocol = PROTOCOLS[design_name]
    dice = stream(seed, f"{design_name}/batches")
    if protocol.scenarios and dice.random() < SCENARIOS:
        scenario = protocol.scenarios[seed % len(protocol.scenarios)]  # each as often as another
        return _staged(seed, design_name, scenario)
    design = _design(stream(seed, f"{design_name}/knobs"), design_name, {})
    rates = _rates(stream(seed, f"{design_name}/rates"), protocol)
    items = log_int(dice, *(SMALL if dice.random() < 0.3 else LARGE))
    design, knobs = protocol.shaped(design, items, rates, dice)
    first = Start(0.0, "user", f"f{seed}", items, dice.randrange(SEED_MAX), knobs)
    cancelled = protocol.cancels and dice.random() < 0.05
    return FaultCase(
        seed=seed,
        design=design,
        starts=(first, *_more(dice, first, protocol)),
        rates=rates,
        cron_items=dice.randint(1, CRON_ITEMS_MAX),
        cancel_s=log_even(dice, *CANCEL_S) if cancelled else None,
        limits={n: log_int(dice, *LIMITS[n]) for n in sorted(LIMITS) if dice.random() < 0.2},
    )


def _staged(seed: int, design_name: str, scenario: Scenario) -> FaultCase:
    """The case of a seed that draws a scenario."""
    protocol, dice = PROTOCOLS[design_name], stream(seed, f"{design_name}/scenario")
    design, rates = _design(dice, design_name, scenario.knobs), scenario.fault_rates(dice)
    items = log_int(dice, *scenario.items)
    design, knobs = protocol.shaped(design, items, rates, dice)
    if scenario.deadline_s:
        knobs = knobs | {"deadline_s": dice.randint(*scenario.deadline_s)}
    first = Start(0.0, "user", f"f{seed}", items, dice.randrange(SEED_MAX), knobs)
    again = []
    if scenario.again_s:
        again.append(replace(first, at_s=dice.uniform(*scenario.again_s), kind="again"))
    if scenario.crons:
        first = replace(first, knobs=protocol.other_knobs(dice, dict(knobs)))
        at_s = dice.uniform(0, 120)
        again += [Start(at_s + number * BETWEEN_S, "cron") for number in range(scenario.crons)]
    return FaultCase(
        seed=seed,
        design=design,
        starts=(first, *again),
        rates=rates,
        cron_items=dice.randint(1, CRON_ITEMS_MAX) if scenario.crons else 1,
        cancel_s=dice.uniform(*scenario.cancel_s) if scenario.cancel_s else None,
        limits={name: log_int(dice, *limits) for name, limits in scenario.limits.items()},
    )


def _more(dice: Random, first: Start, protocol: Protocol) -> list[Start]:
    """Further triggers: a second batch, the same one again, the schedule once or twice."""
    more = []
    if dice.random() < 0.2:
        other = protocol.other_knobs(dice, dict(first.knobs))
        items = log_int(dice, 1, ITEMS_MAX // 2)
        name = first.batch_id + "0"  # a name that the first one's is the beginning of
        at_s = dice.choice((0.0, dice.uniform(0, 100)))
        more.append(Start(at_s, "user", name, items, dice.randrange(SEED_MAX), other))
    if dice.random() < 0.15:
        at_s = dice.choice((dice.uniform(0, 1), dice.uniform(0, 3_600)))
        knobs = (
            protocol.other_knobs(dice, dict(first.knobs)) if dice.random() < 0.5 else first.knobs
        )
        more.append(replace(first, at_s=at_s, kind="again", knobs=knobs))
    if dice.random() < 0.15:
        at_s = dice.uniform(0, 120)
        more += [Start(at_s, "cron")] * dice.choice((1, 1, 2))
    return more


def _design(dice: Random, name: str, of: Mapping[str, tuple[Any, ...]]) -> Design:
    """A design whose knobs can work with each other; some are one of a scenario's values."""
    while True:
        own = PROTOCOLS[name].draw_knobs(dice)
        chosen = {knob: dice.choice(values) for knob, values in of.items()}
        try:
            return make_design(name, settings=_shared(dice) | own | chosen)
        except BadKnob:
            continue


def _shared(dice: Random) -> dict[str, Any]:
    """The knobs that every design has."""
    return {
        "memory_mb": dice.choice((128, 256, 1_769)),
        "batcher_memory_mb": dice.choice((256, 1_024)),
        "item_concurrency": dice.choice((1, 1, 2, 5, 20)),
        "value_max": dice.choice((0, 20, 200, 2_000, 8_000)),
        "poison_per_million": dice.choice((0, 0, 0, 20_000, 200_000)),
        "fails_per_million": dice.choice((0, 0, 0, 50_000, 400_000)),
        "telemetry": "put_metric_data" if dice.random() < 0.05 else "emf",
    }


def _rates(dice: Random, protocol: Protocol) -> FaultRates:
    """Which kinds strike, how often, and until when."""
    if dice.random() < CALM:
        return FaultRates()
    if dice.random() < FOCUSED:
        return _focused(dice, protocol)
    rates = {}
    for kind in _kinds(protocol):
        active, rate = dice.random() < ACTIVE, log_even(dice, *RATES[kind])
        if active:
            rates[kind] = rate
    return FaultRates(quiet_s=log_even(dice, *QUIET_S), **rates)


def _focused(dice: Random, protocol: Protocol) -> FaultRates:
    """A few kinds, often, and only in one function or two of its calls."""
    role, operations = dice.choice(protocol.places)
    roles = (role, "processor") if role == "failures" else (role,)
    chosen = dice.sample(operations, min(len(operations), dice.randint(1, 2)))
    kinds = dice.sample(_kinds(protocol), dice.randint(1, 3))
    return FaultRates(
        quiet_s=log_even(dice, *FOCUSED_QUIET_S),
        roles=roles,
        operations=tuple(chosen) if dice.random() < 0.6 else (),
        **{kind: log_even(dice, 0.05, 1.0) for kind in kinds},
    )


def _kinds(protocol: Protocol) -> list[str]:
    """The kinds that can strike a design."""
    others = {*QUEUE_KINDS, *MAP_KINDS, *CHAIN_KINDS} - {*protocol.kinds}
    return [kind for kind in RATES if kind not in others]
