"""What a shell completes: designs, targets, presets, knobs with their values, studies, runs.

A shell asks at every press of a key, so nothing here imports what takes long (pandas, numba …).
"""

from collections.abc import Iterable
from dataclasses import Field, fields
from typing import Any

import typer

from workbench.designs import DESIGNS, PRESETS
from workbench.project import RESULTS, STUDIES
from workbench.targets import FIGURES


def one_design(incomplete: str) -> list[str]:
    """Names of designs."""
    return _beginning(DESIGNS, incomplete)


def several_designs(incomplete: str) -> list[str]:
    """Names of designs, also after those that stand there with commas, or all."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    words = DESIGNS if comma else (*DESIGNS, "all")
    return [before + comma + name for name in _beginning(words, last) if name not in taken]


def targets(incomplete: str) -> list[str]:
    """Names of targets."""
    return _beginning(FIGURES, incomplete)


def presets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Presets that the command's designs have."""
    names = (preset for design in _designs(ctx) for preset in PRESETS[design])
    return _beginning(dict.fromkeys(names), incomplete)


def knobs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Knobs of the command's designs, plain or with a design's name before; after `=` values."""
    designs = _designs(ctx)
    found: dict[str, Field] = {}
    for design in designs:
        own = {knob.name: knob for knob in fields(DESIGNS[design])}
        found |= own | {f"{design}.{name}": knob for name, knob in own.items()}
    name, sign, value = incomplete.partition("=")
    if sign:
        values = _values(found[name]) if name in found else ()
        return [f"{name}={one}" for one in _beginning(values, value)]
    shown = found if "." in name else [plain for plain in found if "." not in plain]
    prefixes = [f"{design}." for design in designs] if len(designs) > 1 and "." not in name else []
    return [f"{one}=" for one in _beginning(shown, name)] + _beginning(prefixes, name)


def studies(incomplete: str) -> list[str]:
    """Names of the studies that come with the project."""
    return _beginning(sorted(path.stem for path in STUDIES.glob("*.yaml")), incomplete)


def run_ids(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the folders of runs."""
    results = ctx.params.get("results") or RESULTS
    return _beginning(sorted(path.name for path in (results / "runs").glob("[!.]*")), incomplete)


def _designs(ctx: typer.Context) -> tuple[str, ...]:
    """The designs that the command line names so far; all if it names none that is known."""
    given = ctx.params.get("design")
    named = (given or "").split(",")
    return tuple(name for name in named if name in DESIGNS) or tuple(DESIGNS)


def _values(knob: Field) -> tuple[Any, ...]:
    """The values of a knob that has a few."""
    return ("true", "false") if isinstance(knob.default, bool) else knob.metadata["of"]


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
