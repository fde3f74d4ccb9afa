"""Sliders and menus come from the designs' own knobs and from the price book."""

from dataclasses import fields
from decimal import Decimal

import ipywidgets as widgets
import pytest

from analysis.controls import changed_book, items_slider, knob_controls, price_controls, steps
from workbench.designs import DESIGNS, WORKLOAD_KNOBS, Sqs
from workbench.prices import load_book


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_every_knob_has_a_control_that_stands_at_its_default(design):
    controls = knob_controls(design)
    knobs = {f.name: f.default for f in fields(design)}
    assert {name: control.value for name, control in controls.items()} == {
        name: value for name, value in knobs.items() if name in controls
    }
    assert set(knobs) - set(controls) == set(WORKLOAD_KNOBS)


def test_every_value_that_a_control_offers_is_one_that_the_knob_takes():
    for name, control in knob_controls(Sqs).items():
        knob = next(f for f in fields(Sqs) if f.name == name)
        values = [o[1] if isinstance(o, tuple) else o for o in control.options]
        low, high = knob.metadata["low"], knob.metadata["high"]
        assert all(v is None or knob.metadata["of"] or low <= v <= high for v in values)


def test_sizes_go_from_a_hundred_to_a_hundred_million():
    values = [value for _, value in items_slider(1_000_000).options]
    assert (values[0], values[-1]) == (100, 100_000_000)
    assert list(steps(3, 60)) == [3, 5, 10, 20, 50, 60]


def test_a_price_slider_multiplies_its_price_and_no_other():
    book = load_book()
    controls = price_controls(book)
    assert changed_book(book, controls) is book
    key = ("Amazon DynamoDB", "WriteRequestUnits")
    controls[key].value = 2.0
    changed = changed_book(book, controls)
    assert changed.price(*key).tiers[0].usd == book.price(*key).tiers[0].usd * Decimal("2.0")
    assert all(changed.price(*k) == book.price(*k) for k in controls if k != key)
    assert isinstance(controls[key], widgets.FloatSlider)
