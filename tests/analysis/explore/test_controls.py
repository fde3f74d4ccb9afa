"""Controls come from the designs' own knobs; a slider and what is typed beside it say the same."""

from dataclasses import fields

import pytest

from analysis.explore.controls import Knobs, Number, number, steps
from workbench.designs import DESIGNS, WORKLOAD_KNOBS
from workbench.designs.meanings import first_knobs

both = pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)


@both
def test_every_knob_but_those_of_the_items_has_a_control_that_stands_at_its_default(design):
    knobs = Knobs(design)
    assert set(knobs.values) == {f.name for f in fields(design)} - set(WORKLOAD_KNOBS)
    assert design(**knobs.values) == design()


@both
def test_every_step_of_a_slider_is_one_that_the_knob_takes(design):
    for f in fields(design):
        control = Knobs(design).controls.get(f.name)
        if isinstance(control, Number):
            numbers = [int(one.replace(",", "")) for one in control.slider.options if one != "none"]
            assert (numbers[0], numbers[-1]) == (f.metadata["low"], f.metadata["high"])
            assert ("none" in control.slider.options) == ("None" in str(f.type))


@both
def test_six_knobs_stand_first_the_others_are_folded_and_each_has_a_tooltip(design):
    knobs = Knobs(design)
    _, first, folds = knobs.panel().children
    assert list(first.children) == [knobs.controls[name] for name in first_knobs(design)]
    assert len(first.children) == 6
    assert folds.selected_index is None
    folded = [one for box in folds.children for one in box.children]
    assert len(folded) == len(knobs.controls) - 6
    for name, control in knobs.controls.items():
        tips = {one.tooltip for one in getattr(control, "children", [control])}
        assert len(tips) == 1
        assert tips.pop().startswith(f"{name}: ")


def test_a_slider_writes_its_number_and_a_typed_number_moves_the_slider_to_the_nearest_step():
    control = number("n", 1, 10_000, 10, "a tip")
    control.slider.value = "2,000"
    assert (control.value, control.typed.value) == ("2,000", "2,000")
    control.typed.value = "1234"
    assert (control.value, control.slider.value) == ("1234", "1,000")
    control.typed.value = "12x"
    assert (control.value, control.slider.value) == ("12x", "1")
    control.value = "500"
    assert (control.typed.value, control.slider.value) == ("500", "500")


def test_steps_are_round_and_begin_and_end_at_the_limits():
    assert list(steps(3, 60)) == [3, 5, 10, 20, 50, 60]


def test_knobs_that_are_not_named_go_to_their_default():
    knobs = Knobs(DESIGNS["sqs"])
    knobs.show({"poll_s": 5, "claim": True, "max_concurrency": None})
    assert DESIGNS["sqs"](**knobs.values).changed_knobs() == {
        "poll_s": 5,
        "claim": True,
        "max_concurrency": None,
    }
    knobs.show({})
    assert DESIGNS["sqs"](**knobs.values).changed_knobs() == {}
