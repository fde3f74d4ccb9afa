"""Every knob of every design has a meaning, a purpose and its unit; nothing else has."""

from dataclasses import fields

import pytest

from workbench.designs import DESIGNS, WORKLOAD_KNOBS
from workbench.designs.meanings import (
    FIRST,
    MEANINGS,
    PURPOSES,
    first_knobs,
    other_knobs,
    tooltip,
)

KNOBS = {f.name: f for d in DESIGNS.values() for f in fields(d) if f.name not in WORKLOAD_KNOBS}


def test_every_knob_has_a_meaning_and_every_meaning_a_knob():
    assert set(MEANINGS) == set(KNOBS)
    assert {one.purpose for one in MEANINGS.values()} == set(PURPOSES)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_each_knob_stands_once_first_or_by_its_purpose(design):
    others = [name for names in other_knobs(design).values() for name in names]
    own = {f.name for f in fields(design)} - set(WORKLOAD_KNOBS)
    assert sorted([*first_knobs(design), *others]) == sorted(own)
    assert len(first_knobs(design)) == FIRST
    assert first_knobs(design)[0] == design.search.lot


def test_a_tooltip_has_the_unit_and_the_limits():
    said = {name: tooltip(knob) for name, knob in KNOBS.items()}
    assert said["memory_mb"].endswith(". 128 to 10,240 MB")
    assert said["poll_s"].endswith(". 1 to 900 seconds")
    assert said["track"].endswith(". one of item, message")
    assert said["pollers_min"].endswith(". 2 to 200 or none")
