"""What a seed of the swarm means: always the same, always possible, and of every kind."""

from collections import Counter

import pytest

from workbench.designs import DESIGNS
from workbench.swarm.cases import CALM, draw_case
from workbench.swarm.fault_rates import RATES
from workbench.swarm.protocols import PROTOCOLS
from workbench.swarm.protocols.protocol import CHAIN_KINDS, MAP_KINDS, QUEUE_KINDS

SEEDS = range(400)


@pytest.fixture(scope="module", params=DESIGNS)
def cases(request):
    return request.param, [draw_case(seed, request.param) for seed in SEEDS]


def test_a_seed_always_means_the_same(cases):
    name, drawn = cases
    assert [draw_case(seed, name) for seed in SEEDS[:20]] == drawn[:20]


def test_every_kind_of_a_design_strikes_in_some_seed_and_no_other(cases):
    name, drawn = cases
    struck = {kind for case in drawn for kind in RATES if getattr(case.rates, kind)}
    others = {*QUEUE_KINDS, *MAP_KINDS, *CHAIN_KINDS} - {*PROTOCOLS[name].kinds}
    assert struck == set(RATES) - others


def test_some_seeds_are_calm(cases):
    calm = sum(case.rates.quiet_s == 0 for case in cases[1])
    assert 0 < calm < 3 * CALM * len(SEEDS)


def test_there_are_second_batches_triggers_that_come_again_and_schedules(cases):
    kinds = Counter(start.kind for case in cases[1] for start in case.starts[1:])
    assert set(kinds) == {"user", "again", "cron", "refused"}
    assert min(kinds.values()) > 15


def test_most_batches_have_several_segments(cases):
    firsts = [case.starts[0] for case in cases[1]]
    several = sum(first.items > segment_items(first.knobs) for first in firsts)
    assert several > len(SEEDS) / 3


def segment_items(knobs):
    return knobs.get("segment_items") or knobs["items_per_chunk"] * knobs["chunks_per_segment"]


def test_some_items_are_told_by_points_and_some_carry_a_payload_which_travels(cases):
    told = [case for case in cases[1] if case.design.durations]
    carry = [case for case in cases[1] if case.design.item_bytes]
    assert min(len(told), len(carry)) > len(SEEDS) / 10
    for case in told:
        assert case.starts[0].knobs["durations"] == case.design.item_ms.drawn_from
    for case in carry:
        assert case.starts[0].knobs["item_bytes"] == case.design.item_bytes


def test_every_run_has_a_time_by_which_it_must_be_over(cases):
    assert all(case.converge_s > case.rates.quiet_s for case in cases[1])
