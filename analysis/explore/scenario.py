"""A scenario: the batch, the workload, the terms and every design's knobs, as a YAML file has it.

items: 1000000
seed: 7
workload: {duration: {uniform_ms: [0, 1000]}, cpu_ms: 0}    # or {file: workloads/seed.yaml}
batches_per_day: 4
within_s: 3600                   # which tuning keeps to
usd_per_hour: 100                # of a person, for upkeep
region: us-east-1                # prices, free_tier, already, discounts as commands spell them
factors: {Amazon DynamoDB: {WriteRequestUnits: 2}}          # on the book's prices
designs: {sqs: {poll_s: 5}}      # knobs that are not at their default
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from workbench.bill.terms import LIST_PRICES, Terms, read_discounts
from workbench.border import positive, settings, whole_number
from workbench.designs import (
    COMPARED,
    DESIGNS,
    WORKLOAD_KNOBS,
    Design,
    Fitted,
    fit_design,
    make_design,
)
from workbench.errors import BadInput, BadKnob, shown
from workbench.prices import PriceBook
from workbench.prices.book import Key
from workbench.project import ROOT
from workbench.strict_yaml import read_yaml
from workbench.temporary import written_whole
from workbench.workload.duration import read_duration
from workbench.workload.workload import Workload, read_workload

USUAL = {"duration": {"uniform_ms": [0, 1_000]}, "cpu_ms": 0}
FORM = "duration and cpu_ms, or a file"


@dataclass(frozen=True)
class Scenario:
    """All that a simulation of every design stands on; values are read as commands read them."""

    items: int = 1_000_000
    seed: int = 7
    workload: Mapping[str, Any] = field(default_factory=lambda: dict(USUAL))
    batches_per_day: Decimal = Decimal(4)
    within_s: int = 3_600
    usd_per_hour: Decimal = Decimal(100)
    terms: Terms = LIST_PRICES
    factors: Mapping[Key, Decimal] = field(default_factory=dict)
    knobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = {
            "items": whole_number("items", self.items, 1),
            "seed": whole_number("seed", self.seed, 0),
            "batches_per_day": positive("batches a day", self.batches_per_day),
            "within_s": whole_number("within_s", self.within_s, 1),
            "usd_per_hour": Decimal(whole_number("usd_per_hour", self.usd_per_hour, 0)),
        }
        for name, value in read.items():
            object.__setattr__(self, name, value)
        if "file" not in self.workload:
            object.__setattr__(self, "workload", {"cpu_ms": 0, **self.workload})
        items = self.work.knobs()
        turned = {name: _turned(name, own, items) for name, own in self.knobs.items()}
        object.__setattr__(self, "knobs", {name: own for name, own in turned.items() if own})
        _ = self.designs  # refused here, if anywhere

    @property
    def work(self) -> Workload:
        """What the items are."""
        return workload_of(self.workload)

    @property
    def fitted(self) -> list[Fitted]:
        """Every design at its knobs, on these items; BadKnob for what cannot work.

        Knobs at their default follow the items, as they do in every command.
        """
        items, found = self.work.knobs(), []
        for name in COMPARED:
            fitted = fit_design(name, settings={**self.knobs.get(name, {}), **items})
            fitted.design.refuse_items(self.items)
            found.append(fitted)
        return found

    @property
    def designs(self) -> list[Design]:
        """The designs of it."""
        return [one.design for one in self.fitted]

    @property
    def book(self) -> PriceBook:
        """The prices, with what is off and times the factors."""
        book, changed = self.terms.book(), []
        for key, factor in self.factors.items():
            price = book.price(*key)
            tiers = tuple(replace(tier, usd=tier.usd * factor) for tier in price.tiers)
            changed.append(replace(price, tiers=tiers))
        return book.with_prices(*changed) if changed else book

    def content(self) -> dict[str, Any]:
        """What a file of it says: plain values, and what is not at its default."""
        terms, factors = self.terms, {}
        for (service, usage_type), factor in self.factors.items():
            factors.setdefault(service, {})[usage_type] = float(factor)
        told: dict[str, Any] = {
            "items": self.items,
            "seed": self.seed,
            "workload": dict(self.workload),
            "batches_per_day": _plain(self.batches_per_day),
            "within_s": self.within_s,
            "usd_per_hour": int(self.usd_per_hour),
            "region": terms.region,
            "prices": terms.price_date,
            "free_tier": terms.month is not None,
            "already": {"/".join(_named(k)): float(v) for k, v in (terms.month or {}).items()},
            "discounts": discount_texts(terms),
            "factors": factors,
            "designs": {name: dict(own) for name, own in self.knobs.items()},
        }
        return {name: value for name, value in told.items() if value not in (None, False, [], {})}

    def text(self) -> str:
        """The file's text."""
        return yaml.safe_dump(self.content(), sort_keys=False, allow_unicode=True)


def discount_texts(terms: Terms) -> list[str]:
    """Percents off as commands spell them."""
    return [f"{part}={p:f}" if part else f"{p:f}" for part, p in terms.discounts.items()]


def write_scenario(path: Path, scenario: Scenario) -> None:
    """Write a scenario's file whole. Raises BadInput for a place that cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as written:
            written.write_text(scenario.text(), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from None


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises BadInput with the file, the key and what is allowed."""
    content = read_yaml(path, "docs/command-line.md")
    try:
        return _scenario(content)
    except BadInput as error:
        raise BadInput(f"{path.name}: {error}") from None


def _scenario(content: dict[str, Any]) -> Scenario:
    """The scenario of a file's content."""
    own = [one.name for one in fields(Scenario) if one.name not in ("terms", "knobs")]
    known = (*own, "region", "prices", "free_tier", "already", "discounts", "designs")
    for key in content:
        if key not in known:
            raise BadInput(f"key {shown(key)} is not known. Take one of {', '.join(known)}.")
    given = {name: content[name] for name in own if name in content}
    factors = settings(given.pop("factors", None))
    knobs = settings(content.get("designs"))
    for name in knobs:
        if name not in DESIGNS:
            raise BadInput(f"designs: {shown(name)} is not known. Take of {', '.join(DESIGNS)}.")
    terms = Terms(
        region=content.get("region") or LIST_PRICES.region,
        price_date=str(content["prices"]) if content.get("prices") else None,
        discounts=read_discounts([str(one) for one in content.get("discounts", [])]),
        month=_month(content),
    )
    terms.check()
    found = {
        (service, usage_type): _factor(usage_type, factor)
        for service, own in factors.items()
        for usage_type, factor in settings(own).items()
    }
    for name, own in knobs.items():
        _refuse_strange(name, settings(own))
    scenario = Scenario(**given, terms=terms, factors=found, knobs=knobs)
    scenario.book.require(found)
    return scenario


def _month(content: dict[str, Any]) -> dict[Any, Any] | None:
    """The month's usage so far, by usage type or by service/usage type; None: no free tier."""
    if not content.get("free_tier"):
        return None
    named = {tuple(k.split("/", 1)): v for k, v in settings(content.get("already")).items()}
    return {key if len(key) > 1 else key[0]: value for key, value in named.items()}


def _named(key: Any) -> tuple[str, ...]:
    return (key,) if isinstance(key, str) else key


def _factor(name: str, value: Any) -> Decimal:
    """A factor on a price; 0 makes it free."""
    return Decimal(0) if value == 0 else positive(name, value)


def _refuse_strange(design: str, knobs: Mapping[str, Any]) -> None:
    """Refuse what is no knob of a design, and what the workload says."""
    known = [f.name for f in fields(DESIGNS[design]) if f.name not in WORKLOAD_KNOBS]
    for name in knobs:
        if name not in known:
            raise BadInput(f"knob {name!r} is not one of {design}. It has {', '.join(known)}.")


def _turned(name: str, knobs: Mapping[str, Any], items: dict[str, Any]) -> dict[str, Any]:
    """The knobs that are not at their default, read; whether the items fit is asked later."""
    try:
        return make_design(name, settings={**knobs, "value_max": 0}).turned_knobs()
    except BadKnob:  # even of items without length: the refusal is to name those that there are
        return make_design(name, settings={**knobs, **items}).turned_knobs()


def _plain(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def workload_of(content: Mapping[str, Any]) -> Workload:
    """The workload that a scenario names: durations and computing, or a workload's file.

    Paths are relative to the project's folder. A file is read anew when it has changed.
    """
    paths = [content.get("file"), *dict(content.get("duration") or {}).values()]
    changed = [_changed_at(ROOT / path) for path in paths if isinstance(path, str)]
    return _workload(json.dumps(content, default=str), tuple(changed))


def _changed_at(path: Path) -> float:
    """When a file was changed; 0 without one."""
    try:
        return path.stat().st_mtime
    except (OSError, ValueError):
        return 0.0


@lru_cache(maxsize=64)  # fitting takes longer than simulating
def _workload(text: str, _changed: tuple[float, ...]) -> Workload:
    content = json.loads(text)
    if set(content) == {"file"}:
        return read_workload(ROOT / str(content["file"]))
    if not set(content) <= set(USUAL) or "duration" not in content:
        raise BadInput(f"workload={shown(content)}: must have {FORM}")
    given = {"items": 1, "cpu_ms": content.get("cpu_ms", 0)}
    duration = read_duration(content["duration"], ROOT)
    try:
        return Workload.model_validate(given | {"duration": duration})
    except ValidationError as error:
        raise BadInput(error.errors(include_url=False)[0]["msg"]) from None
