"""How often a map child is tried, for all knobs that a design allows."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.designs import EXPRESS_MAX_S, Sfn
from workbench.designs.sfn import THROTTLE_WAIT_MAX_S
from workbench.errors import BadKnob


@st.composite
def designs(draw):
    """Designs of `sfn` that work."""
    while True:
        try:
            return Sfn(
                items_per_child=draw(st.integers(1, 500)),
                item_concurrency=draw(st.integers(1, 50)),
                value_max=draw(st.integers(0, 5_000)),
                child_tries=draw(st.integers(1, 5)),
                child_type=draw(st.sampled_from(["EXPRESS", "STANDARD"])),
            )
        except BadKnob:
            continue


@given(designs())
def test_an_express_child_ends_in_its_time_with_every_try_and_wait_at_its_longest(design):
    waits_s = sum(min(2**n, THROTTLE_WAIT_MAX_S) for n in range(design.throttle_tries))
    assert design.processor_timeout_s < design.task_timeout_s
    if design.child_type == "EXPRESS":
        assert design.child_limit_s + waits_s < EXPRESS_MAX_S


def test_a_standard_child_waits_for_minutes():
    assert Sfn(child_type="STANDARD").throttle_tries == 20


def test_a_child_with_no_time_to_spare_is_not_tried_again_when_throttled():
    design = Sfn(child_tries=1, value_max=2_835)
    assert (design.child_limit_s, design.throttle_tries) == (299, 0)
