"""Runs and templates are what they were when they were recorded."""

import json

import pytest

from tests.frozen.record import FIGURES, TEMPLATES, cases, figures, templates
from workbench.targets.local.target import LocalTarget
from workbench.targets.model.target import ModelTarget

CASES = dict(cases())
RECORDED = json.loads(FIGURES.read_text())
# What takes long is compared by `make test-slow`.
SLOW = [
    name
    for name, (target, _, preset, knobs, items) in CASES.items()
    if (target == "local" and (preset != "default" or knobs or items > 100))
    or (preset == "published" and items > 30_000)
]


@pytest.fixture(scope="module")
def targets():
    with LocalTarget() as local:
        yield {"model": ModelTarget(), "local": local}


def near(value, other):
    """Whether two figures are the same: texts exactly, numbers as far as two machines agree."""
    if isinstance(value, float) and isinstance(other, float):
        return value == pytest.approx(other, rel=1e-7)
    return value == other


def test_every_run_is_recorded():
    assert RECORDED.keys() == CASES.keys()


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in CASES]
)
def test_a_run_gives_the_recorded_figures(targets, name):
    found, recorded = figures(CASES[name], targets), RECORDED[name]
    assert found["run"].keys() == recorded["run"].keys()
    assert {k: v for k, v in found["run"].items() if not near(v, recorded["run"][k])} == {}
    assert found["lines"].keys() == recorded["lines"].keys()
    for line, numbers in recorded["lines"].items():
        assert found["lines"][line] == pytest.approx(numbers, rel=1e-7), line


def test_the_default_templates_are_the_recorded_ones():
    assert templates() == json.loads(TEMPLATES.read_text())
